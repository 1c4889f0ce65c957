/** The way of every act to the box: offline nothing pretends to be sent, and what went wrong is said in words. */

import { Problem } from "../lib/api";
import { ask } from "../lib/dialog";
import { h } from "../lib/dom";
import { t } from "../lib/strings";
import { complain, toast } from "../lib/toast";

interface Form {
  title: string;
  body: Node[];
  go: string;
  danger?: boolean;
  /** What is sent; what it returns is said afterwards. */
  run: () => Promise<string | void>;
  /** Where the typing begins. */
  first?: HTMLElement;
}

export class Wire {
  /** `live` says whether the line is there. */
  constructor(private readonly live: () => boolean) {}

  get there(): boolean {
    return this.live();
  }

  /** Send it, and say that it is done, or why it is not. */
  async send(work: () => Promise<unknown>, done: string): Promise<void> {
    if (await this.attempt(work) && done) toast(done);
  }

  /** -> was it done? What went wrong is said. */
  async attempt(work: () => Promise<unknown>): Promise<boolean> {
    try {
      this.needLine();
      await work();
      return true;
    } catch (error) {
      complain(error);
      return false;
    }
  }

  /** A question whose answer is sent; it stays, and says why, when that fails. */
  ask({ first, ...form }: Form): HTMLDialogElement {
    const dialog = ask({ ...form, run: async () => { this.needLine(); return form.run(); } });
    first?.focus();
    return dialog;
  }

  needLine(): void {
    if (!this.live()) throw new Problem(0, t("done.not_sent"), t("done.not_sent_hint"));
  }
}

/** A field with its label, and a hint below. */
export function row(label: string, field: HTMLElement, hint = ""): HTMLElement {
  return h("div", { class: "row" }, h("label", { for: field.id }, label), field, hint ? h("p", { class: "hint" }, hint) : null);
}

/** A sentence that is chosen goes into the field, where it can be changed. */
export function quick(field: HTMLInputElement | HTMLTextAreaElement, sentences: readonly string[]): HTMLElement {
  const choices = sentences.map((sentence) => h("button", { type: "button", class: "small", onclick: () => { field.value = sentence; field.focus(); } }, sentence));
  return h("details", { class: "quick" }, h("summary", {}, t("board.quick")), h("div", { class: "quick-list" }, ...choices));
}
