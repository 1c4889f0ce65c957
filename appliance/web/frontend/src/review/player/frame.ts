/** One feed on the page: its picture, what it is, and over the picture, in words, why there is none. */

import { h, set, write } from "../../lib/dom";
import { t } from "../../lib/strings";
import type { Kind } from "../../lib/types";
import type { Feed } from "../types";
import { sentence, type FeedState } from "./state";

/** What takes less than this needs no word. */
const SOON_MS = 350;

export class Frame {
  readonly kind: Kind;
  readonly element: HTMLElement;
  private readonly words = h("p", { class: "rp-words", "aria-hidden": "true" });
  private readonly place = h("span", { class: "rp-place" });
  private readonly listen: HTMLButtonElement;
  private readonly larger: HTMLButtonElement;
  private loadingSince: number | null = null;
  private said: FeedState["what"] = "shown";

  constructor(
    picture: HTMLElement,
    feed: Feed,
    acts: { listen: () => void; enlarge: () => void },
  ) {
    this.kind = feed.kind;
    const name = t(`player.kind.${feed.kind}`);
    this.listen = h("button", { type: "button", class: "small rp-listen", "aria-pressed": "false", "aria-label": t("player.listen", { kind: name }), onclick: acts.listen }, t("player.sound"));
    this.larger = h("button", { type: "button", class: "small rp-larger", "aria-pressed": String(feed.kind === "webcam"), "aria-label": t("player.enlarge", { kind: name }), onclick: acts.enlarge }, t("player.large"));
    this.element = h("figure", { class: "rp-feed", "data-kind": feed.kind, "data-state": "loading" },
      h("div", { class: "rp-picture" }, picture, this.words),
      h("figcaption", {}, h("span", { class: "rp-name" }, name), this.place, this.listen, this.larger));
    this.large = feed.kind === "webcam";
    this.describe(feed);
  }

  describe(feed: Feed): void {
    write(this.place, feed.position ? t(`place.${feed.position}`) : "");
  }

  show(state: FeedState): void {
    this.said = state.what;
    set(this.element, "data-state", state.what);
    if (state.what === "loading") {
      this.loadingSince ??= performance.now();
      if (performance.now() - this.loadingSince < SOON_MS) return;
    } else {
      this.loadingSince = null;
    }
    write(this.words, sentence(state));
    this.words.hidden = state.what === "shown";
  }

  /** The same for who only hears; "" while there is a picture or one is about to come. */
  get spoken(): string {
    return this.said === "shown" || this.said === "loading" ? "" : `${t(`player.kind.${this.kind}`)}: ${this.words.textContent ?? ""}`;
  }

  set heard(heard: boolean) {
    set(this.listen, "aria-pressed", String(heard));
  }

  get large(): boolean {
    return this.element.hasAttribute("data-large");
  }

  set large(large: boolean) {
    set(this.element, "data-large", large);
    set(this.larger, "aria-pressed", String(large));
  }
}
