/** One feed on one <video>: shows the picture of a moment, runs in step with the clock, and says how it stands. */

import type { Kind } from "../../lib/types";
import type { Feed } from "../types";
import { correct } from "./drift";
import type { Files } from "./files";
import type { FeedState } from "./state";
import { Store } from "./store";

/** So long others wait for a feed; then they go on without it. */
const PATIENCE = 4;
/** A seek that is not done by then is not waited for. */
const SHOWN_MS = 1_500;
/** From the end of a seek to the picture on the page. */
const PAINT_MS = 200;
/** After the end of a growing recording: so much must be there before it runs again. */
const ENOUGH = 1.2;
/** Near the end of what is there, a browser has no more than the present picture, and a seek to there is never done. */
const TAIL = 0.3;
/** So often at most a feed is sought that runs. */
const SEEK_EVERY = 1.5;
const NOT_YET = 0.2;
const SOON = 3;
const TRIES = 3;

const seconds = (): number => performance.now() / 1000;

export class Reel {
  readonly video: HTMLVideoElement;
  readonly store: Store;
  state: FeedState = { what: "loading" };
  /** Seconds between the newest picture and the clock as it was shown, and when that was. */
  off: { error: number; at: number } | null = null;
  private waitingSince: number | null = null;
  private starved = false;
  private correcting = false;
  private soughtAt = 0;
  private speed = 1;
  private shownAt: number | null = null;
  private turn = 0;
  private over = false;

  constructor(
    private feed: Feed,
    files: Files,
    live: boolean,
    label: string,
    /** Wall seconds of the clock at a time of `performance.now()`, ms; null while it stands. */
    private readonly wallAt: (ms: number) => number | null,
    /** The browser plays no sound before somebody pressed something. */
    private readonly onhushed: () => void,
  ) {
    this.video = document.createElement("video");
    this.video.playsInline = true;
    this.video.preload = "auto";
    this.video.muted = true;
    this.video.setAttribute("aria-label", label);
    this.store = new Store(this.video, feed, files, live);
    this.store.onrebuilt = () => { this.shownAt = null; };
    this.measure();
  }

  get kind(): Kind {
    return this.feed.kind;
  }

  /** Position of the picture that is shown. */
  get picture(): number | null {
    return this.shownAt;
  }

  get wall(): number {
    return this.feed.begins_at + this.video.currentTime;
  }

  positionOf(wall: number): number {
    return wall - this.feed.begins_at;
  }

  wallOf(position: number): number {
    return position + this.feed.begins_at;
  }

  update(feed: Feed, live: boolean): void {
    this.feed = feed;
    this.store.update(feed, live);
  }

  /** Is there a picture of this moment, as far as is known? */
  has(wall: number): boolean {
    return this.store.coverage.at(this.positionOf(wall)).what === "picture";
  }

  /** The next moment with a picture, wall. */
  next(wall: number): number | null {
    const next = this.store.coverage.next(this.positionOf(wall));
    return next === null ? null : this.wallOf(next);
  }

  /** Show this moment; resolves when it is shown, or when it is clear that it is not. */
  async show(wall: number): Promise<void> {
    const turn = ++this.turn;
    const position = this.positionOf(wall);
    this.halt();
    this.starved = false;
    this.waitingSince = seconds();
    if (!this.has(wall)) return this.judge(position, seconds());
    let there = false;
    for (let n = 0; n < TRIES && !there && turn === this.turn && this.has(wall) && this.store.troubleSince === null; n += 1) {
      there = await this.store.need(position); // where the media had to be begun anew, once more
    }
    if (turn !== this.turn) return;
    if (there) await this.place(position, () => turn === this.turn);
    this.judge(position, seconds());
  }

  /** Look after it: what is fetched next, and how it stands. */
  attend(wall: number, speed: number, now: number): void {
    const position = this.positionOf(wall);
    this.speed = speed;
    this.store.attend(position, speed);
    this.judge(position, now);
    if (this.state.what !== "shown" && this.waitingSince === null) this.prepare(position, speed);
  }

  /** While a moment is sought: go on fetching, and leave the rest alone. */
  carry(wall: number, speed: number): void {
    this.store.attend(this.positionOf(wall), speed);
  }

  /** Must the others wait for it? */
  blocks(now: number): boolean {
    return this.waitingSince !== null && this.waitsFor && now - this.waitingSince < PATIENCE;
  }

  get atEdge(): boolean {
    return this.state.what === "edge";
  }

  /** Its media run. */
  get runs(): boolean {
    return !this.video.paused && !this.video.seeking && this.video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA;
  }

  /** The clock runs: run with it. The one that leads keeps its pace. */
  run(wall: number, speed: number, leads: boolean, now: number): void {
    if (this.state.what !== "shown") return this.halt();
    const { video } = this;
    const position = this.positionOf(wall);
    const { rate, seek } = correct(position - video.currentTime, speed, this.correcting, !video.muted);
    if (seek && !video.seeking && now - this.soughtAt > SEEK_EVERY && this.store.range(position)) {
      this.soughtAt = now;
      video.currentTime = position + Math.min(0.1, NOT_YET * speed / 4);
    }
    this.correcting = rate !== speed;
    const wanted = leads ? speed : rate;
    if (Math.abs(video.playbackRate - wanted) > 0.002) video.playbackRate = wanted;
    if (video.paused && this.store.range(position)) this.start();
  }

  halt(): void {
    if (!this.video.paused) this.video.pause();
    this.off = null;
  }

  close(): void {
    this.over = true;
    this.turn += 1;
    this.store.close();
  }

  private get waitsFor(): boolean {
    return this.state.what === "loading" || this.state.what === "edge" || this.state.what === "unreachable";
  }

  /** In a gap: stand where the picture comes back. */
  private prepare(position: number, speed: number): void {
    const next = this.store.coverage.next(position);
    const range = next === null || next - position > SOON * Math.max(1, speed) ? null : this.store.range(next);
    if (next === null || !range || this.video.seeking || !this.video.paused) return;
    const to = Math.max(next, range.from);
    if (Math.abs(this.video.currentTime - to) > NOT_YET) this.video.currentTime = to;
  }

  private start(): void {
    this.video.play().catch((error: unknown) => {
      if (!(error instanceof DOMException) || error.name !== "NotAllowedError" || this.video.muted) return;
      this.video.muted = true;
      this.onhushed();
      void this.video.play().catch(() => undefined);
    });
  }

  private judge(position: number, now: number): void {
    const standing = this.store.coverage.at(position);
    if (standing.what !== "picture") {
      this.waitingSince = null;
      this.starved = false;
      this.state = standing;
      return;
    }
    if (this.ready(position, standing.piece.open)) {
      this.waitingSince = null;
      this.state = { what: "shown" };
      return;
    }
    this.waitingSince ??= now;
    const trouble = this.store.troubleSince;
    const long = now - this.waitingSince > PATIENCE;
    if (this.store.edge) {
      this.starved = true;
      this.state = { what: "edge" };
    } else {
      this.state = { what: long || (trouble !== null && now - trouble > 1) ? "unreachable" : "loading" };
    }
  }

  private ready(position: number, open: boolean): boolean {
    const { video } = this;
    const range = this.store.range(position);
    if (!range) return this.store.hole(position) !== null && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
    if (this.starved && open && range.to - position < ENOUGH) return false;
    this.starved = false;
    if (video.seeking) return false;
    const to = this.target(position, range);
    if (video.paused && Math.abs(video.currentTime - to) > NOT_YET) {
      video.currentTime = to; // it comes into step by itself where it stands somewhere else
      return false;
    }
    const least = video.paused || range.to - video.currentTime < TAIL * Math.max(1, this.speed) ? HTMLMediaElement.HAVE_CURRENT_DATA : HTMLMediaElement.HAVE_FUTURE_DATA;
    return video.readyState >= least;
  }

  /** Where to stand for a moment. Chromium never finishes a seek to the last instant before a hole: it wants more sound. */
  private target(position: number, range: { from: number; to: number }): number {
    const last = this.store.ends(range) ? range.to - TAIL : Infinity;
    return Math.max(range.from, Math.min(position, last));
  }

  private async place(position: number, wanted: () => boolean): Promise<void> {
    const { video } = this;
    const range = this.store.range(position);
    const to = range ? this.target(position, range) : (this.store.hole(position) ?? position);
    if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && video.currentTime === to && !video.seeking) return;
    const old = this.shownAt;
    await new Promise<void>((resolve) => {
      let painted = false;
      const done = (): void => {
        video.removeEventListener("seeked", sought);
        clearTimeout(limit);
        resolve();
      };
      let limit = setTimeout(done, SHOWN_MS);
      const sought = (): void => {
        if (painted || !wanted() || document.hidden || !("requestVideoFrameCallback" in video)) return done();
        clearTimeout(limit);
        limit = setTimeout(done, PAINT_MS); // the same picture as before may not be painted again
      };
      video.addEventListener("seeked", sought, { once: true });
      if ("requestVideoFrameCallback" in video) {
        const frame: VideoFrameRequestCallback = (_, { mediaTime }) => {
          painted = mediaTime <= to + 0.01 && (mediaTime !== old || !video.seeking);
          if (painted && !video.seeking) done();
          else if (wanted()) video.requestVideoFrameCallback(frame);
        };
        video.requestVideoFrameCallback(frame);
      }
      video.currentTime = to;
    });
  }

  /** Each picture that is shown, against the clock at that time. */
  private measure(): void {
    if (!("requestVideoFrameCallback" in this.video)) return;
    const frame: VideoFrameRequestCallback = (_, { mediaTime, expectedDisplayTime }) => {
      if (this.over) return;
      this.shownAt = mediaTime;
      const wall = this.runs ? this.wallAt(expectedDisplayTime) : null;
      if (wall !== null) this.off = { error: this.wallOf(mediaTime) - wall, at: expectedDisplayTime / 1000 };
      this.video.requestVideoFrameCallback(frame);
    };
    this.video.requestVideoFrameCallback(frame);
  }
}
