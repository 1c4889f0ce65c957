import { describe, expect, it } from "vitest";
import { colourAt, colourOf, DARK, stepsOf, type Step } from "../src/panel/lamp";

const FLASH: Step[] = [[0.2, 0, 1, 0, "hold"], [2.8, 0, 0, 0, "hold"]];
const GREEN = "rgb(0 255 0)";

describe("the lamp", () => {
  it("goes through its steps, over and over, also for a clock that is behind the box's", () => {
    expect([0, 0.1, 0.25, 2.9, 3.1, -2.9].map((at) => colourAt(FLASH, at))).toEqual([GREEN, GREEN, DARK, DARK, GREEN, GREEN]);
  });

  it("breathes and fades", () => {
    expect(colourAt([[4, 0, 0, 1, "breathe"]], 2)).toBe("rgb(0 0 255)");
    expect(colourAt([[4, 0, 0, 1, "breathe"]], 0)).toBe(DARK);
    expect(colourAt([[1, 1, 0, 0, "fade"]], 0.5)).toBe("rgb(128 0 0)");
  });

  it("is one colour for whoever wants nothing to move: that of the longest step that shines", () => {
    expect(colourOf([[2.4, 1, 0, 0, "hold"], [0.2, 0, 0, 0, "hold"], [0.2, 1, 0.45, 0, "hold"]])).toBe("rgb(255 0 0)");
    expect(colourOf([])).toBe(DARK);
  });

  it("is dark where the box says nothing that makes sense", () => {
    for (const said of ["", "{}", "null", "[[0,1,1,1]]", '[[0,1,1,1,"hold"]]']) expect(stepsOf(said)).toEqual([]);
    expect(colourAt([], 5)).toBe(DARK);
  });
});
