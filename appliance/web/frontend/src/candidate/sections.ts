/** The parts of the exam, in this candidate's order: which are done, which comes, which is not released yet. */

import { get } from "../lib/api";
import { shortTime } from "../lib/clock";
import { arrange, h, set, write } from "../lib/dom";
import { t } from "../lib/strings";
import type { Section } from "../lib/sitting";
import type { Me } from "../lib/types";
import { action } from "./action";
import type { Session } from "./session";

export type PartState = "done" | "now" | "free" | "next" | "locked";

/** How a part stands: "now" is the one that was begun last, "next" waits for those before it. */
export function stateOf(section: Section, all: readonly Section[]): PartState {
  if (section.opened) return section === all.filter((one) => one.opened).at(-1) ? "now" : "done";
  if (!section.released) return "locked";
  return section.open ? "free" : "next";
}

export interface Sections {
  element: HTMLElement;
  update(me: Me): void;
}

export function sections(session: Session): Sections {
  const list = h("ol", { class: "parts", "aria-label": t("candidate.sections.title") });
  const only = h("div", {});
  const hint = h("p", { class: "hint" });
  const parts = new Map<number, Part>();
  const part = (number: number): Part => {
    const found = parts.get(number) ?? new Part(number, session);
    parts.set(number, found);
    return found;
  };
  const update = ({ sitting, exam }: Me): void => {
    const all = sitting.sections;
    const several = all.length > 1;
    list.hidden = !several;
    if (several) {
      all.forEach((one) => part(one.number).update(one, stateOf(one, all)));
      arrange(list, all.map((one) => part(one.number).element));
    } else for (const one of all) part(one.number).update(one, "now", exam.link);
    arrange(only, several ? [] : all.map((one) => part(one.number).ways));
    write(hint, t(all.some((one) => one.link || one.pdf) ? "candidate.exam.link_hint" : "candidate.exam.no_link"));
  };
  return { element: h("div", { class: "stack tight" }, list, only, hint), update };
}

/** One part, and the ways to what it contains. */
class Part {
  private readonly title = h("span", { class: "part-title" });
  private readonly facts = h("p", { class: "hint" });
  private readonly link: HTMLAnchorElement;
  private readonly pdf: HTMLAnchorElement;
  /** Where the content is not on the box, beginning is only noted. */
  private readonly begin: HTMLElement;
  readonly ways: HTMLElement;
  readonly element: HTMLElement;

  constructor(private readonly number: number, session: Session) {
    const out = { class: "button primary wide-button", target: "_blank", rel: "noopener noreferrer" };
    this.link = h("a", { ...out }, t("candidate.exam.link"));
    this.pdf = h("a", { ...out, href: `/api/me/content/${number}` }, t("candidate.sections.pdf"));
    this.begin = action(t("candidate.sections.begin"), async () => {
      await get(`/api/me/sections/${number}`);
      await session.refresh();
    }).element;
    this.ways = h("div", { class: "stack tight" }, this.link, this.pdf, this.begin);
    this.element = h("li", { class: "part" }, h("div", {}, h("p", {}, this.title), this.facts), this.ways);
  }

  /** `direct`: where the whole exam is; that way works also while the box does not. */
  update(section: Section, state: PartState, direct = ""): void {
    set(this.element, "data-state", state);
    set(this.element, "aria-current", state === "now" ? "step" : null);
    write(this.title, section.title);
    write(this.facts, facts(section, state));
    set(this.link, "href", direct || `/exam/sections/${this.number}`);
    this.link.hidden = !section.open || !section.link;
    this.pdf.hidden = !section.open || !section.pdf;
    this.begin.hidden = !section.open || section.link || section.pdf || section.opened || direct !== "";
    for (const one of [this.link, this.pdf]) set(one, "class", state === "done" ? "button wide-button" : "button primary wide-button");
    if (section.title) for (const one of [this.link, this.pdf]) set(one, "aria-description", section.title);
  }
}

function facts(section: Section, state: PartState): string {
  return [
    t(`candidate.sections.${state}`),
    section.minutes ? t("candidate.sections.minutes", { n: section.minutes }) : "",
    section.until === null ? "" : t("candidate.exam.until", { time: shortTime(section.until) }),
    section.break_minutes ? t("candidate.sections.break", { n: section.break_minutes }) : "",
  ].filter(Boolean).join(" · ");
}
