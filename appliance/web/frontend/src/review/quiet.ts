/** Which parts may be skipped: where nothing stands on the timeline and nobody speaks. Pure. */

import { decibels, usual, type Sound } from "./sound";
import { union, without, type Pair } from "./spans";
import type { Review, Span } from "./types";

/** Seconds on either side of a flag, and of what was said or noted. */
const AROUND = 10;
const AROUND_SPEECH = 2;
/** Shorter ones are not worth a jump. */
const SHORTEST = 10;
/** Speech stands out from the room by so much, and is not softer than this. */
const ABOVE_ROOM_DB = 10;
const SOFTEST_DB = -50;

/** Spans with nothing on the timeline. Where sound was not measured yet, nothing is called quiet. */
export function quiet(review: Review, sounds: readonly Sound[]): { starts_at: number; ends_at: number }[] {
  const end = (span: Span): number => span.ends_at ?? review.ends_at;
  const moments = [
    ...review.messages.map((one) => one.sent_at),
    ...review.announcements.map((one) => one.announced_at),
    ...review.irregularities.map((one) => one.happened_at),
    ...review.stages.map((one) => one.starts_at),
  ];
  const busy: Pair[] = [
    ...review.flags.map((flag): Pair => [flag.onset_at - AROUND, (flag.ended_at ?? flag.onset_at) + AROUND]),
    ...[...review.calls, ...review.breaks, ...review.kept].map((span): Pair => [span.starts_at - AROUND, end(span) + AROUND]),
    ...moments.map((at): Pair => [at - AROUND, at + AROUND]),
    ...sounds.flatMap((sound) => speech(sound, review.ends_at)),
  ];
  return without([[review.starts_at, review.ends_at]], busy)
    .filter(([from, to]) => to - from >= SHORTEST)
    .map(([starts_at, ends_at]) => ({ starts_at, ends_at }));
}

/** Where somebody may speak, and what was not measured yet. */
export function speech(sound: Sound, until: number): Pair[] {
  const limit = Math.max(SOFTEST_DB, decibels(usual(sound)) + ABOVE_ROOM_DB);
  const found: Pair[] = [];
  let from = -1;
  for (let n = 0; n <= sound.levels.length; n++) {
    const loud = n < sound.levels.length && decibels(sound.levels[n] ?? 0) >= limit;
    if (loud && from < 0) from = n;
    if (!loud && from >= 0) {
      found.push([wall(sound, from) - AROUND_SPEECH, wall(sound, n) + AROUND_SPEECH]);
      from = -1;
    }
  }
  if (!sound.done) found.push([wall(sound, sound.levels.length), until]);
  return union(found);
}

function wall(sound: Sound, n: number): number {
  return sound.begins_at + n / sound.per_second;
}
