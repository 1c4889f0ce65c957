import { describe, expect, it } from "vitest";
import { clash, holds, later } from "../src/lib/schedule";

const taken = [{ title: "Biology", room: "B2", begins: "2030-01-02T10:00", over: "2030-01-02T12:30" }];
const at = (time: string): number => later(`2030-01-02T${time}`, 0);

describe("the schedule of a room", () => {
  it("names who has it, from the first minute to the last", () => {
    expect(clash(taken, " b2 ", at("12:29"), at("14:00"))?.title).toBe("Biology");
    expect(clash(taken, "B2", at("08:00"), at("10:01"))?.title).toBe("Biology");
    expect(clash(taken, "B2", at("12:30"), at("14:00"))).toBeNull();
    expect(clash(taken, "B2", at("08:00"), at("10:00"))).toBeNull();
    expect(clash(taken, "", at("10:00"), at("11:00"))).toBeNull();
    expect(clash(taken, "B2", later("", 0), later("", 90))).toBeNull();
  });

  it("counts minutes over midnight", () => {
    expect(later("2030-01-02T23:45", 30)).toBe(later("2030-01-03T00:15", 0));
  });
});

describe("what belongs to a choice", () => {
  const value = (name: string): string => ({ mode: "live", level: "full", room_scan: "on" })[name] ?? "";

  it.each([
    ["mode=live", true],
    ["mode=record_review", false],
    ["level!=none", true],
    ["room_scan", true],
    ["position", false],
    ["mode=live level!=none room_scan", true],
    ["mode=live position", false],
  ])("%s", (condition, fits) => {
    expect(holds(condition, value)).toBe(fits);
  });
});
