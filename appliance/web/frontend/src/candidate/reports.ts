/** What the page reports of itself, on its way to the box. While the line is away reports wait, each with its own time; of more than a
 * page should ever have to say the oldest go, and how many is reported too. */

import { post, problemOf } from "../lib/api";

/** As `exam/page.py` has them. */
export type Fact =
  | "hidden"
  | "shown"
  | "fullscreen_left"
  | "fullscreen_back"
  | "pasted"
  | "copied"
  | "print_screen"
  | "displays"
  | "share_ended"
  | "share_back"
  | "surface"
  | "mic_muted"
  | "mic_back"
  | "camera_lost"
  | "camera_back"
  | "device"
  | "dropped";

export interface Report {
  /** The page's own name for it: the box takes it once, however often it is sent. */
  mark: string;
  fact: Fact;
  value: string;
  /** Seconds of this computer's clock. */
  at: number;
}

const MOST = 300;
const AT_ONCE = 50;
const LONGEST = 200;
const TOGETHER_MS = 100;
const AGAIN_MS = [2000, 5000, 10_000, 20_000];

/** States of which only a change is worth a word. */
const STATES: readonly (readonly Fact[])[] = [
  ["hidden", "shown"],
  ["fullscreen_left", "fullscreen_back"],
  ["share_ended", "share_back"],
  ["mic_muted", "mic_back"],
  ["camera_lost", "camera_back"],
  ["displays"],
  ["surface"],
];

export class Waiting {
  private readonly reports: Report[] = [];
  private readonly states = new Map<readonly Fact[], string>();
  private dropped = 0;
  private count = 0;

  constructor(
    private readonly page: string,
    private readonly most = MOST,
  ) {}

  get length(): number {
    return this.reports.length;
  }

  /** False where it is no news. */
  add(fact: Fact, value: string, at: number): boolean {
    const state = STATES.find((facts) => facts.includes(fact));
    if (state) {
      const said = `${fact} ${value}`;
      if (this.states.get(state) === said) return false;
      this.states.set(state, said);
    }
    this.reports.push(this.report(fact, value, at));
    while (this.reports.length > this.most) {
      this.reports.shift();
      this.dropped += 1;
    }
    return true;
  }

  /** The oldest of them. What had to go is said before what came after it. */
  batch(): Report[] {
    const first = this.reports[0];
    if (this.dropped > 0 && first) {
      this.reports.unshift(this.report("dropped", String(this.dropped), first.at));
      this.dropped = 0;
    }
    return this.reports.slice(0, AT_ONCE);
  }

  /** The box has them, or will never take them. */
  done(batch: readonly Report[]): void {
    const marks = new Set(batch.map((report) => report.mark));
    const left = this.reports.filter((report) => !marks.has(report.mark));
    this.reports.splice(0, this.reports.length, ...left);
  }

  private report(fact: Fact, value: string, at: number): Report {
    this.count += 1;
    return { mark: `${this.page}-${this.count}`, fact, value: value.slice(0, LONGEST), at };
  }
}

export class Reports {
  private readonly waiting = new Waiting(crypto.randomUUID().slice(0, 18));
  private timer = 0;
  private sending = false;
  private failures = 0;
  private on = false;

  constructor() {
    window.addEventListener("online", () => this.soon(0));
    window.addEventListener("pagehide", () => void this.send());
  }

  readonly say = (fact: Fact, value = ""): void => {
    if (this.waiting.add(fact, value, Date.now() / 1000)) this.soon(TOGETHER_MS);
  };

  /** The box takes reports only while something is recorded; until then they wait. */
  allow(on: boolean): void {
    if (on === this.on) return;
    this.on = on;
    this.soon(0);
  }

  private soon(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.send(), this.failures ? Math.max(milliseconds, this.pause()) : milliseconds);
  }

  private pause(): number {
    return AGAIN_MS[Math.min(this.failures, AGAIN_MS.length) - 1] ?? 0;
  }

  private async send(): Promise<void> {
    if (this.sending || !this.on || this.waiting.length === 0) return;
    this.sending = true;
    const batch = this.waiting.batch();
    try {
      await post("/api/me/page", { now: Date.now() / 1000, facts: batch }, { keepalive: true });
      this.waiting.done(batch);
      this.failures = 0;
    } catch (error) {
      const { status } = problemOf(error);
      if (status === 400) this.waiting.done(batch); // it would never take them
      this.failures += 1;
    } finally {
      this.sending = false;
    }
    if (this.waiting.length > 0) this.soon(TOGETHER_MS);
  }
}
