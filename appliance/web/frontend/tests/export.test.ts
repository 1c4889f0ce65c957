import { describe, expect, test } from "vitest";

import { useZone } from "../src/lib/clock";
import { spanOf } from "../src/review/export";

const TEN = 1_763_805_600; // 10:00:00 UTC

describe("the span that is exported", () => {
  useZone(0);

  test("is the moments themselves where nobody changed the fields, which know whole seconds", () => {
    expect(spanOf("10:00:04", "10:00:34", TEN + 4.7, TEN + 34.2)).toEqual({ from: TEN + 4.7, to: TEN + 34.2 });
  });

  test("is what was typed", () => {
    expect(spanOf("9:59:00", "10:02", TEN + 4.7, TEN + 34.2)).toEqual({ from: TEN - 60, to: TEN + 120 });
  });

  test("is none where a field is no time", () => {
    expect(spanOf("soon", "10:02", TEN, TEN + 1)).toBeNull();
    expect(spanOf("10:00", "", TEN, TEN + 1)).toBeNull();
  });
});
