/** A text that a person writes: it stays until the box has it, and says why the box has not. */

import { problemOf } from "../lib/api";
import { h, write } from "../lib/dom";

let count = 0;

interface Options {
  label: string;
  go: string;
  rows?: number;
  hint?: string;
  /** Throws a Problem; then the text stays. */
  send(text: string): Promise<void>;
  /** Nothing may be sent, too. */
  mayBeEmpty?: boolean;
}

export class Writing {
  readonly field: HTMLTextAreaElement;
  private readonly wrong = h("p", { class: "wrong", role: "alert" });
  private readonly go: HTMLButtonElement;
  readonly element: HTMLFormElement;

  constructor(private readonly options: Options) {
    const id = `writing-${++count}`;
    this.field = h("textarea", { id, rows: options.rows ?? 2 });
    this.go = h("button", { class: "small" }, options.go);
    this.element = h("form", { class: "writing" }, h("label", { for: id }, options.label), this.field, options.hint ? h("p", { class: "hint" }, options.hint) : null, this.wrong, h("div", { class: "actions" }, this.go));
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send();
    });
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.element.requestSubmit();
      if (event.key === "Escape") this.field.blur();
    });
  }

  private async send(): Promise<void> {
    const text = this.field.value.trim();
    if (!text && !this.options.mayBeEmpty) return this.field.focus();
    this.go.disabled = true;
    write(this.wrong, "");
    try {
      await this.options.send(text);
      this.field.value = "";
    } catch (error) {
      const problem = problemOf(error);
      write(this.wrong, `${problem.sentence} ${problem.hint}`.trim());
    } finally {
      this.go.disabled = false;
    }
  }
}
