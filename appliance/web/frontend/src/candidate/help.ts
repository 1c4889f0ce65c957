/** Help that is always in reach: whom to call, and the questions for the institution. It is in the page, so it is there with the line down. */

import { h, write } from "../lib/dom";
import { t } from "../lib/strings";
import { CLOSED, type Me } from "../lib/types";
import { Inquiries, type Asked } from "./inquiries";
import type { Session } from "./session";

export class HelpPanel {
  private readonly contact = h("p", {});
  private readonly inquiries: Inquiries;
  readonly element: HTMLDetailsElement;

  constructor(session: Session) {
    this.inquiries = new Inquiries(session);
    this.element = h("details", { class: "card help", hidden: true }, h("summary", {}, t("candidate.help.title")), h("div", { class: "stack" }, this.contact, this.inquiries.element));
  }

  /** Open it, with the cursor where a question is written. */
  ask(kind: Asked): void {
    this.element.open = true;
    this.inquiries.begin(kind);
  }

  update(me: Me): void {
    const before = this.inquiries.answers;
    this.inquiries.update(me);
    if (this.inquiries.answers > Math.max(0, before)) this.element.open = true; // the answer is in sight without a click
    write(this.contact, me.plan.contact ? t("candidate.help.contact", { contact: me.plan.contact }) : t("candidate.help.no_contact"));
    this.element.hidden = CLOSED.includes(me.stage);
  }
}
