import { describe, expect, it } from "vitest";
import { missingOf, pagesOf } from "../src/lib/checkout";
import type { Checkout, PaperPage } from "../src/lib/day";

const COMPUTER = { check_out: "proctor" as const, pages: false, scratch: false };
const PAPER = { check_out: "proctor" as const, pages: true, scratch: true };

function page(number: number, change: Partial<PaperPage> = {}): PaperPage {
  return { page: `p${number}`, number, sharpness: 0.5, light: 200, readable: true, accepted_by: null, photographed_at: number, ...change };
}

function there(change: Partial<Checkout> & { counted?: number; pdf?: number } = {}): Checkout {
  const { counted = null, pdf = null, ...rest } = change;
  const paper = counted === null && pdf === null ? null : { pages: pdf, made: false, counted, counted_by: null, uploaded_at: pdf === null ? null : 100 };
  return { pages: [], ticks: [], paper, ...rest };
}

const scratch = { tick: "scratch", by: "pat", note: "", ticked_at: 1 };

// the same cases as in tests/ledger/test_checkout.py: page and box must say the same
describe("what a check-out still misses", () => {
  it.each([
    [{ ...COMPUTER, check_out: "none" as const }, there(), []],
    [COMPUTER, there(), ["submitted"]],
    [COMPUTER, there({ ticks: [{ ...scratch, tick: "submitted" }] }), []],
    [PAPER, there(), ["paper", "count", "scratch"]],
    [PAPER, there({ pages: [page(1), page(2, { readable: 0 }), page(3)], counted: 3 }), ["readable", "scratch"]],
    [PAPER, there({ pages: [page(1), page(2, { readable: 0, accepted_by: "pat" })], counted: 2, ticks: [scratch] }), []],
    [PAPER, there({ pages: [page(1), page(2), page(3)], counted: 2, ticks: [scratch] }), ["count"]],
    [PAPER, there({ pages: [page(1, { readable: 0 })], pdf: 5, counted: 5, ticks: [scratch] }), []],
    [PAPER, there({ pdf: 5, counted: 3, ticks: [scratch] }), ["count"]],
  ])("%#", (plan, checkout, missing) => expect(missingOf(plan, checkout)).toEqual(missing));

  it("what was sent last counts", () => {
    expect(pagesOf(there({ pages: [page(1)], pdf: 5 }))).toBe(5);
    expect(pagesOf(there({ pages: [page(1, { photographed_at: 101 })], pdf: 5 }))).toBe(1);
  });
});
