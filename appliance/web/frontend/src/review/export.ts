/** Evidence leaves the box on the page of exports; what was marked goes with it. */

import type { Review } from "./types";

export function exportDialog(review: Review, from: number, to: number): void {
  location.assign(`/review/${review.exam.exam}/exports?attempt=${review.attempt}&from=${from.toFixed(3)}&to=${to.toFixed(3)}`);
}
