/** What the API says of a check-out to the candidate, and what staff work out of it: the rules are those of `exam/paper.py`. */

import type { Checkout, Plan } from "./day";

export type Need = "submitted" | "paper" | "readable" | "count" | "scratch";
export type Trouble = "blurred" | "dark";

export interface MyPage {
  page: string;
  number: number;
  readable: boolean;
  accepted: boolean;
  troubles: Trouble[];
  photographed_at: number;
}

/** `by`: who says that the candidate may go; `paper`: a PDF that was sent instead of photos. */
export interface MyCheckout {
  by: "candidate" | "proctor";
  needs: Need[];
  missing: Need[];
  pages: MyPage[];
  paper: { pages: number; sha256: string; uploaded_at: number } | null;
  ticks: string[];
  counted: number | null;
}

/** What the box answers to a photo. */
export interface Photographed {
  page: string;
  number: number;
  readable: boolean;
  troubles: Trouble[];
}

type Held = Pick<Plan, "check_out" | "pages" | "scratch">;

export function needsOf(plan: Held): Need[] {
  if (plan.check_out === "none") return [];
  return [...(plan.pages ? (["paper", "readable", "count"] as const) : (["submitted"] as const)), ...(plan.scratch ? (["scratch"] as const) : [])];
}

/** Is the paper a PDF that the candidate sent, later than any photo? */
export function uploaded({ pages, paper }: Checkout): boolean {
  const at = paper?.uploaded_at ?? null;
  return at !== null && !paper?.made && pages.every((page) => page.photographed_at < at);
}

/** Pages that were handed in: photos, or those of the PDF. */
export function pagesOf(checkout: Checkout): number {
  return uploaded(checkout) ? (checkout.paper?.pages ?? 0) : checkout.pages.length;
}

export function missingOf(plan: Held, checkout: Checkout): Need[] {
  const ticked = (tick: string): boolean => checkout.ticks.some((one) => one.tick === tick);
  const lacks: Record<Need, boolean> = {
    submitted: !ticked("submitted"),
    paper: pagesOf(checkout) === 0,
    readable: !uploaded(checkout) && checkout.pages.some((page) => !page.readable && page.accepted_by === null),
    count: checkout.paper?.counted == null || checkout.paper.counted !== pagesOf(checkout),
    scratch: !ticked("scratch"),
  };
  return needsOf(plan).filter((need) => lacks[need]);
}
