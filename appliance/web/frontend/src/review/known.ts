/** What the box knows of this recording, kept up to date: events as they come, the whole again where only the box can put it together. */

import { get, problemOf } from "../lib/api";
import { now, synchronise } from "../lib/clock";
import { complain } from "../lib/toast";
import type { Judged, LedgerEvent } from "../lib/types";
import { askSound, type Sound } from "./sound";
import { applied, newer } from "./story";
import type { Review } from "./types";

const LATER_MS = 5000;
const SOON_MS = 300;
const SOUND_AGAIN_MS = 4000;
/** The recording of a candidate who is still there grows: look again after this. */
const LIVE_MS = 10_000;

interface Listeners {
  /** Flags, notes or messages are others, or all of it is. */
  changed(): void;
  /** It was read anew. */
  read(review: Review): void;
  /** More of the sound is measured. */
  heard(): void;
}

export class Known {
  sounds: Sound[] = [];
  judged: Judged | null = null;
  private timer = 0;
  private due = Infinity;
  private askedAt = Date.now();

  constructor(
    public review: Review,
    private readonly sample: string | null,
    private readonly on: Listeners,
  ) {}

  events(events: readonly LedgerEvent[]): void {
    let changed = false;
    for (const event of events) {
      const next = applied(this.review, event);
      if (next === "soon") this.again(SOON_MS);
      else if (next === "later") this.again(LATER_MS);
      else {
        changed ||= next.flags !== this.review.flags || next.notes !== this.review.notes || next.messages !== this.review.messages;
        this.review = next;
      }
    }
    if (changed) this.on.changed();
  }

  /** Ask once, the soonest of what was wanted. */
  again(ms = 0): void {
    const at = Date.now() + ms;
    if (at >= this.due) return;
    clearTimeout(this.timer);
    this.due = at;
    this.timer = window.setTimeout(() => void this.ask(), ms);
  }

  async ask(): Promise<void> {
    this.due = Infinity;
    this.askedAt = Date.now();
    try {
      const said = await get<Review>(reviewUrl(this.review.attempt, this.sample));
      if (!newer(this.review, said)) return this.again(SOON_MS);
      synchronise(said.now);
      this.review = said;
      this.on.read(said);
      this.on.changed();
    } catch (error) {
      if (!problemOf(error).offline) complain(error); // offline: the line says so, and it is asked again
      this.again(LATER_MS);
    }
  }

  /** What could be judged at all; not for who watches a random minute. */
  async judge(): Promise<void> {
    this.judged = await get<Judged>(`/api/attempts/${this.review.attempt}/judged`).catch(() => this.judged);
    this.on.changed();
  }

  /** How loud it was; asked again until all is measured. */
  async hear(): Promise<void> {
    const feeds = this.review.feeds.filter((feed) => feed.segments.length && feed.kind !== "screen");
    const heard = await Promise.all(feeds.map((feed) => askSound(`/api/review/${this.review.attempt}`, feed.kind, feed.begins_at).catch(() => null)));
    this.sounds = heard.flatMap((sound) => (sound && (!sound.done || sound.levels.some(Boolean)) ? [sound] : []));
    this.on.heard();
    const { live } = this.review;
    if (live || heard.some((sound) => sound === null || !sound.done)) setTimeout(() => void this.hear(), live ? SOUND_AGAIN_MS * 3 : SOUND_AGAIN_MS);
  }

  /** Every second: the live edge goes on. -> did it? */
  tick(): boolean {
    if (!this.review.live) return false;
    if (Date.now() - this.askedAt > LIVE_MS) this.again();
    this.review = { ...this.review, ends_at: Math.max(this.review.ends_at, now()) };
    return true;
  }
}

export function reviewUrl(attempt: string, sample: string | null): string {
  return `/api/review/${attempt}${sample ? `?sample=${encodeURIComponent(sample)}` : ""}`;
}
