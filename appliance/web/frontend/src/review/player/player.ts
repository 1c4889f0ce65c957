/** The review player: every feed of one attempt in step, by media that we append ourselves. */

import { t } from "../../lib/strings";
import type { Kind } from "../../lib/types";
import type { Feed, Review } from "../types";
import { Clock } from "./clock";
import { spread } from "./drift";
import { Files } from "./files";
import { leap, stop, type Stretch } from "./leap";
import { Reel } from "./reel";
import { Stage } from "./stage";
import type { FeedState } from "./state";
import { Still } from "./still";
import { Watched, type Watch } from "./watched";

export type { FeedState } from "./state";
export { sentence } from "./state";

export type PlayState = "loading" | "playing" | "paused" | "waiting" | "ended";

export interface Moment {
  wall: number;
  state: PlayState;
  speed: number;
  /** How far the pictures are apart, ms; 0 while they stand. */
  spread_ms: number;
  feeds: { kind: Kind; state: FeedState }[];
}

export interface Options {
  /** /media/EXAM/ATTEMPT */
  folder: string;
  /** /api/review/ATTEMPT */
  api: string;
  change: (moment: Moment) => void;
  watched?: (span: Watch) => void;
}

/** In this order they lead, and stand on the page. */
const KINDS: readonly Kind[] = ["webcam", "screen", "phone", "camera"];
const TICK_MS = 40;
/** While it stands, it looks after what is fetched less often. */
const IDLE_TICKS = 5;
/** A seek waits no longer for a feed that does not answer. */
const PATIENCE_MS = 4_000;
/** The cause of a gap is read for so long. */
const GAP_SECONDS = 1;
/** A picture older than this says nothing of how far feeds are apart. */
const FRESH = 1.2;
/** A feed further from the clock than this does not lead it. */
const LEADS = 0.5;
const TAKES_OVER = 0.03;
const [SLOWEST, FASTEST] = [0.5, 8];
/** Where a file does not say when its pictures are. */
const PICTURE_SECONDS = 1 / 15;

const seconds = (): number => performance.now() / 1000;

export class Player {
  /** Spans that are jumped over. */
  skip: readonly Stretch[] = [];
  /** Playing pauses when it reaches one of these. */
  stopAt: readonly number[] = [];
  private readonly stage = new Stage();
  private readonly files: Files;
  private readonly clock: Clock;
  private readonly reels = new Map<Kind, Reel>();
  private readonly stills = new Map<Kind, Still>();
  private readonly watch: Watched;
  private readonly timer: ReturnType<typeof setInterval>;
  private state: PlayState = "loading";
  private wants = false;
  private moving = false;
  private turn = 0;
  private ticks = 0;
  private before: number;
  private leader: Reel | null = null;
  private absentSince: number | null = null;
  private told = "";
  private readonly hidden = (): void => { if (document.hidden) this.watch.flush(); };
  private readonly leave = (): void => this.watch.flush();

  constructor(
    private review: Review,
    private readonly options: Options,
  ) {
    this.files = new Files(options.folder, options.api);
    this.watch = new Watched((span) => options.watched?.(span));
    this.clock = new Clock(review.starts_at);
    this.before = review.starts_at;
    this.take(review);
    this.timer = setInterval(() => this.tick(), TICK_MS);
    document.addEventListener("visibilitychange", this.hidden);
    addEventListener("pagehide", this.leave);
    // a page that knows where to begin says so at once
    queueMicrotask(() => { if (this.turn === 0) void this.move(this.next(review.starts_at) ?? review.starts_at); });
  }

  get moment(): Moment {
    return {
      wall: this.clock.at(seconds()), state: this.state, speed: this.clock.speed, spread_ms: this.spread,
      feeds: [...this.reels.values()].map((reel) => ({ kind: reel.kind, state: reel.state })),
    };
  }

  get speed(): number {
    return this.clock.speed;
  }

  set speed(speed: number) {
    this.clock.accelerate(Math.max(SLOWEST, Math.min(FASTEST, speed)), seconds());
    this.tell();
  }

  get element(): HTMLElement {
    return this.stage.element;
  }

  get listening(): Kind {
    return this.stage.listening;
  }

  /** Whose sound is heard; null: nobody's. */
  listen(kind: Kind | null): void {
    this.stage.listen(kind);
  }

  get muted(): boolean {
    return this.stage.muted;
  }

  set muted(muted: boolean) {
    this.stage.muted = muted;
  }

  get volume(): number {
    return this.stage.volume;
  }

  set volume(volume: number) {
    this.stage.volume = volume;
  }

  play(): void {
    if (this.wants) return;
    if (this.state === "ended") void this.move(this.next(this.review.starts_at) ?? this.review.starts_at);
    this.wants = true;
    this.before = this.clock.at(seconds());
    this.state = "waiting";
    this.tick();
  }

  pause(): void {
    this.wants = false;
    this.watch.flush();
    this.clock.hold(seconds());
    for (const reel of this.reels.values()) reel.halt();
    if (this.state !== "ended" && this.state !== "loading") this.state = "paused";
    this.tell();
  }

  toggle(): void {
    if (this.wants) this.pause();
    else this.play();
  }

  /** Resolves when the picture of that moment is shown, or when the feeds' states say why it is not. */
  async seek(wall: number): Promise<void> {
    this.watch.flush();
    await this.move(wall);
  }

  /** One picture on, or back, of the first feed that shows one. */
  step(frames: 1 | -1): void {
    this.pause();
    const reel = this.ordered.find((each) => each.state.what === "shown") ?? this.ordered[0];
    if (!reel) return;
    const position = reel.positionOf(this.clock.at(seconds()));
    const { pictures } = reel.store;
    const now = pictures.findLastIndex((at) => at <= position + 0.002);
    const at = now < 0 ? undefined : pictures[now + frames];
    const plain = at === undefined || Math.abs(at - position) > 2;
    void this.move(reel.wallOf(plain ? position + frames * PICTURE_SECONDS : at + 0.0005));
  }

  /** The key frame at or before a moment, in a small <video>; null where there is none, or where a later call came. */
  async still(kind: Kind, wall: number): Promise<HTMLElement | null> {
    const feed = this.review.feeds.find((each) => each.kind === kind);
    if (!feed) return null;
    let still = this.stills.get(kind);
    if (!still) this.stills.set(kind, (still = new Still(feed, this.files, t("player.still"), this.review.live)));
    for (const [other, each] of this.stills) if (other !== kind) each.close();
    return still.at(wall);
  }

  /** The recording grew, or files of it came or went. */
  update(review: Review): void {
    this.review = review;
    this.take(review);
    if (this.state === "ended" && this.next(this.clock.at(seconds())) !== null) this.state = "paused";
    this.tell();
  }

  destroy(): void {
    clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.hidden);
    removeEventListener("pagehide", this.leave);
    this.turn += 1;
    this.watch.flush();
    for (const each of [...this.reels.values(), ...this.stills.values()]) each.close();
    this.element.remove();
  }

  private get ordered(): Reel[] {
    return [...this.reels.values()];
  }

  private get spread(): number {
    const now = seconds();
    return this.clock.running ? spread(this.ordered.flatMap(({ off }) => (off && now - off.at < FRESH ? [off.error] : []))) : 0;
  }

  private take(review: Review): void {
    for (const kind of KINDS) {
      const feed = review.feeds.find((each) => each.kind === kind);
      if (!feed) continue;
      const reel = this.reels.get(kind);
      if (reel) reel.update(feed, review.live);
      else this.add(feed);
      this.stage.describe(feed);
      this.stills.get(kind)?.update(feed, review.live);
    }
    const order = KINDS.flatMap((kind) => this.reels.get(kind) ?? []);
    this.reels.clear();
    for (const reel of order) this.reels.set(reel.kind, reel);
    this.stage.arrange(order.map((reel) => reel.kind));
  }

  private add(feed: Feed): void {
    const wallAt = (ms: number): number | null => (this.clock.running ? this.clock.at(ms / 1000) : null);
    const reel = new Reel(feed, this.files, this.review.live, t(`player.kind.${feed.kind}`), wallAt, () => this.stage.listen(null));
    this.reels.set(feed.kind, reel);
    this.stage.add(feed, reel.video, reel.video);
    if (this.turn > 0 && !this.moving) void reel.show(this.clock.at(seconds()));
  }

  /** The next moment at which any feed has a picture. */
  private next(wall: number): number | null {
    const moments = this.ordered.flatMap((reel) => reel.next(wall) ?? []);
    return moments.length ? Math.min(...moments) : null;
  }

  private async move(to: number): Promise<void> {
    const turn = ++this.turn;
    const wall = Math.max(this.review.starts_at, to);
    this.moving = true;
    this.clock.hold(seconds());
    this.clock.set(wall, seconds());
    this.before = wall;
    this.absentSince = null;
    if (this.state === "ended") this.state = "paused";
    if (this.wants) this.state = "waiting";
    for (const reel of this.reels.values()) reel.halt();
    const shown = Promise.all(this.ordered.map((reel) => reel.show(wall)));
    this.tell();
    await Promise.race([shown, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
    if (turn !== this.turn) return;
    this.moving = false;
    if (this.state === "loading") this.state = "paused";
    this.tick();
    this.tell();
  }

  private tick(): void {
    this.ticks += 1;
    const now = seconds();
    const wall = this.clock.at(now);
    if (this.moving) for (const reel of this.reels.values()) reel.carry(wall, this.wants ? this.clock.speed : 0);
    if (this.moving || this.turn === 0 || (!this.wants && this.ticks % IDLE_TICKS)) return;
    for (const reel of this.reels.values()) reel.attend(wall, this.wants ? this.clock.speed : 0, now);
    if (this.wants) this.advance(wall, now);
    this.tell();
  }

  private advance(wall: number, now: number): void {
    const reels = this.ordered;
    if (!reels.some((reel) => reel.has(wall))) return this.absent(wall, now);
    this.absentSince = null;
    const shown = reels.some((reel) => reel.state.what === "shown");
    if (!shown || reels.some((reel) => reel.blocks(now))) return this.wait(now);
    this.run(now);
  }

  private wait(now: number): void {
    this.clock.hold(now);
    for (const reel of this.reels.values()) reel.halt();
    this.state = "waiting";
  }

  private run(now: number): void {
    const { speed } = this.clock;
    this.clock.run(now);
    this.state = "playing";
    const leader = this.lead(this.clock.at(now), speed);
    if (leader) this.clock.follow(leader.wall, now);
    const wall = this.clock.at(now);
    for (const reel of this.reels.values()) reel.run(wall, speed, reel === leader, now);
    this.passed(wall, now);
  }

  /** The feed whose media the clock follows. Another takes over only when it is in step: nothing jumps. */
  private lead(wall: number, speed: number): Reel | null {
    const apart = (reel: Reel): number => Math.abs(reel.wall - wall) / Math.max(1, speed);
    const running = this.ordered.filter((reel) => reel.runs && reel.state.what === "shown");
    const stays = this.leader && running.includes(this.leader) ? this.leader : null;
    this.leader = running.find((reel) => reel === stays || apart(reel) < (stays ? TAKES_OVER : LEADS)) ?? null;
    return this.leader;
  }

  /** What happens on the way: a stop, a span that is left out, a stretch that was seen. */
  private passed(wall: number, now: number): void {
    const { before } = this;
    const kinds = this.ordered.filter((reel) => reel.state.what === "shown").map((reel) => reel.kind);
    if (!document.hidden) this.watch.note(wall, kinds, this.clock.speed, now);
    const stopped = stop(before, wall, this.stopAt);
    const leapt = stopped === null ? leap(before, wall, this.skip) : null;
    this.before = wall;
    if (stopped !== null) {
      this.pause();
      void this.move(stopped);
    } else if (leapt !== null) {
      this.watch.flush();
      void this.move(leapt);
    }
  }

  /** No feed has a picture: say why for a moment, then go on where one has. */
  private absent(wall: number, now: number): void {
    for (const reel of this.reels.values()) reel.halt();
    this.watch.flush();
    const next = this.next(wall);
    if (next === null) {
      this.clock.hold(now);
      if (this.review.live) {
        this.state = "waiting";
        return;
      }
      this.wants = false;
      this.state = "ended";
      return;
    }
    this.absentSince ??= now;
    this.clock.run(now);
    this.state = "playing";
    this.passed(wall, now);
    if (!this.moving && this.wants && now - this.absentSince > GAP_SECONDS && next - wall > GAP_SECONDS * this.clock.speed) void this.move(next);
  }

  private tell(): void {
    const moment = this.moment;
    this.stage.show(moment.feeds, !this.moving);
    const feeds = moment.feeds.map(({ kind, state }) => `${kind} ${JSON.stringify(state)}`).join();
    const told = `${moment.wall.toFixed(2)} ${moment.state} ${moment.speed} ${feeds}`;
    if (told === this.told) return;
    this.told = told;
    this.options.change(moment);
  }
}
