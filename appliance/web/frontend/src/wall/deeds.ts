/** What a key or a button does to one candidate, if the stage fits and the person may; else it says why not. */

import type { Act } from "../lib/day";
import { t } from "../lib/strings";
import { toast } from "../lib/toast";
import type { Attempt, Boot, Kind } from "../lib/types";
import type { Acts } from "./acts";
import type { Again } from "./conduct";
import { unanswered } from "./queue";
import { dayOfAttempt, identityOf, messagesOf, possible, type State } from "./store";

export class Deeds {
  constructor(private readonly acts: Acts, private readonly boot: Boot) {}

  /** Give a break, or end the one that goes on. */
  rest(state: State, attempt: Attempt): void {
    if (this.fits(state, attempt, "end_break", this.boot.may.conduct)) void this.acts.conduct.endBreak(attempt);
    else if (this.says(state, attempt, "give_break", this.boot.may.conduct)) this.acts.conduct.giveBreak(attempt, state.hall.plan);
  }

  /** Stop the clock, or let it run again. */
  pause(state: State, attempt: Attempt): void {
    if (this.fits(state, attempt, "resume", this.boot.may.conduct)) void this.acts.conduct.resume(attempt);
    else if (this.says(state, attempt, "pause", this.boot.may.conduct)) this.acts.conduct.pause(attempt);
  }

  again(state: State, attempt: Attempt): void {
    if (this.boot.may.check_in || this.boot.may.conduct) this.acts.conduct.again(attempt, this.choices(state, attempt));
  }

  reseat(state: State, attempt: Attempt): void {
    if (this.says(state, attempt, "reseat", this.boot.may.conduct)) this.acts.conduct.reseat(attempt);
  }

  refuse(state: State, attempt: Attempt): void {
    if (this.says(state, attempt, "refuse", this.boot.may.refuse_admission)) this.acts.conduct.refuse(attempt);
  }

  keep(state: State, attempt: Attempt, kind: Kind = "webcam"): void {
    if (this.says(state, attempt, "keep", this.boot.may.keep)) void this.acts.conduct.keep(attempt, kind);
  }

  note(state: State, attempt: Attempt): void {
    if (this.says(state, attempt, "note", this.boot.may.note)) this.acts.conduct.note(attempt);
  }

  warn(state: State, attempt: Attempt): void {
    if (this.says(state, attempt, "warn", this.boot.may.message)) this.acts.warn(attempt);
  }

  flag(state: State, attempt: Attempt): void {
    if (this.says(state, attempt, "raise_flag", this.boot.may.raise_flag)) this.acts.ownFlag(attempt, state.tickable ?? undefined);
  }

  /** What the candidate asked last goes to the institution. */
  inquire(state: State, attempt: Attempt): void {
    if (!this.says(state, attempt, "chat", this.boot.may.route_inquiry)) return;
    const asked = unanswered(messagesOf(state, attempt.attempt), new Set()).map((message) => message.text);
    this.acts.conduct.inquire(attempt, asked.join("\n"));
  }

  /** What can be done over now. */
  choices(state: State, attempt: Attempt): Again[] {
    const { plan } = state.hall;
    const may = (act: Act, who: boolean): boolean => this.fits(state, attempt, act, who);
    const stages = ["room_scan", "position", "briefing", "waiting"];
    const at = stages.indexOf(attempt.stage);
    const choices: Again[] = [];
    if (identityOf(state, attempt.attempt).wanted && may("ask_id_again", this.boot.may.check_in)) choices.push("identification");
    if (plan.room_scan && at >= 0 && may("ask_scan", this.boot.may.check_in)) choices.push("room_scan");
    if (plan.position && at > 0 && this.boot.may.check_in) choices.push("position");
    const asked = dayOfAttempt(state, attempt.attempt).checkin.scans.some((scan) => scan.recorded_at === null);
    if (at < 0 && !asked && may("ask_scan", this.boot.may.conduct)) choices.push("scan_now");
    return choices;
  }

  fits(state: State, attempt: Attempt, act: Act, may: boolean): boolean {
    return may && possible(state, attempt.attempt, act);
  }

  /** As `fits`; who may do it and cannot now is told so. */
  private says(state: State, attempt: Attempt, act: Act, may: boolean): boolean {
    if (may && !possible(state, attempt.attempt, act)) toast(t("done.not_now", { seat: attempt.seat, stage: t(`stage.${attempt.stage}`) }), { bad: true });
    return this.fits(state, attempt, act, may);
  }
}
