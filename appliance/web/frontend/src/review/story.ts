/** What a review is after an event: what others do while the page is open shows at once. Pure. */

import type { Flag, LedgerEvent } from "../lib/types";
import { withFlag, withMessage } from "../wall/store";
import type { FlagNote, Review } from "./types";

/** What only the box can put together: it is asked again. "soon": somebody waits for it; "later": it comes all the time. */
export type Again = "soon" | "later";

const SOON = ["recommendation.", "outcome.", "call.", "break.", "attempt.", "irregularity.", "evidence.kept", "rule.muted", "sample.", "media.deleted", "exam.announced", "exam.ended"];
const LATER = ["segment.", "gap.", "recording.watched", "analysis.", "feed."];

export function applied(review: Review, event: LedgerEvent): Review | Again {
  if (event.seq <= review.seq) return review;
  const next = { ...review, seq: event.seq };
  if (event.chain !== review.attempt && !event.type.startsWith("exam.")) return next;
  if (event.type.startsWith("flag.")) return review.sample ? next : withFlagOf(next, event);
  if (event.type.startsWith("message.") || event.type === "warning.acknowledged") return { ...next, messages: [...withMessage(review.messages, event)] };
  if (SOON.some((type) => event.type.startsWith(type))) return "soon";
  return LATER.some((type) => event.type.startsWith(type)) ? "later" : next;
}

function withFlagOf(review: Review, event: LedgerEvent): Review {
  if (event.type === "flag.noted") {
    const said = event.payload as unknown as FlagNote | null;
    if (!said || review.notes.some((note) => note.note === said.note)) return review;
    return { ...review, notes: [...review.notes, { note: said.note, flag: said.flag, text: said.text, by_name: said.by_name, noted_at: event.wall }] };
  }
  const before = new Map(review.flags.map((flag): [string, Flag] => [flag.flag, flag]));
  return { ...review, flags: [...withFlag(before, event).values()].sort((a, b) => a.onset_at - b.onset_at) };
}

/** The newer of two: what was heard since the box was asked is not lost. */
export function newer(mine: Review, said: Review): boolean {
  return said.seq >= mine.seq;
}

/** In the order of the timeline. */
export function flagsInOrder(review: Review): Flag[] {
  return [...review.flags].sort((a, b) => a.onset_at - b.onset_at || a.flag.localeCompare(b.flag));
}

/** The next or the previous flag seen from a moment; those right at it are passed. */
export function beside(flags: readonly Flag[], at: number, way: 1 | -1, current: string | null): Flag | null {
  const sorted = [...flags].sort((a, b) => a.onset_at - b.onset_at || a.flag.localeCompare(b.flag));
  const index = sorted.findIndex((flag) => flag.flag === current);
  if (index >= 0) return sorted[index + way] ?? null;
  if (way === 1) return sorted.find((flag) => flag.onset_at > at + 0.5) ?? null;
  return sorted.findLast((flag) => flag.onset_at < at - 0.5) ?? null;
}

/** Is nothing there to be played, and why? "deleted" with the newest date. */
export function emptiness(review: Review): { state: "none" } | { state: "deleted"; at: number } | null {
  const segments = review.feeds.flatMap((feed) => feed.segments);
  if (segments.length === 0) return { state: "none" };
  const gone = segments.filter((segment) => segment.state === "deleted");
  if (gone.length < segments.length) return null;
  return { state: "deleted", at: Math.max(...gone.map((segment) => segment.deleted_at ?? 0)) };
}
