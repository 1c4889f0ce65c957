/** What was really played: spans of wall time, told in pieces. Pure. */

import type { Kind } from "../../lib/types";

export interface Watch {
  starts_at: number;
  ends_at: number;
  kinds: Kind[];
  speed: number;
}

/** Told at least this often, seconds of real time. */
const EVERY = 20;
/** Two looks at the clock that are further apart, in seconds at this speed, are not one span: it was sought in between. */
const APART = 2.5;
/** What is shorter was not watched. */
const SHORTEST = 0.2;

export class Watched {
  private span: Watch | null = null;
  private since = 0;

  constructor(private readonly tell: (span: Watch) => void) {}

  /** The clock ran and stands at `wall`; `kinds`: which pictures were shown. */
  note(wall: number, kinds: readonly Kind[], speed: number, now: number): void {
    const { span } = this;
    const goes = span && span.speed === speed && wall >= span.ends_at && wall - span.ends_at <= APART * Math.max(1, speed) && same(span.kinds, kinds);
    if (!goes) {
      // what changes without a jump goes on where it was
      const begins = span && wall >= span.ends_at && wall - span.ends_at <= APART * Math.max(1, speed) ? span.ends_at : wall;
      this.flush();
      if (kinds.length) this.span = { starts_at: begins, ends_at: wall, kinds: [...kinds], speed };
      this.since = now;
      return;
    }
    span.ends_at = wall;
    if (now - this.since >= EVERY) {
      this.flush();
      this.span = { ...span, starts_at: wall, kinds: [...kinds] };
      this.since = now;
    }
  }

  /** It stopped, jumped, or nobody looks any more. */
  flush(): void {
    const { span } = this;
    this.span = null;
    if (span && span.ends_at - span.starts_at >= SHORTEST) this.tell(span);
  }
}

function same(a: readonly Kind[], b: readonly Kind[]): boolean {
  return a.length === b.length && a.every((kind, n) => kind === b[n]);
}
