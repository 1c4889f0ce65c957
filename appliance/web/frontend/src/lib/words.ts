/** Flags, health and people in plain words. */

import { duration, now } from "./clock";
import { has, t } from "./strings";
import type { FeedHealth, Flag, Kind } from "./types";

export type Severity = "high" | "medium" | "low" | "technical";

export const SIGN: Record<Severity, string> = { high: "▲", medium: "◆", low: "●", technical: "⚙" };

/** A technical flag is grey whatever its weight: nobody did anything. */
export function severityOf(flag: Pick<Flag, "category" | "severity">): Severity {
  return flag.category === "technical" ? "technical" : flag.severity;
}

export function flagTitle(flag: Pick<Flag, "code">): string {
  return has(`flag.${flag.code}.title`) ? t(`flag.${flag.code}.title`) : flag.code.replaceAll("_", " ");
}

/** "No face seen for 9 s"; what a person raised has no length. */
export function flagSentence(flag: Flag, at = now()): string {
  const key = `flag.${flag.code}.sentence`;
  if (!has(key) || flag.source !== "inference") return flagTitle(flag);
  return t(key, { duration: duration((flag.ended_at ?? at) - flag.onset_at) });
}

/** "3 of 3 looks · 0.81"; empty where nothing was counted: what happens once is not. */
export function numbers(flag: Flag): string {
  const { true: hits, assessable, ticks, score } = flag.facts;
  if (!assessable || ticks === 1) return "";
  const looks = t("numbers.looks", { true: hits, assessable });
  return score === null || score === undefined ? looks : t("numbers.score", { looks, score: score.toFixed(2) });
}

/** "Chrome, Android" of what a browser says of itself; nobody reads the whole of it. */
export function browserOf(agent: string): string {
  const first = (...words: string[]): string | undefined => words.find((word) => agent.includes(word)); // many claim to be others
  const device = first("iPhone", "iPad", "Android", "Windows", "Macintosh", "CrOS", "Linux");
  const name = first("Edg", "OPR", "SamsungBrowser", "FxiOS", "CriOS", "Firefox", "Chrome", "Safari");
  const short: Record<string, string> = { Edg: "Edge", OPR: "Opera", SamsungBrowser: "Samsung Internet", FxiOS: "Firefox", CriOS: "Chrome", Macintosh: "Mac", CrOS: "ChromeOS" };
  return [name, device].flatMap((part) => (part ? [short[part] ?? part] : [])).join(", ") || t("common.unknown");
}

export type Health = "good" | "weak" | "none";

const SILENT_SECONDS = 2;
/** Frames a second below which a picture is not what it should be. A call has none. */
const SLOW: Record<Kind, number> = { webcam: 6, screen: 0.5, phone: 6, camera: 6, call: 0 };

export function healthOf(kind: Kind, facts: FeedHealth | null | undefined): Health {
  if (!facts || facts.silent_s === null || (facts.silent_s ?? 0) > SILENT_SECONDS || facts.gap) return "none";
  return facts.fps !== undefined && facts.fps < SLOW[kind] ? "weak" : "good";
}

/** The microphone comes with the camera. */
export function microphoneOf(facts: FeedHealth | null | undefined): Health {
  return facts?.codecs?.includes("opus") ? (healthOf("webcam", facts) === "none" ? "none" : "good") : "none";
}
