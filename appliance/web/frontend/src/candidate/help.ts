/** Help that is always in reach: whom to call, and a way to ask for accommodations. It is in the page, so it is there with the line down. */

import { CHECK_IN, CLOSED, type Me } from "../lib/types";
import { h, write } from "../lib/dom";
import { t } from "../lib/strings";
import { perform } from "./action";
import type { Session } from "./session";

const LONGEST = 1000;

export class HelpPanel {
  private readonly contact = h("p", {});
  private readonly field = h("textarea", { id: "accommodation", maxlength: LONGEST, rows: 3, "aria-describedby": "accommodation-hint" });
  private readonly wrong = h("p", { class: "wrong", role: "alert" });
  private readonly done = h("p", { role: "status" });
  private readonly form: HTMLFormElement;
  readonly element: HTMLElement;

  constructor(private readonly session: Session) {
    const go = h("button", { class: "wide" }, t("candidate.help.ask_go"));
    this.form = h("form", { class: "stack tight" },
      h("label", { for: "accommodation" }, t("candidate.help.ask")), h("p", { class: "hint", id: "accommodation-hint" }, t("candidate.help.ask_hint")), this.field, this.wrong, go);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void perform(go, this.wrong, () => this.ask());
    });
    this.element = h("details", { class: "card help", hidden: true }, h("summary", {}, t("candidate.help.title")), h("div", { class: "stack" }, this.contact, this.form, this.done));
  }

  update(me: Me): void {
    const early = CHECK_IN.includes(me.stage) || me.stage === "admitted";
    this.form.hidden = !early;
    write(this.contact, me.plan.contact ? t("candidate.help.contact", { contact: me.plan.contact }) : t("candidate.help.no_contact"));
    this.element.hidden = CLOSED.includes(me.stage) || (!early && !me.plan.contact);
  }

  private async ask(): Promise<void> {
    const text = this.field.value.trim();
    if (!text) {
      write(this.wrong, t("candidate.help.ask_empty"));
      return this.field.focus();
    }
    await this.session.ask("accommodation", text);
    this.field.value = "";
    write(this.done, t("candidate.help.asked"));
  }
}
