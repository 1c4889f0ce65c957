/** Time as the box has it, and as people read it. */

import { t } from "./strings";

let offset = 0;

/** The box says what time it is (wall seconds); ages are counted by its clock, not by this computer's. */
export function synchronise(now: number): void {
  offset = now - Date.now() / 1000;
}

/** Wall seconds of the box. */
export function now(): number {
  return Date.now() / 1000 + offset;
}

let zone: number | null = null;

/** Times are said as the lab's clock has them, so many seconds ahead of UTC; until it is said, as this computer's. */
export function useZone(seconds: number): void {
  zone = seconds;
}

/** Seconds that the clock on the page is ahead of UTC at a moment. */
export function zoneAt(at: number): number {
  return zone ?? -new Date(at * 1000).getTimezoneOffset() * 60;
}

const two = (n: number): string => String(n).padStart(2, "0");

/** Time of day with seconds. */
export function time(at: number): string {
  const date = new Date((at + zoneAt(at)) * 1000);
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
}

/** Time of day without seconds. */
export function shortTime(at: number): string {
  return time(at).slice(0, 5);
}

/** A length in words: "9 s", "1:12 min", "1:05 h". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return t("duration.seconds", { n: whole });
  if (whole < 3600) return t("duration.minutes", { m: Math.floor(whole / 60), s: two(whole % 60) });
  return t("duration.hours", { h: Math.floor(whole / 3600), m: two(Math.floor((whole % 3600) / 60)) });
}

/** A countdown: "1:18:05", "09:05"; never below zero. */
export function countdown(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const rest = `${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
  return whole >= 3600 ? `${Math.floor(whole / 3600)}:${rest}` : rest;
}

/** Call at once and every second; the result stops it. */
export function everySecond(work: () => void): () => void {
  work();
  const timer = setInterval(work, 1000);
  return () => clearInterval(timer);
}
