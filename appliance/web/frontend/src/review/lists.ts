/** Everything on the timeline, as a list: for whoever does not see it, and for whoever looks for one thing. */

import { h } from "../lib/dom";
import { plural, t } from "../lib/strings";
import { when, type Item, type Lane } from "./items";

/** More are no list for a person: the kind can be chosen. */
const MOST = 300;
const FIRST: readonly Lane[] = ["flags", "said", "rests", "recording", "analysis", "watched", "stages", "overlaps"];

export class Lists {
  private readonly choice = h("select", { class: "small", id: "list-lane", onchange: () => this.redraw() });
  private readonly rows = h("ol", { class: "rv-items" });
  private readonly more = h("p", { class: "hint", hidden: true });
  private readonly summary = h("summary", {}, t("reviewing.list.title"));
  readonly element: HTMLDetailsElement;
  private items: readonly Item[] = [];
  private key = "";

  constructor(private readonly seek: (item: Item) => void) {
    this.element = h("details", { class: "rv-panel rv-list" }, this.summary, h("p", { class: "line" }, h("label", { for: "list-lane" }, t("reviewing.list.which")), this.choice), this.rows, this.more);
    this.element.addEventListener("toggle", () => this.redraw());
  }

  draw(items: readonly Item[]): void {
    this.items = items;
    this.summary.textContent = plural("reviewing.list.count", items.length);
    const lanes = FIRST.filter((lane) => items.some((one) => one.lane === lane));
    const chosen = this.choice.value;
    this.choice.replaceChildren(h("option", { value: "" }, t("reviewing.list.all")), ...lanes.map((lane) => h("option", { value: lane, selected: lane === chosen }, t(`reviewing.lane.${lane}`))));
    this.redraw();
  }

  private redraw(): void {
    if (!this.element.open) return;
    const found = this.items.filter((one) => !this.choice.value || one.lane === this.choice.value);
    const key = JSON.stringify(found.slice(0, MOST).map((one) => [one.id, one.words, one.from, one.to]));
    if (key === this.key) return;
    this.key = key;
    this.more.hidden = found.length <= MOST;
    this.more.textContent = t("reviewing.list.more", { shown: MOST, all: found.length });
    this.rows.replaceChildren(...found.slice(0, MOST).map((one) => h("li", { "data-look": one.look },
      h("button", { type: "button", class: "small quiet", onclick: () => this.seek(one), "aria-label": t("reviewing.list.seek", { time: when(one), words: one.words }) }, when(one)),
      h("span", { class: "rv-item-sign", "aria-hidden": "true" }, one.sign), h("span", {}, one.words))));
  }
}
