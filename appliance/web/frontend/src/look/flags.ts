/** The flags of one candidate: what, when, numbers in words, snapshots, and what somebody made of them. */

import { button } from "../lib/button";
import { time } from "../lib/clock";
import { arrange, h, set, write } from "../lib/dom";
import { t } from "../lib/strings";
import type { Flag } from "../lib/types";
import { flagSentence, numbers, severityOf, SIGN } from "../lib/words";
import { reasonButtons } from "../wall/detail";
import { REASONS, reasonWords, type Reason, type Reasoned } from "../wall/items";
import { facts as why, innocent, ruleNumbers, strip } from "./why";

interface Actions {
  confirm(flag: Flag): void;
  reason(flag: Flag, decision: Reasoned, reason: Reason): void;
  reopen(flag: Flag): void;
  mayDecide: boolean;
  /** Present where there is a recording to seek. */
  seek?: (flag: Flag) => void;
  /** Where its review stands. */
  review?: (flag: Flag) => string;
}

export class FlagList {
  private readonly list = h("ol", { class: "flag-list" });
  private readonly empty = h("p", { class: "muted" }, t("look.no_flags"));
  readonly element = h("section", { class: "look-flags" }, h("h3", {}, t("look.flags")), this.empty, this.list);
  private readonly entries = new Map<string, { element: HTMLLIElement; key: string }>();
  private choosing: { flag: string; decision: Reasoned } | null = null;
  private flags: readonly Flag[] = [];

  constructor(private readonly actions: Actions) {}

  /** The flag that C and D speak of: the oldest open one, unless another is asked for. */
  open(preferred?: string): Flag | null {
    const open = this.flags.filter((flag) => flag.state === "open");
    return open.find((flag) => flag.flag === preferred) ?? open[0] ?? null;
  }

  draw(flags: readonly Flag[], selected: string | null): void {
    this.flags = [...flags].sort((a, b) => Number(a.state !== "open") - Number(b.state !== "open") || a.onset_at - b.onset_at);
    this.empty.hidden = flags.length > 0;
    arrange(this.list, this.flags.map((flag) => this.entry(flag, flag.flag === selected)));
  }

  tick(): void {
    for (const flag of this.flags) {
      const title = this.entries.get(flag.flag)?.element.querySelector(".flag-title");
      if (title && flag.ended_at === null) write(title, flagSentence(flag));
    }
  }

  choose(flag: Flag, decision: Reasoned): void {
    this.choosing = { flag: flag.flag, decision };
    this.redraw();
    this.entries.get(flag.flag)?.element.scrollIntoView({ block: "nearest" });
  }

  cancel(): boolean {
    const was = this.choosing !== null;
    this.choosing = null;
    if (was) this.redraw();
    return was;
  }

  reason(digit: number): boolean {
    const { choosing } = this;
    const flag = this.flags.find((f) => f.flag === choosing?.flag);
    const reason = choosing && REASONS[choosing.decision][digit - 1];
    if (!flag || !choosing || !reason) return false;
    this.choosing = null;
    this.actions.reason(flag, choosing.decision, reason);
    return true;
  }

  private redraw(): void {
    arrange(this.list, this.flags.map((flag) => this.entry(flag, null)));
  }

  private entry(flag: Flag, selected: boolean | null): HTMLLIElement {
    const key = JSON.stringify([flag, this.choosing?.flag === flag.flag && this.choosing.decision]);
    let known = this.entries.get(flag.flag);
    if (!known) {
      known = { element: h("li", { class: "flag", "data-severity": severityOf(flag), "data-flag": flag.flag }), key: "" };
      this.entries.set(flag.flag, known);
    }
    if (known.key !== key) {
      known.key = key;
      known.element.replaceChildren(...this.content(flag));
    }
    set(known.element, "data-state", flag.state);
    if (selected !== null) set(known.element, "data-selected", selected);
    return known.element;
  }

  private content(flag: Flag): Node[] {
    const severity = severityOf(flag);
    const facts = [time(flag.onset_at), numbers(flag), flag.facts.note ?? ""].filter(Boolean).join(" · ");
    return [
      h("p", { class: "flag-head" }, h("span", { class: `severity ${severity}`, "aria-hidden": "true" }, SIGN[severity]), h("span", { class: "hidden" }, t(`severity.${severity}`)), h("strong", { class: "flag-title" }, flagSentence(flag))),
      h("p", { class: "muted" }, facts),
      strip(why(flag)),
      this.snapshots(flag),
      h("p", { class: "hint" }, innocent(flag)),
      this.state(flag),
      h("details", {}, h("summary", {}, t("look.help")), h("p", { class: "hint" }, t(`flag.${flag.code}.help`)), strip(ruleNumbers(flag))),
    ];
  }

  private snapshots(flag: Flag): HTMLElement {
    return h("div", { class: "snapshots" }, ...flag.facts.snapshots.map((snapshot) => {
      const words = t("look.snapshot", { moment: t(`moment.${snapshot.moment}`), time: time(snapshot.at) });
      const url = `/api/flags/${flag.flag}/snapshots/${snapshot.moment}`;
      return h("a", { href: url, target: "_blank", rel: "noopener" }, h("img", { src: url, alt: words, loading: "lazy" }), h("span", { "aria-hidden": "true" }, words));
    }));
  }

  private state(flag: Flag): HTMLElement {
    const { seek, review } = this.actions;
    const play = seek ? h("button", { type: "button", class: "small", onclick: () => seek(flag) }, t("look.seek", { time: time(flag.onset_at) })) : review ? h("a", { class: "button small quiet", href: review(flag) }, t("reviewing.open")) : null;
    if (flag.state !== "open") {
      const values = { decision: t(`decision.${flag.state}`), by: flag.decided_by ?? "", reason: flag.reason ? reasonWords(flag.state, flag.reason) : "" };
      return h("div", { class: "item-actions" }, h("span", {}, t(flag.reason ? "look.decided_reason" : "look.decided", values)), play,
        this.actions.mayDecide ? h("button", { type: "button", class: "small quiet", onclick: () => this.actions.reopen(flag) }, t("look.undo_decision")) : null);
    }
    if (!this.actions.mayDecide) return h("div", { class: "item-actions" }, h("span", {}, t("decision.open")), play);
    const { choosing } = this;
    if (choosing?.flag === flag.flag) return reasonButtons(choosing.decision, (reason) => { this.choosing = null; this.actions.reason(flag, choosing.decision, reason); });
    return h("div", { class: "item-actions" }, button(t("queue.confirm"), "C", () => this.actions.confirm(flag)), button(t("queue.dismiss"), "D", () => this.choose(flag, "dismissed")), button(t("queue.inconclusive"), "O", () => this.choose(flag, "inconclusive")), play);
  }
}
