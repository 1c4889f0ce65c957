/** The row of acts over one candidate: only what fits the stage, and what is missing for the rest. */

import type { Act } from "../lib/day";
import { h, set, write } from "../lib/dom";
import { t } from "../lib/strings";
import type { Attempt, Boot } from "../lib/types";
import type { Acts } from "../wall/acts";
import type { Deeds } from "../wall/deeds";
import { lacks } from "../wall/admission";
import { acknowledgedWarnings, possible, type State } from "../wall/store";

interface Entry {
  button: HTMLButtonElement;
  shown(state: State, attempt: Attempt): boolean;
}

/** What the panel does itself. */
interface Own {
  chat(): void;
  state(): State;
}

export class Doing {
  readonly admit: HTMLButtonElement;
  private readonly end: HTMLButtonElement;
  /** What somebody has to see to before the candidate can be admitted. */
  private readonly lack = h("span", { class: "hint", hidden: true });
  private readonly why = h("span", { class: "hint", id: "end-why" });
  private readonly entries: Entry[];
  /** The acts, and at the end the one that ends everything. */
  readonly buttons: HTMLElement[];
  readonly ending: HTMLElement;

  constructor(private readonly attempt: Attempt, private readonly boot: Boot, acts: Acts, deeds: Deeds, own: Own) {
    const { may } = boot;
    this.admit = h("button", { type: "button", class: "small primary", hidden: true, onclick: () => void acts.admit(attempt) }, h("kbd", { "aria-hidden": "true" }, "A"), t("look.admit"));
    this.end = h("button", { type: "button", class: "small danger", "aria-describedby": "end-why", onclick: () => acts.end(attempt, !this.enough(own.state())) }, t("look.end"));
    this.ending = h("span", { class: "end" }, this.end, this.why);
    this.ending.hidden = !may.end_attempt;
    const entry = (key: string, label: string, run: (state: State, row: Attempt) => void, shown: Entry["shown"]): Entry => ({
      button: h("button", { type: "button", class: "small", hidden: true, "aria-keyshortcuts": key || null, onclick: () => { const state = own.state(); run(state, state.attempts.get(attempt.attempt) ?? attempt); } }, key ? h("kbd", { "aria-hidden": "true" }, key) : null, label),
      shown,
    });
    const can = (act: Act, who: boolean): Entry["shown"] => (state, row) => deeds.fits(state, row, act, who);
    this.entries = [
      entry("M", t("look.message"), () => own.chat(), can("chat", may.message)),
      entry("W", t("look.warn"), (s, a) => deeds.warn(s, a), can("warn", may.message)),
      entry("F", t("look.own_flag"), (s, a) => deeds.flag(s, a), can("raise_flag", may.raise_flag)),
      entry("N", t("board.note.open"), (s, a) => deeds.note(s, a), can("note", may.note)),
      entry("B", t("board.break.give"), (s, a) => deeds.rest(s, a), can("give_break", may.conduct)),
      entry("B", t("board.break.end"), (s, a) => deeds.rest(s, a), can("end_break", may.conduct)),
      entry("P", t("board.pause.open"), (s, a) => deeds.pause(s, a), can("pause", may.conduct)),
      entry("P", t("board.pause.resume"), (s, a) => deeds.pause(s, a), can("resume", may.conduct)),
      entry("R", t("board.again.open"), (s, a) => deeds.again(s, a), (s, a) => deeds.choices(s, a).length > 0),
      entry("Q", t("board.inquiry.pass"), (s, a) => deeds.inquire(s, a), can("chat", may.route_inquiry)),
      entry("", t("board.reseat.open"), (s, a) => deeds.reseat(s, a), can("reseat", may.conduct)),
      entry("", t("board.refuse.open"), (s, a) => deeds.refuse(s, a), can("refuse", may.refuse_admission)),
    ];
    this.buttons = [this.admit, this.lack, ...this.entries.map(({ button }) => button)];
  }

  draw(state: State, attempt: Attempt): void {
    const { may } = this.boot;
    for (const { button, shown } of this.entries) set(button, "hidden", !shown(state, attempt));
    const lack = may.admit && possible(state, this.attempt.attempt, "admit") ? lacks(state, this.attempt.attempt) : null;
    set(this.admit, "hidden", !(may.admit && possible(state, this.attempt.attempt, "admit")) || lack !== null);
    set(this.lack, "hidden", lack === null);
    write(this.lack, lack ? t(`board.lacks.${lack}`) : "");
    const open = possible(state, this.attempt.attempt, "end");
    const needed = state.exam.warnings_before_end;
    set(this.end, "hidden", !open);
    set(this.why, "hidden", !open || needed === 0);
    this.end.disabled = !this.enough(state) && !(may.override_end || state.hall.host);
    write(this.why, t("look.acknowledged", { n: Math.min(acknowledgedWarnings(state, this.attempt.attempt), needed), all: needed }));
  }

  private enough(state: State): boolean {
    return acknowledgedWarnings(state, this.attempt.attempt) >= state.exam.warnings_before_end;
  }
}
