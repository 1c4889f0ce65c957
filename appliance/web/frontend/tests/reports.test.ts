import { describe, expect, it } from "vitest";
import { Waiting } from "../src/candidate/reports";

describe("reports that wait for the line", () => {
  it("are sent oldest first, each with its own time and a mark of its own", () => {
    const waiting = new Waiting("p");
    waiting.add("hidden", "", 10);
    waiting.add("pasted", "42", 11);
    expect(waiting.batch()).toEqual([
      { mark: "p-1", fact: "hidden", value: "", at: 10 },
      { mark: "p-2", fact: "pasted", value: "42", at: 11 },
    ]);
  });

  it("are kept until the box has them, and sent again under the same mark", () => {
    const waiting = new Waiting("p");
    waiting.add("hidden", "", 10);
    const first = waiting.batch();
    waiting.add("shown", "", 12);
    expect(waiting.batch()[0]).toEqual(first[0]);
    waiting.done(first);
    expect(waiting.batch().map((report) => report.fact)).toEqual(["shown"]);
  });

  it("are at most fifty at once", () => {
    const waiting = new Waiting("p");
    for (let n = 0; n < 120; n += 1) waiting.add("pasted", String(n), n);
    expect(waiting.batch().length).toBe(50);
    waiting.done(waiting.batch());
    expect(waiting.batch()[0]?.value).toBe("50");
  });

  it("give up the oldest when there are too many, and say how many those were", () => {
    const waiting = new Waiting("p", 3);
    for (let n = 0; n < 5; n += 1) waiting.add("pasted", String(n), n);
    expect(waiting.batch().map(({ fact, value, at }) => [fact, value, at])).toEqual([
      ["dropped", "2", 2],
      ["pasted", "2", 2],
      ["pasted", "3", 3],
      ["pasted", "4", 4],
    ]);
    waiting.done(waiting.batch());
    expect(waiting.length).toBe(0);
  });

  it("say a state once, and again when it has changed", () => {
    const waiting = new Waiting("p");
    expect(waiting.add("hidden", "", 1)).toBe(true);
    expect(waiting.add("hidden", "", 2)).toBe(false);
    expect(waiting.add("shown", "", 3)).toBe(true);
    expect(waiting.add("surface", "window", 4)).toBe(true);
    expect(waiting.add("surface", "monitor", 5)).toBe(true);
    expect(waiting.add("surface", "monitor", 6)).toBe(false);
    expect(waiting.length).toBe(4);
  });

  it("say every paste, and never more than a few words", () => {
    const waiting = new Waiting("p");
    expect(waiting.add("pasted", "30", 1)).toBe(true);
    expect(waiting.add("pasted", "30", 2)).toBe(true);
    waiting.add("device", "x".repeat(1000), 3);
    expect(waiting.batch().at(-1)?.value.length).toBe(200);
  });
});
