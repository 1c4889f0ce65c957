/** Everything that stands on the timeline, one by one, in words: what is drawn, what is listed, and what is said of a moment. Pure. */

import { duration, time } from "../lib/clock";
import { has, t } from "../lib/strings";
import type { Flag, Kind } from "../lib/types";
import { flagTitle, severityOf, SIGN } from "../lib/words";
import { union, without, type Pair } from "./spans";
import type { Feed, Review, Segment, SegmentState, Span } from "./types";

export const LANES = ["flags", "stages", "rests", "said", "recording", "analysis", "watched", "overlaps"] as const;
export type Lane = (typeof LANES)[number];

export interface Item {
  id: string;
  lane: Lane;
  /** What it is, for shape and colour: a severity, "chat", "gap", "deleted" ... */
  look: string;
  sign: string;
  from: number;
  /** The same as `from` for a moment. */
  to: number;
  words: string;
  /** The flag it stands for. */
  flag?: Flag;
  /** The feed it is about. */
  kind?: Kind;
}

/** What may be seen of a random minute: nothing that somebody, or a detector, made of it. */
const NEUTRAL: readonly Lane[] = ["stages", "recording", "analysis"];

/** Seconds for which a moment counts as here. */
const MOMENT = 3;

const SIGNS: Readonly<Record<string, string>> = { chat: "✉", warning: "!", phone: "▯", announcement: "»", irregularity: "✎", kept: "◫", call: "♪", rest: "‖" };

export function itemsOf(review: Review): Item[] {
  const end = (span: Span): number => span.ends_at ?? review.ends_at;
  const found: Item[] = [
    ...review.flags.map((flag) => flagItem(flag, review)),
    ...review.stages.map((one, n) => item(`stage-${n}`, "stages", "stage", "", one.starts_at, end(one), t(`stage.${one.stage}`))),
    ...review.breaks.map((one, n) => item(`break-${n}`, "rests", "rest", SIGNS["rest"]!, one.starts_at, end(one), t(`reviewing.item.${one.kind === "pause" ? "pause" : "break"}`))),
    ...review.calls.map((one, n) => item(`call-${n}`, "rests", "call", SIGNS["call"]!, one.starts_at, end(one), t("reviewing.item.call", { by: one.by_name }))),
    ...review.messages.map((one) => item(one.message, "said", one.kind, SIGNS[one.kind] ?? "✉", one.sent_at, one.sent_at, t(`reviewing.item.${one.kind}`, { by: one.sender_name, text: one.text }))),
    ...review.announcements.map((one) => item(one.announcement, "said", "announcement", SIGNS["announcement"]!, one.announced_at, one.announced_at, t("reviewing.item.announcement", { by: one.by_name, text: one.text }))),
    ...review.irregularities.map((one) => item(one.irregularity, "said", "irregularity", SIGNS["irregularity"]!, one.happened_at, one.happened_at, t("reviewing.item.irregularity", { category: wordOf("irregular", one.category), by: one.by_name, text: one.text }))),
    ...review.kept.map((one) => item(one.kept, "said", "kept", SIGNS["kept"]!, one.starts_at, one.ends_at, t("reviewing.item.kept", { kind: t(`kind.${one.kind}`) }))),
    ...review.feeds.flatMap((feed) => recording(feed, review)),
    ...review.missed.map((one, n) => ({ ...item(`missed-${n}`, "analysis", "missed", "", one.starts_at, one.ends_at, t("reviewing.item.missed", { kind: t(`kind.${one.kind}`), cause: wordOf("missed", one.cause) })), kind: one.kind })),
    ...unwatched(review).map(([from, to], n) => item(`unwatched-${n}`, "watched", "unwatched", "", from, to, t("reviewing.item.unwatched"))),
    ...review.overlaps.map((one, n) => item(`overlap-${n}`, "overlaps", "overlap", "⧉", one.starts_at, end(one), t(`reviewing.item.overlap_${one.why}`, { title: one.title, seat: one.seat }))),
  ];
  return found.filter((one) => review.sample === null || NEUTRAL.includes(one.lane)).sort((a, b) => a.from - b.from);
}

/** What there is at a moment. Stages are always; what nobody looked at is said once. */
export function here(items: readonly Item[], at: number): Item[] {
  return items.filter((one) => (one.to > one.from ? at >= one.from && at < one.to : at >= one.from && at < one.from + MOMENT));
}

/** What is recorded, of any feed. */
export function recorded(review: Review): Pair[] {
  return union(review.feeds.flatMap((feed) => feed.segments.filter(playable).map((one): Pair => [one.starts_at, one.starts_at + one.duration])));
}

/** What is recorded and was played by nobody. */
export function unwatched(review: Review): Pair[] {
  return without(recorded(review), review.watched.map((one): Pair => [one.starts_at, one.ends_at])).filter(([from, to]) => to - from >= 1);
}

export function playable(segment: Segment): boolean {
  return segment.state !== "deleted" && segment.state !== "missing";
}

/** "45 s to 45 s later" in words: "09:41:07" or "09:41:07 to 09:42:00 (53 s)". */
export function when(one: Pick<Item, "from" | "to">): string {
  return one.to - one.from < 1 ? time(one.from) : t("reviewing.span", { from: time(one.from), to: time(one.to), duration: duration(one.to - one.from) });
}

function flagItem(flag: Flag, review: Review): Item {
  const severity = severityOf(flag);
  const to = flag.ended_at ?? (review.live && flag.source === "inference" ? review.ends_at : flag.onset_at);
  const words = t("reviewing.item.flag", { severity: t(`severity.${severity}`), title: flagTitle(flag), decision: t(`decision.${flag.state}`) });
  return { ...item(flag.flag, "flags", severity, SIGN[severity], flag.onset_at, Math.max(flag.onset_at, to), words), flag };
}

const NOT_THERE: readonly SegmentState[] = ["deleted", "missing", "changed"];

function recording(feed: Feed, review: Review): Item[] {
  const kind = t(`kind.${feed.kind}`);
  const gaps = feed.gaps.map((gap, n): Item => {
    const to = gap.ends_at ?? review.ends_at;
    const values = { kind, cause: wordOf("cause", gap.cause), filled: Math.round(gap.filled) };
    return { ...item(`gap-${feed.kind}-${n}`, "recording", gap.filled ? "filled" : "gap", "", gap.starts_at, to, t(gap.filled ? "reviewing.item.gap_filled" : "reviewing.item.gap", values)), kind: feed.kind };
  });
  const states = NOT_THERE.flatMap((state) => {
    const parts = feed.segments.filter((one) => one.state === state);
    const until = Math.max(0, ...parts.map((one) => one.deleted_at ?? 0));
    return union(parts.map((one): Pair => [one.starts_at, one.starts_at + one.duration])).map(([from, to], n): Item => ({
      ...item(`${state}-${feed.kind}-${n}`, "recording", state, "", from, to, t(`reviewing.item.${state}`, { kind, date: until ? dateOf(until) : "" })), kind: feed.kind }));
  });
  const damaged = feed.damaged.map((one, n): Item => {
    const at = startOf(one.file) ?? feed.begins_at;
    return { ...item(`damaged-${feed.kind}-${n}`, "recording", "damaged", "", at, at, t("reviewing.item.damaged", { kind, file: one.file })), kind: feed.kind };
  });
  return [...gaps, ...states, ...damaged];
}

/** The wall time in a file's name: `14-webcam-20260301T094107.250Z-00003.mp4`. */
export function startOf(file: string): number | null {
  const found = /-(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})\.(\d{3})Z-/.exec(file);
  if (!found) return null;
  const [year, month, day, hour, minute, second, ms] = found.slice(1).map(Number) as [number, number, number, number, number, number, number];
  return Date.UTC(year, month - 1, day, hour, minute, second, ms) / 1000;
}

export function dateOf(at: number): string {
  return new Date(at * 1000).toLocaleDateString(document.documentElement.lang || "en", { year: "numeric", month: "long", day: "numeric" });
}

function item(id: string, lane: Lane, look: string, sign: string, from: number, to: number, words: string): Item {
  return { id, lane, look, sign, from, to, words };
}

/** The words for a name of the box, or the name where the catalogue has none. */
function wordOf(section: string, name: string): string {
  return has(`${section}.${name}`) ? t(`${section}.${name}`) : name.replaceAll("_", " ");
}
