import { describe, expect, it } from "vitest";
import { Refused } from "../src/lib/peer";

describe("a box that is full", () => {
  it("is told apart from a box that is away", () => {
    const said = (reason: string): string => JSON.stringify({ error: "all 4 seats are taken", hint: "", reason });
    expect(new Refused(503, said("seats")).full).toBe(true);
    expect(new Refused(503, said("storage")).full).toBe(true);
    expect(new Refused(503, '{"error": "started again"}').full).toBe(false);
    expect(new Refused(409, said("seats")).full).toBe(false);
    expect(new Refused(503, "").full).toBe(false);
  });
});
