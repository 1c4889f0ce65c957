/** One flag in full: why it is there and what is usually behind it, what could be judged, what people wrote, and the decision. */

import { button } from "../lib/button";
import { time } from "../lib/clock";
import { h } from "../lib/dom";
import { has, t } from "../lib/strings";
import type { Flag, Judged } from "../lib/types";
import { flagSentence, numbers } from "../lib/words";
import { facts, innocent, ruleNumbers, strip } from "../look/why";
import { reasonButtons } from "../wall/detail";
import { REASONS, reasonWords, type Reasoned } from "../wall/items";
import type { Decision } from "./acts";
import type { FlagNote, Review } from "./types";
import { Writing } from "./writing";

export interface DetailActions {
  decide(flag: Flag, decision: Decision, reason?: string): void;
  /** Throws a Problem. */
  note(flag: string, text: string): Promise<void>;
  mute(flag: Flag): void;
  seek(wall: number): void;
  judged(): Judged | null;
}

export class Detail {
  private readonly why = h("div", { class: "rv-why" });
  private readonly notes = h("ol", { class: "rv-notes" });
  private readonly decision = h("div", { class: "rv-decide" });
  private readonly writing: Writing;
  readonly element: HTMLElement;
  private choosing: Reasoned | null = null;
  private flag!: Flag;
  private review!: Review;
  private drawn = "";

  constructor(
    private readonly id: string,
    private readonly actions: DetailActions,
  ) {
    this.writing = new Writing({ label: t("reviewing.notes.label"), go: t("reviewing.notes.add"), hint: t("reviewing.notes.shared"), send: (text) => this.actions.note(this.id, text) });
    this.element = h("div", { class: "rv-detail" }, this.decision, this.why, h("div", { class: "rv-thread" }, h("h3", {}, t("reviewing.notes.title")), this.notes, this.writing.element));
  }

  draw(flag: Flag, review: Review): void {
    this.flag = flag;
    this.review = review;
    this.writing.element.hidden = !review.may.discuss;
    const mine = review.notes.filter((note) => note.flag === flag.flag);
    const key = JSON.stringify([flag, mine.length, this.choosing, review.may, this.actions.judged() !== null]);
    if (key === this.drawn) return;
    this.drawn = key;
    this.decision.replaceChildren(...this.deciding());
    this.why.replaceChildren(...this.reasons());
    this.notes.replaceChildren(...mine.map(noteLine));
  }

  choose(decision: Reasoned): void {
    this.choosing = decision;
    this.draw(this.flag, this.review);
    this.decision.scrollIntoView({ block: "nearest" });
  }

  digit(digit: number): boolean {
    const decision = this.choosing;
    const reason = decision && REASONS[decision][digit - 1];
    if (!decision || !reason) return false;
    this.say(decision, reason);
    return true;
  }

  cancel(): boolean {
    const was = this.choosing !== null;
    this.choosing = null;
    if (was) this.draw(this.flag, this.review);
    return was;
  }

  write(): void {
    this.writing.field.focus();
  }

  private say(decision: Decision, reason = ""): void {
    this.choosing = null;
    this.draw(this.flag, this.review);
    this.actions.decide(this.flag, decision, reason);
  }

  private deciding(): Node[] {
    const { flag, review } = this;
    const until = flag.ended_at !== null && flag.ended_at - flag.onset_at >= 1 ? t("reviewing.flags.until", { time: time(flag.ended_at) }) : "";
    const play = button(t("look.seek", { time: time(flag.onset_at) }), "", () => this.actions.seek(flag.onset_at), "quiet");
    const head = h("p", { class: "rv-sentence" }, h("strong", {}, flagSentence(flag)), until ? " · " : null, until ? h("span", { class: "muted" }, until) : null);
    if (!review.may.decide) return [head, ...this.decided(), h("div", { class: "item-actions" }, play)];
    if (this.choosing) {
      const decision = this.choosing;
      return [head, reasonButtons(decision, (reason) => this.say(decision, reason)), button(t("common.cancel"), "Esc", () => this.cancel(), "quiet")];
    }
    if (flag.state !== "open") return [head, ...this.decided(), h("div", { class: "item-actions" }, button(t("look.undo_decision"), "", () => this.say("open")), play)];
    return [head, h("div", { class: "item-actions" },
      button(t("queue.confirm"), "C", () => this.say("confirmed")), button(t("queue.dismiss"), "D", () => this.choose("dismissed")),
      button(t("queue.inconclusive"), "U", () => this.choose("inconclusive")), play)];
  }

  private decided(): Node[] {
    const { state, reason, decided_by } = this.flag;
    if (state === "open") return [h("p", {}, t("decision.open"))];
    const values = { decision: t(`decision.${state}`), by: decided_by ?? "", reason: reason ? reasonWords(state, reason) : "" };
    return [h("p", {}, t(reason ? "look.decided_reason" : "look.decided", values))];
  }

  private reasons(): Node[] {
    const { flag } = this;
    const byPerson = flag.source !== "inference";
    const said = [byPerson ? t("reviewing.why.by_person", { by: flag.source }) : "", numbers(flag), flag.facts.note ?? ""].filter(Boolean);
    return [
      ...said.map((words) => h("p", { class: "pre" }, words)),
      strip(facts(flag)),
      this.snapshots(),
      ...(innocent(flag) ? [h("p", { class: "hint" }, innocent(flag))] : []),
      ...(byPerson ? [] : [h("p", { class: "hint" }, this.coverage())]),
      ...(has(`flag.${flag.code}.help`) ? [h("details", {}, h("summary", {}, t("look.help")), h("p", { class: "hint" }, t(`flag.${flag.code}.help`)), strip(ruleNumbers(flag)))] : []),
      ...(!byPerson && this.review.may.mute ? [h("p", {}, h("button", { type: "button", class: "small quiet", onclick: () => this.actions.mute(flag) }, t("reviewing.mute.open", { seat: this.review.seat })))] : []),
    ];
  }

  /** How often this detector could judge at all, in this feed. */
  private coverage(): string {
    const counted = this.actions.judged()?.ticks[this.flag.kind]?.[this.flag.code];
    if (!counted || !counted[1]) return t("reviewing.why.not_counted");
    return t("reviewing.why.coverage", { percent: Math.floor((100 * counted[0]) / counted[1]), judged: counted[0], all: counted[1] });
  }

  private snapshots(): HTMLElement {
    const { flag } = this;
    return h("div", { class: "snapshots" }, ...flag.facts.snapshots.map((snapshot) => {
      const words = t("look.snapshot", { moment: t(`moment.${snapshot.moment}`), time: time(snapshot.at) });
      const url = `/api/flags/${flag.flag}/snapshots/${snapshot.moment}`;
      return h("a", { href: url, target: "_blank", rel: "noopener" }, h("img", { src: url, alt: words, loading: "lazy" }), h("span", { "aria-hidden": "true" }, words));
    }));
  }
}

function noteLine(note: FlagNote): HTMLElement {
  return h("li", {}, h("p", { class: "muted" }, t("reviewing.notes.by", { by: note.by_name, time: time(note.noted_at) })), h("p", { class: "pre" }, note.text));
}
