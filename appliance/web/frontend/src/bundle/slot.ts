/** One <video> that holds one file of a recording. Two of them take turns, so that the next file is there when it is due. */

import { h } from "../lib/dom";
import { correct } from "../review/player/drift";
import type { Segment } from "../review/types";

/** HTMLMediaElement.HAVE_CURRENT_DATA */
const HAVE_PICTURE = 2;
/** Nearer than this it shows the moment, while it stands. */
const EXACT = 0.04;
/** Before the end of a file there is always a picture. */
const LAST = 0.04;

export class Slot {
  readonly video = h("video", { playsinline: true, preload: "auto", tabindex: -1 });
  segment: Segment | null = null;
  /** The file is not there, or is none that this browser plays. */
  failed = false;
  /** Where the file's own time begins, as this browser counts: Chromium where the file says, others at zero. Null until it is known. */
  private base: number | null = null;
  private correcting = false;
  private refused: string | null = null;

  constructor() {
    this.video.disablePictureInPicture = true;
    this.video.addEventListener("error", () => { this.failed = this.segment !== null; });
  }

  load(segment: Segment): void {
    if (this.segment === segment) return;
    this.segment = segment;
    this.failed = false;
    this.base = null;
    this.correcting = false;
    this.video.src = segment.file.split("/").map(encodeURIComponent).join("/");
    this.video.load();
  }

  get ready(): boolean {
    return !this.failed && this.base !== null && this.video.readyState >= HAVE_PICTURE && !this.video.seeking;
  }

  /** A browser that wants a click before there is sound says so here. */
  get needsClick(): boolean {
    return this.refused === "NotAllowedError";
  }

  /** Show this moment: playing at `speed`, or standing. */
  show(wall: number, playing: boolean, speed: number): void {
    const { video, segment } = this;
    if (this.base === null && video.readyState >= HAVE_PICTURE) this.base = video.currentTime; // nothing was sought yet
    if (!segment || this.failed || this.base === null) return;
    const wanted = this.base + Math.max(0, Math.min(wall - segment.starts_at, this.length(this.base) - LAST));
    if (!playing) {
      this.halt();
      if (Math.abs(video.currentTime - wanted) > EXACT && !video.seeking) video.currentTime = wanted;
      return;
    }
    const { rate, seek } = correct(wanted - video.currentTime, speed, this.correcting, !video.muted);
    if (seek && !video.seeking) video.currentTime = wanted;
    this.correcting = rate !== speed;
    if (Math.abs(video.playbackRate - rate) > 0.005) video.playbackRate = rate;
    if (video.paused && !video.ended) this.play();
  }

  halt(): void {
    if (!this.video.paused) this.video.pause();
  }

  /** How far it is behind the moment that should be shown, seconds. */
  off(wall: number): number {
    return this.segment && this.base !== null ? wall - this.segment.starts_at - (this.video.currentTime - this.base) : 0;
  }

  private play(): void {
    this.video.play().then(
      () => { this.refused = null; },
      (error: unknown) => { this.refused = error instanceof DOMException ? error.name : String(error); }, // paused or loaded anew meanwhile: the next look plays again
    );
  }

  private length(base: number): number {
    const { duration } = this.video;
    return Number.isFinite(duration) ? duration - base : (this.segment?.duration ?? 0);
  }
}
