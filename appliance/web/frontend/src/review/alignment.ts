/** How far what is seen together really was together, in words: the players' own spread, and what is known of the feeds' clocks. */

import { t } from "../lib/strings";
import type { Review } from "./types";

export function alignment(review: Review, spread_ms: number | null): string {
  const feeds = review.feeds.filter((feed) => feed.segments.length > 0);
  const known = feeds.map((feed) => feed.uncertainty_ms === null
    ? t("reviewing.align.unknown", { kind: t(`kind.${feed.kind}`) })
    : t("reviewing.align.known", { kind: t(`kind.${feed.kind}`), ms: Math.max(1, Math.round(feed.uncertainty_ms)) }));
  const shown = feeds.length < 2 || spread_ms === null ? "" : t("reviewing.align.spread", { ms: Math.max(1, Math.round(spread_ms)) });
  return [shown, known.length ? t("reviewing.align.clocks", { feeds: known.join(", ") }) : ""].filter(Boolean).join(" ");
}
