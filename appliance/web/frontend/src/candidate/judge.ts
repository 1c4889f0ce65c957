/** What measurements of this computer mean, as plain numbers in and a result out. Only what stops an exam is a failure that blocks. */

import type { MyPlan, TestResult } from "../lib/checkin";
import { clipType } from "./clip";

export const TESTS = ["browser", "camera", "microphone", "light", "screen", "throughput", "loss", "round_trip", "clock", "battery", "link", "applications"] as const;
export type TestName = (typeof TESTS)[number];
export type Results = Partial<Record<TestName, TestResult>>;

/** Without these there is nothing to record. */
export const HARD: readonly TestName[] = ["browser", "camera", "microphone", "screen"];

const result = (state: TestResult["state"], value: number | string = ""): TestResult => ({ state, value });
export const NOT_REQUIRED = result("not_required");
export const NOT_ASSESSABLE = result("not_assessable");

/** What a browser has to have, and why it may not. */
export interface Abilities {
  secure: boolean;
  webrtc: boolean;
  camera: boolean;
  screen: boolean;
  recorder: boolean;
}

export function abilities(): Abilities {
  const media = navigator.mediaDevices as MediaDevices | undefined;
  return {
    secure: window.isSecureContext,
    webrtc: typeof RTCPeerConnection !== "undefined",
    camera: media !== undefined && "getUserMedia" in media,
    screen: media !== undefined && "getDisplayMedia" in media,
    recorder: clipType() !== null,
  };
}

/** What this exam needs and this browser does not have; empty where it does (M7: said first, not at the start). */
export function lacking(plan: Pick<MyPlan, "feeds" | "room_scan">, able: Abilities): (keyof Abilities)[] {
  const needs: Record<keyof Abilities, boolean> = {
    secure: plan.feeds.length > 0,
    webrtc: plan.feeds.length > 0,
    camera: plan.feeds.includes("webcam"),
    screen: plan.feeds.includes("screen"),
    recorder: plan.room_scan,
  };
  return (Object.keys(needs) as (keyof Abilities)[]).filter((name) => needs[name] && !able[name]);
}

/** `side`: the height of the picture, 0 while none comes. */
export function camera(side: number, muted: boolean): TestResult {
  return side === 0 || muted ? result("fail", 0) : result(side < 360 ? "warn" : "pass", side);
}

/** `loudest`: 0 to 100, while the test listened. */
export function microphone(present: boolean, muted: boolean, loudest: number): TestResult {
  if (!present || muted) return result("fail", 0);
  return result(loudest >= 12 ? "pass" : "warn", loudest);
}

/** `surface` is "" where the browser does not say. */
export function screen(shared: boolean, surface: string): TestResult {
  if (!shared) return result("fail");
  return surface === "" ? NOT_ASSESSABLE : result(surface === "monitor" ? "pass" : "fail", surface);
}

/** Mean brightness of the own picture, 0 to 255. */
export function light(luma: number): TestResult {
  const value = Math.round(luma);
  return result(luma < 20 || luma > 245 ? "fail" : luma < 50 || luma > 225 ? "warn" : "pass", value);
}

/** Megabits a second to the box; `needed`: what this page sends. */
export function throughput(megabits: number, needed: number): TestResult {
  return result(megabits >= 2 * needed ? "pass" : megabits >= needed ? "warn" : "fail", round(megabits));
}

export function roundTrip(milliseconds: number): TestResult {
  return result(milliseconds < 100 ? "pass" : milliseconds < 400 ? "warn" : "fail", Math.round(milliseconds));
}

/** Seconds by which this computer's clock is ahead of the box's. The page counts by the box's, whatever this says. */
export function clock(offset: number): TestResult {
  return result(Math.abs(offset) <= 2 ? "pass" : "warn", round(offset));
}

/** null where the browser does not say. */
export function battery(said: { level: number; charging: boolean } | null): TestResult {
  if (!said) return NOT_ASSESSABLE;
  return result(said.charging || said.level >= 0.5 ? "pass" : "warn", Math.round(100 * said.level));
}

/** "ethernet", "wifi", "cellular", ...; undefined in most browsers (M5). */
export function link(type: string | undefined): TestResult {
  if (!type || ["unknown", "other", "none"].includes(type)) return NOT_ASSESSABLE;
  return result(type === "ethernet" ? "pass" : "warn", type);
}

/** Failures that nobody can go on with. */
export function blocking(results: Results): TestName[] {
  return HARD.filter((name) => results[name]?.state === "fail");
}

function round(value: number): number {
  return Math.round(10 * value) / 10;
}
