/** A random minute, watched without any flags: was there something that a flag should have been raised for? */

import { h } from "../lib/dom";
import { t } from "../lib/strings";
import { row } from "../wall/wire";
import type { Acts } from "./acts";
import type { Sample } from "./types";

interface Options {
  acts: Acts;
  sample: Sample;
  /** Where the next one comes from. */
  queue: string;
  /** Asks for a flag; `done` hears its id. */
  raise(done: (flag: string) => void): void;
}

export class SamplePanel {
  private readonly body = h("div", { class: "stack" });
  readonly element = h("section", { class: "rv-panel rv-sample", "aria-labelledby": "sample-title" }, h("h2", { id: "sample-title" }, t("reviewing.sample.title")), this.body);

  constructor(private readonly options: Options) {
    this.body.append(
      h("p", {}, t("reviewing.sample.text")),
      h("p", { class: "hint" }, t("reviewing.sample.blind")),
      this.button("clear", () => this.ask("clear")),
      this.button("found", () => this.options.raise((flag) => void this.found(flag))),
      this.button("unclear", () => this.ask("unclear")),
      h("p", {}, h("a", { href: options.queue }, t("reviewing.sample.later"))),
    );
  }

  private button(verdict: "clear" | "found" | "unclear", run: () => void): HTMLElement {
    return h("button", { type: "button", class: "rv-verdict", "data-verdict": verdict, onclick: run }, h("strong", {}, t(`reviewing.sample.${verdict}`)), h("span", { class: "hint" }, t(`reviewing.sample.${verdict}_hint`)));
  }

  private ask(verdict: "clear" | "unclear"): void {
    const { acts, sample } = this.options;
    const text = h("textarea", { id: "sample-text", rows: 3 });
    acts.wire.ask({
      title: t(`reviewing.sample.${verdict}`),
      body: [row(t("reviewing.sample.note"), text)],
      go: t("reviewing.sample.go"),
      first: text,
      run: async () => {
        await acts.judge(sample.sample, verdict, text.value.trim(), null);
        this.done();
      },
    });
  }

  /** The flag is raised: if the verdict does not get through, it can be sent again without another flag. */
  private async found(flag: string): Promise<void> {
    const { acts, sample } = this.options;
    const sent = await acts.wire.attempt(() => acts.judge(sample.sample, "found", "", flag));
    if (sent) return this.done();
    this.body.prepend(h("p", { class: "problem mild" }, t("reviewing.sample.unsent"), h("button", { type: "button", onclick: (event: Event) => { (event.currentTarget as Element).parentElement?.remove(); void this.found(flag); } }, t("reviewing.sample.again"))));
  }

  private done(): void {
    this.body.replaceChildren(h("p", { role: "status" }, t("reviewing.sample.done")), h("div", { class: "actions" }, h("a", { class: "button primary", href: this.options.queue }, t("reviewing.sample.next"))));
    this.body.querySelector("a")?.focus();
  }
}
