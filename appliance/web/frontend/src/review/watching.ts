/** What was played, told to the box in pieces. What it does not take is told again; it is merged, and bounded. */

import { Problem, problemOf } from "../lib/api";
import type { Kind } from "../lib/types";

export interface Played {
  starts_at: number;
  ends_at: number;
  kinds: Kind[];
  speed: number;
}

const EVERY_MS = 15_000;
/** Of one report; older ones go first where there are more. */
const MOST = 50;

export class Watched {
  private waiting: Played[] = [];
  private sending = false;
  private timer: ReturnType<typeof setTimeout> | null = null;
  /** Spans that were given up because too many waited. */
  lost = 0;

  constructor(
    private readonly send: (spans: Played[]) => Promise<void>,
    private readonly every = EVERY_MS,
  ) {}

  add(span: Played): void {
    const last = this.waiting.at(-1);
    if (last && last.ends_at >= span.starts_at - 0.5 && last.starts_at <= span.starts_at && last.speed === span.speed && last.kinds.join() === span.kinds.join()) last.ends_at = Math.max(last.ends_at, span.ends_at);
    else this.waiting.push({ ...span });
    while (this.waiting.length > MOST) {
      this.waiting.shift();
      this.lost++;
    }
    this.timer ??= setTimeout(() => void this.flush(), this.every);
  }

  async flush(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (this.sending || !this.waiting.length) return;
    const spans = this.waiting;
    this.waiting = [];
    this.sending = true;
    try {
      await this.send(spans);
    } catch (error) {
      const problem = problemOf(error);
      if (again(problem)) this.waiting = [...spans, ...this.waiting].slice(-MOST); // what is not a recording any more is not said again
      this.timer ??= setTimeout(() => void this.flush(), this.every);
    } finally {
      this.sending = false;
    }
  }
}

function again(problem: Problem): boolean {
  return problem.offline || problem.status >= 500 || problem.status === 429;
}
