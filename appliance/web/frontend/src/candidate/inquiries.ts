/** Questions for the institution: about the content and about accommodations. Proctors cannot answer them, and do not see the exam. */

import { shortTime } from "../lib/clock";
import { arrange, h, set, write } from "../lib/dom";
import { t } from "../lib/strings";
import type { Inquiry } from "../lib/sitting";
import { CHECK_IN, type Me } from "../lib/types";
import { perform } from "./action";
import type { Session } from "./session";

const LONGEST = 2000;

export type Asked = "content" | "accommodation";

export class Inquiries {
  private readonly list = h("ol", { class: "plain", "aria-label": t("candidate.inquiry.list") });
  private readonly news = h("p", { class: "hidden", role: "status" });
  private readonly label = h("label", { for: "inquiry" });
  private readonly hint = h("p", { class: "hint", id: "inquiry-hint" });
  private readonly field = h("textarea", { id: "inquiry", maxlength: LONGEST, rows: 3, dir: "auto", "aria-describedby": "inquiry-hint inquiry-wrong" });
  private readonly wrong = h("p", { class: "wrong", role: "alert", id: "inquiry-wrong" });
  private readonly kinds: HTMLElement;
  private readonly choices: Record<Asked, HTMLInputElement>;
  private readonly entries = new Map<string, HTMLElement>();
  private answered = -1;
  readonly element: HTMLElement;

  constructor(private readonly session: Session) {
    const choice = (kind: Asked): HTMLInputElement => h("input", { type: "radio", name: "inquiry-kind", id: `inquiry-${kind}`, value: kind, onchange: () => this.word() });
    this.choices = { content: choice("content"), accommodation: choice("accommodation") };
    this.kinds = h("fieldset", { class: "kinds" }, h("legend", {}, t("candidate.inquiry.about")),
      ...Object.entries(this.choices).map(([kind, input]) => h("p", { class: "check" }, input, h("label", { for: `inquiry-${kind}` }, t(`candidate.inquiry.${kind}`)))));
    const go = h("button", { class: "wide" }, t("candidate.help.ask_go"));
    const form = h("form", { class: "stack tight" }, this.kinds, this.label, this.hint, this.field, this.wrong, go);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void perform(go, this.wrong, () => this.send());
    });
    this.element = h("div", { class: "stack" }, this.news, this.list, form);
  }

  /** The kind is chosen, the cursor stands in the field. */
  begin(kind: Asked): void {
    this.choices[kind].checked = true;
    this.word();
    this.field.focus();
  }

  /** How many the institution has answered; -1 before the first answer of the box. */
  get answers(): number {
    return this.answered;
  }

  update(me: Me): void {
    const all = me.sitting.inquiries;
    const early = CHECK_IN.includes(me.stage) || me.stage === "admitted";
    if (early) this.choices.accommodation.checked = true; // nobody knows the content yet
    else if (!this.choices.accommodation.checked) this.choices.content.checked = true;
    this.kinds.hidden = early;
    this.word();
    this.list.hidden = all.length === 0;
    arrange(this.list, all.map((one) => this.entry(one)));
    const answered = all.filter((one) => one.state === "answered").length;
    if (this.answered >= 0 && answered > this.answered) write(this.news, t("candidate.inquiry.news"));
    this.answered = answered;
  }

  private word(): void {
    const kind = this.choices.content.checked ? "content" : "accommodation";
    write(this.label, t(kind === "content" ? "candidate.inquiry.ask_content" : "candidate.help.ask"));
    write(this.hint, t("candidate.help.ask_hint"));
  }

  private async send(): Promise<void> {
    const text = this.field.value.trim();
    if (!text) {
      write(this.wrong, t("candidate.inquiry.empty"));
      return this.field.focus();
    }
    await this.session.ask(this.choices.content.checked ? "content" : "accommodation", text);
    if (this.field.value.trim() === text) this.field.value = "";
    write(this.news, t("candidate.inquiry.passed"));
  }

  private entry(one: Inquiry): HTMLElement {
    const found = this.entries.get(one.inquiry) ?? h("li", { class: "inquiry" },
      h("p", { class: "who" }, `${t(`candidate.inquiry.${one.kind}`)} · ${shortTime(one.made_at)}`), h("p", { class: "pre", dir: "auto" }, one.text),
      h("p", { class: "hint" }), h("p", { class: "said pre", dir: "auto", hidden: true }));
    this.entries.set(one.inquiry, found);
    set(found, "data-state", one.state);
    const [state, answer] = [found.children[2], found.children[3]];
    if (state) write(state, one.state === "open" ? t("candidate.inquiry.open") : t("candidate.inquiry.answered", { name: one.answered_by_name ?? "", time: shortTime(one.answered_at ?? 0) }));
    if (answer) {
      write(answer, one.answer ?? "");
      set(answer, "hidden", one.answer === null);
    }
    return found;
  }
}
