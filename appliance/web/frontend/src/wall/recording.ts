/** Which feeds should be recorded and are not: nobody sits an exam unrecorded without a banner (proctoring.md M14, M97). Pure. */

import type { Kind, Pulse } from "../lib/types";
import { healthOf } from "../lib/words";
import { shouldRecord } from "./counts";
import type { State } from "./store";

export type Unrecorded = ReadonlyMap<string, { feeds: readonly Kind[]; since: number }>;

/** A feed that comes back within this time is no trouble for anybody (s). */
export const PATIENCE = 4;

/** Feeds that are missing now, each candidate with the moment since when some are. */
export function missing(state: State, pulse: Pulse, before: Unrecorded): Unrecorded {
  const found = new Map<string, { feeds: readonly Kind[]; since: number }>();
  for (const attempt of state.attempts.values()) {
    if (!shouldRecord(attempt)) continue;
    const feeds = state.hall.plan.feeds.filter((kind) => healthOf(kind, pulse.attempts[attempt.attempt]?.health[kind]) === "none");
    if (feeds.length) found.set(attempt.attempt, { feeds, since: before.get(attempt.attempt)?.since ?? pulse.now });
  }
  return found;
}

/** Those that are missing for long enough to be said. */
export function lasting(missed: Unrecorded, now: number): Unrecorded {
  return new Map([...missed].filter(([, { since }]) => now - since >= PATIENCE));
}
