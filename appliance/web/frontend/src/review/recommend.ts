/** What reviewers think should happen next, and what the institution made of it: observations, never verdicts. */

import { Problem } from "../lib/api";
import { time } from "../lib/clock";
import { h } from "../lib/dom";
import { t } from "../lib/strings";
import type { Acts } from "./acts";
import { dateOf } from "./items";
import type { Recommendation, RecommendationKind, Review } from "./types";
import { Writing } from "./writing";

export class Recommendations {
  private readonly list = h("ol", { class: "rv-recommendations" });
  private readonly outcome = h("div", {});
  private readonly form: HTMLElement;
  private readonly outcomeForm: HTMLElement;
  readonly element: HTMLElement;
  private readonly replies = new Map<string, HTMLElement>();
  private key = "";

  constructor(
    private readonly acts: Acts,
    /** Who looks. */
    private readonly user: string,
    /** A lead may take back what others made. */
    private readonly lead: boolean,
  ) {
    this.form = h("details", { class: "rv-more" }, h("summary", {}, t("reviewing.recommend.open")), this.recommendForm());
    this.outcomeForm = h("details", { class: "rv-more" }, h("summary", {}, t("reviewing.outcome.open")),
      new Writing({ label: t("reviewing.outcome.label"), go: t("reviewing.outcome.go"), hint: t("reviewing.outcome.hint"), mayBeEmpty: true, send: (text) => acts.outcome(text) }).element);
    this.element = h("section", { class: "rv-panel", "aria-labelledby": "recommend-title" },
      h("h2", { id: "recommend-title" }, t("reviewing.recommend.title")), h("p", { class: "hint" }, t("reviewing.recommend.never")), this.list, this.form, this.outcome, this.outcomeForm);
  }

  draw(review: Review): void {
    this.element.hidden = review.sample !== null;
    this.form.hidden = !review.may.recommend;
    this.outcomeForm.hidden = !review.may.outcome;
    const key = JSON.stringify([review.recommendations, review.outcome, review.may]);
    if (key === this.key) return;
    this.key = key;
    this.list.replaceChildren(...review.recommendations.map((one) => this.entry(one, review)));
    const said = review.outcome;
    this.outcome.replaceChildren(h("p", { class: said ? "" : "muted" }, said ? t("reviewing.outcome.is", { outcome: said.outcome, by: said.by_name, date: dateOf(said.recorded_at) }) : t("reviewing.outcome.none")));
  }

  private recommendForm(): HTMLElement {
    let kind: RecommendationKind = "no_concern";
    const choice = (value: RecommendationKind): HTMLElement => {
      const id = `recommend-${value}`;
      return h("div", { class: "rv-choice" }, h("input", { type: "radio", name: "recommend", id, checked: value === kind, onchange: () => { kind = value; } }),
        h("label", { for: id }, t(`reviewing.recommend.${value}`), h("span", { class: "hint" }, t(`reviewing.recommend.${value}_hint`))));
    };
    const writing = new Writing({ label: t("reviewing.recommend.text"), go: t("reviewing.recommend.go"), rows: 3, mayBeEmpty: true, send: (text) => this.acts.recommend(kind, text) });
    return h("div", { class: "rv-form" }, h("fieldset", {}, h("legend", {}, t("reviewing.recommend.legend")), choice("no_concern"), choice("refer")), writing.element);
  }

  private entry(one: Recommendation, review: Review): HTMLElement {
    const answered = one.answered_at === null ? "" : t("reviewing.recommend.answered", { by: one.answered_by_name ?? "", time: time(one.answered_at) });
    return h("li", { "data-standing": one.standing },
      h("p", {}, h("strong", {}, t(`reviewing.recommend.${one.kind}`)), " ", h("span", { class: "rv-state" }, t(`reviewing.standing.${one.standing}`))),
      h("p", { class: "muted" }, t("reviewing.recommend.by", { by: one.by_name, time: time(one.made_at), date: dateOf(one.made_at) }), answered ? ` · ${answered}` : ""),
      one.text ? h("p", { class: "pre" }, one.text) : null,
      one.answer ? h("p", { class: "pre quote" }, one.answer) : null,
      this.reply(one, review));
  }

  /** Whoever made it may take it back; somebody else answers one that waits. */
  private reply(one: Recommendation, review: Review): HTMLElement | null {
    if (!review.may.recommend || one.standing === "withdrawn") return null;
    if (one.answered_at !== null) this.replies.delete(one.recommendation); // the question is answered
    const known = this.replies.get(one.recommendation);
    const parts = known ?? h("div", { class: "rv-answer" }, ...(one.by !== this.user && one.standing === "waits" ? [this.answering(one)] : []), ...(one.by === this.user || this.lead ? [this.withdrawing(one)] : []));
    this.replies.set(one.recommendation, parts);
    return parts;
  }

  private withdrawing(one: Recommendation): HTMLElement {
    const writing = new Writing({ label: t("reviewing.recommend.withdraw_text"), go: t("reviewing.recommend.withdraw"), mayBeEmpty: true, send: (text) => this.acts.withdraw(one.recommendation, text) });
    return h("details", { class: "rv-more" }, h("summary", {}, t("reviewing.recommend.withdraw")), writing.element);
  }

  private answering(one: Recommendation): HTMLElement {
    let agreed: boolean | null = null;
    const choice = (value: boolean): HTMLElement => {
      const id = `answer-${one.recommendation}-${value}`;
      return h("div", { class: "rv-choice" }, h("input", { type: "radio", name: `answer-${one.recommendation}`, id, required: true, onchange: () => { agreed = value; } }), h("label", { for: id }, t(`reviewing.recommend.${value ? "agree" : "differ"}`)));
    };
    const writing = new Writing({ label: t("reviewing.recommend.answer_text"), go: t("reviewing.recommend.answer"), mayBeEmpty: true, send: async (text) => {
      if (agreed === null) throw new Problem(400, t("reviewing.recommend.choose"), "");
      await this.acts.answer(one.recommendation, agreed, text);
    } });
    return h("div", { class: "rv-answer" }, h("p", {}, t("reviewing.recommend.second")), h("fieldset", {}, h("legend", {}, t("reviewing.recommend.your_answer")), choice(true), choice(false)), writing.element);
  }
}
