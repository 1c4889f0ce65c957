/** What people wrote down of one candidate, what they kept, and what was passed on to the institution. */

import { time } from "../lib/clock";
import { h } from "../lib/dom";
import type { Inquiry, Irregularity, Kept } from "../lib/day";
import { t } from "../lib/strings";
import type { Day } from "../wall/day";

export class NotesPanel {
  private readonly irregularities = group(t("board.note.list"));
  private readonly kept = group(t("board.keep.list"));
  private readonly inquiries = group(t("board.inquiry.list"));
  readonly element = h("section", { class: "look-notes", hidden: true }, this.irregularities.element, this.kept.element, this.inquiries.element);
  private shown = "";

  constructor(private readonly attempt: string) {}

  draw(day: Day): void {
    const key = JSON.stringify([day.irregularities, day.kept, day.inquiries]);
    if (this.shown === key) return;
    this.shown = key;
    this.irregularities.fill(day.irregularities.map(irregularity));
    this.kept.fill(day.kept.map((one) => this.evidence(one)));
    this.inquiries.fill(day.inquiries.map(inquiry));
    this.element.hidden = !day.irregularities.length && !day.kept.length && !day.inquiries.length;
  }

  private evidence(one: Kept): HTMLElement {
    const url = `/api/attempts/${this.attempt}/kept/${one.kept}`;
    const link = (which: "still" | "clip"): HTMLElement => h("a", { href: `${url}/${which}`, target: "_blank", rel: "noopener" }, t(`board.keep.${which}`));
    const words = t("board.keep.one", { kind: t(`kind.${one.kind}`), time: time(one.taken_at), by: one.by });
    return h("li", {}, words, " ", link("still"), one.has_clip ? " · " : null, one.has_clip ? link("clip") : null);
  }
}

function irregularity(one: Irregularity): HTMLElement {
  return h("li", {}, h("span", { class: "muted" }, `${time(one.happened_at)} · ${t(`irregular.${one.category}`)} · ${one.by_name}`), h("p", { class: "pre" }, one.text));
}

function inquiry(one: Inquiry): HTMLElement {
  const state = one.answered_at === null ? t("board.inquiry.open") : t("board.inquiry.answered", { time: time(one.answered_at), by: one.answered_by_name ?? "" });
  return h("li", {}, h("span", { class: "muted" }, `${time(one.made_at)} · ${state}`), h("p", { class: "pre" }, one.text || t("board.inquiry.hidden")), one.answer ? h("p", { class: "pre quote" }, one.answer) : null);
}

function group(title: string): { element: HTMLElement; fill: (rows: HTMLElement[]) => void } {
  const list = h("ul", { class: "plain-list notes" });
  const element = h("div", { hidden: true }, h("h3", {}, title), list);
  return { element, fill: (rows) => { element.hidden = rows.length === 0; list.replaceChildren(...rows); } };
}
