/** What of the player stands on the page: a frame for each feed, which of them is large, and whose sound is heard. */

import "../../styles/player.css";
import { t } from "../../lib/strings";
import { h } from "../../lib/dom";
import type { Kind } from "../../lib/types";
import type { Feed } from "../types";
import { Frame } from "./frame";
import type { FeedState } from "./state";

/** What of a feed is heard. A <video> is one. */
export interface Heard {
  muted: boolean;
  volume: number;
}

export class Stage {
  readonly element = h("div", { class: "rp", role: "group", "aria-label": t("player.label") });
  private readonly said = h("p", { class: "hidden", role: "status" });
  private readonly frames = new Map<Kind, { frame: Frame; heard: Heard }>();
  private heard: Kind = "webcam";
  private hushed = false;
  private loud = 1;

  /** `picture`: what is seen of it, where that is not what is heard. */
  add(feed: Feed, heard: Heard, picture: HTMLElement): void {
    const { kind } = feed;
    const enlarge = (): void => { for (const [other, { frame }] of this.frames) frame.large = other === kind; };
    const listen = (): void => this.listen(this.heard === kind && !this.hushed ? null : kind);
    this.frames.set(kind, { frame: new Frame(picture, feed, { listen, enlarge }), heard });
  }

  describe(feed: Feed): void {
    this.frames.get(feed.kind)?.frame.describe(feed);
  }

  /** The frames in this order; pictures that are there already are not moved. */
  arrange(kinds: readonly Kind[]): void {
    if (!this.frames.has(this.heard)) this.heard = kinds[0] ?? "webcam";
    const frames = kinds.flatMap((kind) => this.frames.get(kind)?.frame.element ?? []);
    if (this.element.childElementCount !== frames.length + 1) {
      this.element.replaceChildren(...(frames.length ? frames : [h("p", { class: "rp-none" }, t("player.empty"))]), this.said);
    }
    this.sound();
  }

  /** `settled`: it is worth saying to who does not see the pictures. */
  show(feeds: readonly { kind: Kind; state: FeedState }[], settled: boolean): void {
    for (const { kind, state } of feeds) this.frames.get(kind)?.frame.show(state);
    const words = [...this.frames.values()].map(({ frame }) => frame.spoken).filter(Boolean).join(" ");
    if (settled && this.said.textContent !== words) this.said.textContent = words;
  }

  get listening(): Kind {
    return this.heard;
  }

  /** Null: nobody is heard. */
  listen(kind: Kind | null): void {
    this.heard = kind ?? this.heard;
    this.muted = kind === null;
  }

  get muted(): boolean {
    return this.hushed;
  }

  set muted(muted: boolean) {
    this.hushed = muted;
    this.sound();
  }

  get volume(): number {
    return this.loud;
  }

  set volume(volume: number) {
    this.loud = Math.max(0, Math.min(1, volume));
    this.sound();
  }

  private sound(): void {
    for (const [kind, { frame, heard }] of this.frames) {
      const on = kind === this.heard && !this.hushed;
      if (heard.muted === on) heard.muted = !on;
      heard.volume = this.loud;
      frame.heard = on;
    }
  }
}
