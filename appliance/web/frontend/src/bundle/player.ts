/** Plays every feed of a bundle on one clock, by files alone: from a folder that was double-clicked there is no fetching. */

import { Clock } from "../review/player/clock";
import { spread } from "../review/player/drift";
import { stop } from "../review/player/leap";
import type { Moment, PlayState } from "../review/player/player";
import { Stage } from "../review/player/stage";
import type { Review } from "../review/types";
import { Reel } from "./reel";

const TICK_MS = 40;
/** Playing waits no longer for a feed that does not come. */
const PATIENCE = 3;
const PICTURE_SECONDS = 1 / 15;
const [SLOWEST, FASTEST] = [0.5, 8];

const seconds = (): number => performance.now() / 1000;

export class Player {
  /** Playing pauses when it reaches one of these. */
  stopAt: readonly number[] = [];
  private readonly stage = new Stage();
  private readonly reels: readonly Reel[];
  private readonly clock: Clock;
  private state: PlayState = "loading";
  private wants = false;
  private before: number;
  private waitingSince: number | null = null;

  constructor(private readonly review: Review, private readonly change: (moment: Moment) => void) {
    this.clock = new Clock(review.starts_at);
    this.before = review.starts_at;
    this.reels = review.feeds.filter((feed) => feed.segments.length).map((feed) => new Reel(feed));
    for (const reel of this.reels) this.stage.add(reel.feed, reel, reel.element);
    this.stage.arrange(this.reels.map((reel) => reel.feed.kind));
    setInterval(() => this.tick(), TICK_MS);
  }

  get element(): HTMLElement {
    return this.stage.element;
  }

  get moment(): Moment {
    const wall = this.clock.at(seconds());
    const errors = this.clock.running ? this.reels.flatMap((reel) => reel.off(wall) ?? []) : [];
    return { wall, state: this.state, speed: this.clock.speed, spread_ms: spread(errors), feeds: this.reels.map((reel) => ({ kind: reel.feed.kind, state: reel.state })) };
  }

  get speed(): number {
    return this.clock.speed;
  }

  set speed(speed: number) {
    this.clock.accelerate(Math.max(SLOWEST, Math.min(FASTEST, speed)), seconds());
  }

  get muted(): boolean {
    return this.stage.muted;
  }

  set muted(muted: boolean) {
    this.stage.muted = muted;
  }

  toggle(): void {
    if (this.wants) return this.pause();
    if (this.state === "ended") this.seek(this.review.starts_at);
    this.wants = true;
    this.waitingSince = null;
    this.before = this.clock.at(seconds());
    this.tick();
  }

  pause(): void {
    this.wants = false;
    this.clock.hold(seconds());
    this.tick();
  }

  seek(wall: number): void {
    const to = Math.max(this.review.starts_at, Math.min(wall, this.review.ends_at));
    this.clock.set(to, seconds());
    this.before = to;
    this.waitingSince = null;
    this.state = this.wants ? "waiting" : "paused";
    this.tick();
  }

  step(frames: 1 | -1): void {
    this.pause();
    this.seek(this.moment.wall + frames * PICTURE_SECONDS);
  }

  private tick(): void {
    const now = seconds();
    let wall = this.clock.at(now);
    if (this.wants) {
      const stopped = stop(this.before, wall, this.stopAt);
      if (stopped !== null || wall >= this.review.ends_at) {
        wall = stopped ?? this.review.ends_at;
        this.wants = false;
        this.clock.hold(now);
        this.clock.set(wall, now);
        this.state = stopped === null ? "ended" : "paused";
      }
    }
    this.before = wall;
    for (const reel of this.reels) reel.show(wall, this.wants && this.clock.running, this.clock.speed);
    this.pace(now);
    const moment = this.moment;
    this.stage.show(moment.feeds, this.state !== "loading");
    this.change(moment);
  }

  /** The clock runs while every feed has its picture; one that does not come is left behind. */
  private pace(now: number): void {
    const waits = this.reels.some((reel) => reel.waits);
    if (!this.wants) {
      if (this.state !== "ended") this.state = waits && this.state === "loading" ? "loading" : "paused";
      return;
    }
    this.waitingSince = waits ? (this.waitingSince ?? now) : null;
    if (this.reels.some((reel) => reel.needsClick)) this.stage.muted = true; // some browsers play no sound before a click: better a picture than none
    if (this.waitingSince !== null && now - this.waitingSince < PATIENCE) {
      this.clock.hold(now);
      this.state = "waiting";
      return;
    }
    this.clock.run(now);
    this.state = "playing";
  }
}
