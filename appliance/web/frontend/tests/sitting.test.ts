import { describe, expect, it } from "vitest";
import { unheard } from "../src/candidate/announcements";
import { stateOf } from "../src/candidate/sections";
import { left, warns } from "../src/candidate/timer";
import type { Announcement, MySitting, Section } from "../src/lib/sitting";
import type { Me } from "../src/lib/types";

const timed = (changes: { stage?: Me["stage"]; ends_at?: number | null; minutes?: number; pause?: MySitting["pause"]; extra?: number }) => ({
  stage: changes.stage ?? ("in_exam" as const),
  ends_at: changes.ends_at === undefined ? 10_000 : changes.ends_at,
  exam: { minutes: changes.minutes ?? 90 },
  sitting: { pause: changes.pause ?? null, extra_minutes: changes.extra ?? 0 },
});

describe("the time left", () => {
  it("runs, and is not there before the start", () => {
    expect(left(timed({}), 9_000)).toBe(1_000);
    expect(left(timed({}), 10_001)).toBe(-1);
    expect(left(timed({ ends_at: null }), 9_000)).toBeNull();
  });

  it("stands still in a pause, and in a break as long as it was allowed", () => {
    const pause = { kind: "pause" as const, begun_at: 9_000, until: null, minutes: null };
    expect([9_000, 9_500, 20_000].map((at) => left(timed({ pause }), at))).toEqual([1_000, 1_000, 1_000]);
    const rest = { kind: "break" as const, begun_at: 9_000, until: 9_300, minutes: 5 };
    expect([9_000, 9_300, 9_400].map((at) => left(timed({ pause: rest }), at))).toEqual([1_000, 1_000, 900]);
  });

  it("is called at ten minutes, by each one's own end (M56)", () => {
    expect([9_399, 9_400, 9_999, 10_000].map((at) => warns(timed({}), at))).toEqual([false, true, true, false]);
    expect(warns(timed({ ends_at: 10_900 }), 9_400)).toBe(false);
    expect(warns(timed({ stage: "paused" }), 9_500)).toBe(false);
    expect(warns(timed({ minutes: 10 }), 9_500)).toBe(false);
    expect(warns(timed({ minutes: 10, extra: 5 }), 9_500)).toBe(true);
  });
});

describe("the parts of the exam", () => {
  const part = (number: number, changes: Partial<Section>): Section => ({
    number, title: `Part ${number}`, minutes: 0, break_minutes: 0, released: true, open: true, opened: false, until: null, link: true, pdf: false, ...changes,
  });

  it("stand where the candidate is", () => {
    const all = [part(2, { opened: true }), part(1, { opened: true }), part(3, {}), part(4, { open: false }), part(5, { released: false, open: false })];
    expect(all.map((one) => stateOf(one, all))).toEqual(["done", "now", "free", "next", "locked"]);
  });
});

describe("announcements", () => {
  it("are said once, and never when they were seen before", () => {
    const one = (id: string, read_at: number | null): Announcement => ({ announcement: id, text: id, spoken: true, by_name: "Lea", announced_at: 1, read_at });
    expect(unheard([one("a", 5), one("b", null), one("c", null)], new Set(["b"])).map((said) => said.announcement)).toEqual(["c"]);
  });
});
