/** The list of flags that walks the timeline: short lines, and of the chosen one everything that is known. */

import { time } from "../lib/clock";
import { arrange, h, set } from "../lib/dom";
import { plural, t } from "../lib/strings";
import type { Flag } from "../lib/types";
import { flagTitle, severityOf, SIGN } from "../lib/words";
import type { Reasoned } from "../wall/items";
import { Detail, type DetailActions } from "./detail";
import { flagsInOrder } from "./story";
import type { Review } from "./types";

export class FlagPanel {
  private readonly list = h("ol", { class: "rv-flags" });
  private readonly empty = h("p", { class: "muted" });
  private readonly count = h("span", { class: "muted" });
  private readonly onlyOpen = h("input", { type: "checkbox", id: "only-open", onchange: () => this.redraw() });
  private readonly filter = h("p", { class: "line rv-filter" }, this.onlyOpen, h("label", { for: "only-open" }, t("reviewing.flags.only_open")));
  readonly element: HTMLElement;
  private readonly lines = new Map<string, { element: HTMLLIElement; head: HTMLButtonElement; key: string }>();
  private detail: Detail | null = null;
  /** Kept for the page's life: what was written about a flag is there when it is chosen again. */
  private readonly details = new Map<string, Detail>();
  private review!: Review;
  selected: string | null = null;

  /** `tools`: what stands in its head. */
  constructor(
    private readonly actions: DetailActions & { select(flag: string | null): void },
    tools: HTMLElement,
  ) {
    this.element = h("section", { class: "rv-panel rv-flag-panel", "aria-labelledby": "flags-title" },
      h("div", { class: "head" }, h("h2", { id: "flags-title" }, t("look.flags"), " ", this.count), tools), this.filter, this.empty, this.list);
  }

  get current(): Flag | null {
    return this.review?.flags.find((flag) => flag.flag === this.selected) ?? null;
  }

  draw(review: Review): void {
    this.review = review;
    this.redraw();
  }

  /** Show this one; `keep`: the list stays where it is. */
  select(flag: string | null, keep = false): void {
    if (this.selected !== flag) this.detail?.cancel();
    this.selected = flag;
    this.redraw();
    // where everything is one column, the pictures stay in sight
    if (!keep && flag && matchMedia("(min-width: 60.01rem)").matches) this.lines.get(flag)?.element.scrollIntoView({ block: "nearest" });
  }

  choose(decision: Reasoned): boolean {
    const flag = this.current;
    if (!flag || !this.review.may.decide) return false;
    this.detail?.choose(decision);
    return true;
  }

  digit(digit: number): boolean {
    return this.detail?.digit(digit) ?? false;
  }

  cancel(): boolean {
    return this.detail?.cancel() ?? false;
  }

  /** Where a note on the chosen one is written. */
  write(): void {
    this.detail?.write();
  }

  private redraw(): void {
    const all = flagsInOrder(this.review);
    const open = all.filter((flag) => flag.state === "open").length;
    this.count.textContent = all.length ? t("reviewing.flags.count", { open, all: all.length }) : "";
    const shown = this.onlyOpen.checked ? all.filter((flag) => flag.state === "open" || flag.flag === this.selected) : all;
    this.filter.hidden = all.length === 0;
    this.empty.hidden = shown.length > 0;
    this.empty.textContent = all.length ? plural("reviewing.flags.all_decided", all.length) : t("reviewing.flags.none");
    arrange(this.list, shown.map((flag) => this.line(flag)));
  }

  private line(flag: Flag): HTMLLIElement {
    let known = this.lines.get(flag.flag);
    if (!known) {
      const head = h("button", { type: "button", class: "rv-flag-head", onclick: () => this.actions.select(this.selected === flag.flag ? null : flag.flag) });
      known = { element: h("li", { class: "rv-flag", "data-severity": severityOf(flag), "data-flag": flag.flag }, head), head, key: "" };
      this.lines.set(flag.flag, known);
    }
    const chosen = this.selected === flag.flag;
    const notes = this.review.notes.filter((note) => note.flag === flag.flag);
    const key = JSON.stringify([flag.state, flag.reason, flag.ended_at, notes.length]);
    if (known.key !== key) {
      known.key = key;
      known.head.replaceChildren(...this.head(flag, notes.length));
    }
    set(known.element, "data-state", flag.state);
    set(known.element, "data-selected", chosen);
    set(known.head, "aria-expanded", String(chosen));
    this.open(known.element, flag, chosen);
    return known.element;
  }

  private head(flag: Flag, notes: number): Node[] {
    const severity = severityOf(flag);
    return [
      h("span", { class: `severity ${severity}`, "aria-hidden": "true" }, SIGN[severity]),
      h("span", { class: "hidden" }, t("reviewing.flags.severity", { severity: t(`severity.${severity}`), category: t(`category.${flag.category}`) })),
      h("span", { class: "rv-flag-title" }, flagTitle(flag)),
      notes ? h("span", { class: "rv-notes-count" }, h("span", { "aria-hidden": "true" }, `✎ ${notes}`), h("span", { class: "hidden" }, plural("reviewing.notes.count", notes))) : null,
      h("time", {}, time(flag.onset_at)),
      h("span", { class: `rv-state ${flag.state}` }, t(`decision.${flag.state}`)),
    ].filter((node) => node !== null);
  }

  private open(element: HTMLLIElement, flag: Flag, chosen: boolean): void {
    if (!chosen) {
      const old = this.details.get(flag.flag);
      old?.element.remove();
      return;
    }
    let detail = this.details.get(flag.flag);
    if (!detail) {
      detail = new Detail(flag.flag, this.actions);
      this.details.set(flag.flag, detail);
    }
    this.detail = detail;
    detail.draw(flag, this.review);
    if (detail.element.parentElement !== element) element.append(detail.element);
  }
}
