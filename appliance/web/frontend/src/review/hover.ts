/** What is under the pointer on the timeline: a still, and words. Asked for only when the pointer rests. */

import { time } from "../lib/clock";
import { h } from "../lib/dom";
import type { Kind } from "../lib/types";
import type { Item } from "./items";
import { sayItems } from "./timeline";

const REST_MS = 120;
const LINES = 5;

export class Hover {
  private readonly picture = h("div", { class: "rv-hover-still" });
  private readonly clock = h("strong", {});
  private readonly words = h("ul", {});
  readonly element = h("div", { class: "rv-hover", "aria-hidden": "true", hidden: true }, this.picture, this.clock, this.words);
  private timer = 0;
  private asked = 0;

  constructor(
    private readonly kind: () => Kind | null,
    private readonly still: (kind: Kind, wall: number) => Promise<HTMLElement | null>,
  ) {}

  show(at: { wall: number; x: number; items: Item[] } | null): void {
    clearTimeout(this.timer);
    this.element.hidden = at === null;
    if (!at) {
      this.asked++;
      return;
    }
    this.clock.textContent = time(at.wall);
    const said = sayItems(at.items.filter((one) => one.lane !== "stages" && one.lane !== "watched").concat(at.items.filter((one) => one.lane === "stages")));
    this.words.replaceChildren(...said.slice(0, LINES).map((words) => h("li", {}, words)));
    const width = this.element.parentElement?.clientWidth ?? 0;
    this.element.style.insetInlineStart = `${Math.max(0, Math.min(at.x - 110, width - 232))}px`;
    this.timer = window.setTimeout(() => void this.picturise(at.wall), REST_MS);
  }

  private async picturise(wall: number): Promise<void> {
    const mine = ++this.asked;
    const kind = this.kind();
    const still = kind ? await this.still(kind, wall).catch(() => null) : null;
    if (mine === this.asked) this.picture.replaceChildren(...(still ? [still] : []));
  }
}
