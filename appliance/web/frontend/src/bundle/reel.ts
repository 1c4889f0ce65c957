/** One feed, file by file: two <video>s take turns, holes are said. */

import { h } from "../lib/dom";
import type { FeedState } from "../review/player/state";
import type { Heard } from "../review/player/stage";
import type { Feed, Segment } from "../review/types";
import { Slot } from "./slot";

/** Between two files of one recording nothing is missing: a frame more or less. */
const SEAM = 0.6;
/** So long before it is due, at the speed that plays, a file is loaded. */
const AHEAD = 12;

export class Reel implements Heard {
  readonly element = h("div", { class: "bd-reel" });
  state: FeedState = { what: "loading" };
  private readonly slots = [new Slot(), new Slot()] as const;
  private front: Slot = this.slots[0];

  constructor(readonly feed: Feed) {
    this.element.append(...this.slots.map((slot) => slot.video));
    this.face();
  }

  get muted(): boolean {
    return this.front.video.muted;
  }

  set muted(muted: boolean) {
    for (const slot of this.slots) slot.video.muted = muted;
  }

  get volume(): number {
    return this.front.video.volume;
  }

  set volume(volume: number) {
    for (const slot of this.slots) slot.video.volume = volume;
  }

  get needsClick(): boolean {
    return this.slots.some((slot) => slot.needsClick);
  }

  /** How far its picture is from the clock, seconds; null: there is none. */
  off(wall: number): number | null {
    return this.state.what === "shown" ? this.front.off(wall) : null;
  }

  /** Bring this moment onto the page. */
  show(wall: number, playing: boolean, speed: number): void {
    const segment = this.at(wall);
    const back = this.front === this.slots[0] ? this.slots[1] : this.slots[0];
    if (segment) this.turn(segment, back);
    else this.front.halt();
    const follows = this.after(segment ? segment.starts_at : wall);
    const other = this.front === this.slots[0] ? this.slots[1] : this.slots[0];
    if (follows && follows.starts_at - wall < AHEAD * Math.max(1, speed)) {
      other.load(follows);
      other.show(follows.starts_at, false, speed);
    }
    if (segment && this.front.segment === segment) this.front.show(wall, playing, speed);
    this.state = this.standing(wall, segment);
  }

  /** A seek is under way, or the next file is not there yet. */
  get waits(): boolean {
    return this.state.what === "loading";
  }

  private turn(segment: Segment, back: Slot): void {
    if (this.front.segment === segment) return;
    this.front.halt();
    back.load(segment);
    this.front = back;
    this.face();
  }

  private face(): void {
    for (const slot of this.slots) slot.video.toggleAttribute("data-front", slot === this.front);
  }

  private standing(wall: number, segment: Segment | null): FeedState {
    if (segment) {
      if (this.front.failed) return { what: "damaged" };
      return this.front.ready ? { what: "shown" } : { what: "loading" };
    }
    const gap = this.feed.gaps.find((one) => wall >= one.starts_at && wall < (one.ends_at ?? Infinity));
    return gap ? { what: "gap", cause: gap.cause } : { what: "none" };
  }

  /** The file that has this moment; over a seam, the one before it. */
  private at(wall: number): Segment | null {
    const { segments } = this.feed;
    const holding = segments.findLast((one) => one.starts_at <= wall && wall < one.starts_at + one.duration);
    if (holding) return holding;
    const before = segments.findLast((one) => one.starts_at <= wall);
    const next = this.after(wall);
    const seam = before && next && next.starts_at - (before.starts_at + before.duration) < SEAM;
    return seam ? before : null;
  }

  private after(wall: number): Segment | null {
    return this.feed.segments.find((one) => one.starts_at > wall) ?? null;
  }
}
