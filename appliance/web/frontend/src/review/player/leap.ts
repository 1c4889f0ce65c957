/** Where playing jumps and where it stops. Pure: between two looks at the clock, `before` and `now`. */

export interface Stretch {
  readonly starts_at: number;
  /** Null: it goes on; there is nowhere to jump to. */
  readonly ends_at: number | null;
}

/** Shorter than this, it is played. */
const SHORTEST = 0.3;

/** The end of a span that playing has just come into; null where it plays on. Spans that follow each other are one.
 * A span that somebody sought into is played. */
export function leap(before: number, now: number, spans: readonly Stretch[]): number | null {
  let to: number | null = null;
  for (const { starts_at, ends_at } of [...spans].sort((a, b) => a.starts_at - b.starts_at)) {
    const entered = to === null ? before < starts_at && now >= starts_at : starts_at <= to;
    if (entered && ends_at !== null) to = Math.max(to ?? ends_at, ends_at);
  }
  return to !== null && to - now > SHORTEST ? to : null;
}

/** The first stop that was passed. Where playing begins at a stop, that one is behind it. */
export function stop(before: number, now: number, stops: readonly number[]): number | null {
  const passed = stops.filter((at) => at > before && at <= now);
  return passed.length ? Math.min(...passed) : null;
}
