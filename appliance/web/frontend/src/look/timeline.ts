/** From a moment to a place in the recording and back. Pure. */

import type { Kind, Segment } from "../lib/types";

/** Seconds into the playlist at which a wall time plays; the playlist leaves gaps out. Before or after everything: its end. */
export function mediaTime(segments: readonly Segment[], kind: Kind, wall: number): number | null {
  const mine = segments.filter((segment) => segment.kind === kind).sort((a, b) => a.number - b.number);
  if (!mine.length) return null;
  let played = 0;
  for (const segment of mine) {
    if (wall < segment.starts_at) return played;
    if (wall < segment.starts_at + segment.duration) return played + (wall - segment.starts_at);
    played += segment.duration;
  }
  return played;
}

/** The wall time of a place in the playlist. */
export function wallTime(segments: readonly Segment[], kind: Kind, at: number): number | null {
  const mine = segments.filter((segment) => segment.kind === kind).sort((a, b) => a.number - b.number);
  let played = 0;
  for (const segment of mine) {
    if (at < played + segment.duration) return segment.starts_at + (at - played);
    played += segment.duration;
  }
  const last = mine.at(-1);
  return last ? last.starts_at + last.duration : null;
}
