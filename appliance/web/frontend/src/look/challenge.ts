/** The head-turn and blink challenge, as staff see it: asked, and what the box saw of each step. */

import { now, time } from "../lib/clock";
import { h, set } from "../lib/dom";
import { t } from "../lib/strings";
import type { Attempt, Boot, Challenge } from "../lib/types";
import type { Acts } from "../wall/acts";

/** As long as the box waits (`exam.challenge.OPEN_SECONDS`). */
const OPEN_SECONDS = 60;
const SIGN = { done: "✓", not_seen: "–", unassessable: "?" } as const;
const IN_SIGHT = 3;

export class ChallengeLine {
  readonly button: HTMLButtonElement;
  private readonly list = h("ul", { class: "plain-list" });
  readonly element = h("section", { class: "look-challenge", hidden: true }, h("h3", {}, t("look.challenge.title")), this.list, h("p", { class: "hint" }, t("look.challenge.help")));
  private asked: readonly Challenge[] = [];
  private open = false;
  private shown = "";

  constructor(attempt: Attempt, private readonly boot: Boot, acts: Acts) {
    this.button = h("button", { type: "button", class: "small", onclick: () => void acts.challenge(attempt) }, t("look.challenge.ask"));
  }

  /** `open`: the candidate is watched now. */
  update(asked: readonly Challenge[], open: boolean): void {
    this.asked = asked;
    this.open = open;
    this.tick();
  }

  /** One that nobody answered is over after a minute. */
  tick(): void {
    const waits = this.asked.some((one) => this.waits(one));
    this.button.hidden = !this.open || !this.boot.may.challenge;
    set(this.button, "disabled", waits);
    this.element.hidden = this.asked.length === 0;
    const rows = this.asked.slice(-IN_SIGHT).reverse().map((one) => ({ one, waits: this.waits(one) }));
    const key = JSON.stringify(rows);
    if (key === this.shown) return;
    this.shown = key;
    this.list.replaceChildren(...rows.map(({ one, waits: still }) => this.row(one, still)));
  }

  private waits(one: Challenge): boolean {
    return one.seen === null && now() < one.asked_at + OPEN_SECONDS;
  }

  private row(one: Challenge, waits: boolean): HTMLElement {
    const steps = one.steps.map((step, n) => {
      const seen = one.seen?.[n];
      const words = t(`move.${step}`);
      return seen ? `${SIGN[seen]} ${t("look.challenge.step", { step: words, seen: t(`look.challenge.${seen}`) })}` : words;
    });
    const state = one.seen ? "" : t(waits ? "look.challenge.waits" : "look.challenge.unanswered");
    return h("li", {}, h("span", { class: "muted" }, `${time(one.asked_at)} `), [steps.join(" · "), state].filter(Boolean).join(" — "));
  }
}
