/** Lines over the tiles that matter to everybody who looks: somebody is not recorded; nobody has to watch this exam. */

import { h, write } from "../lib/dom";
import { t } from "../lib/strings";
import type { Boot } from "../lib/types";
import { bySeat } from "./queue";
import type { Unrecorded } from "./recording";
import type { State } from "./store";

const NAMED = 4;

export class Notices {
  private readonly missing = h("p", { class: "line-banner", role: "alert", hidden: true });
  private readonly review: HTMLElement;
  private readonly front = h("p", { class: "review-notice", role: "status", hidden: true });
  readonly element: HTMLElement;

  constructor(boot: Boot) {
    const way = boot.may.review ? h("a", { href: `/reports/${boot.exam.exam}` }, t("board.review.link")) : null;
    this.review = h("p", { class: "review-notice", hidden: true }, t("board.review.text"), " ", way);
    this.element = h("div", { class: "notices" }, this.missing, this.front, this.review);
  }

  /** Somebody stands at the box, or looks for it. */
  showsItself(name: string): void {
    this.front.hidden = !name;
    write(this.front, name ? t("panel_page.shows_itself", { name }) : "");
  }

  draw(state: State, unrecorded: Unrecorded, live: boolean): void {
    this.review.hidden = state.hall.plan.mode !== "record_review";
    const seats = [...unrecorded].flatMap(([attempt, { feeds }]) => {
      const row = state.attempts.get(attempt);
      return row ? [{ seat: row.seat, words: t("board.unrecorded.seat", { seat: row.seat, feeds: feeds.map((kind) => t(`kind.${kind}`)).join(", ") }) }] : [];
    }).sort(bySeat);
    this.missing.hidden = seats.length === 0 || !live; // offline the line's own banner speaks
    if (this.missing.hidden) return;
    const more = seats.length > NAMED ? ` ${t("board.unrecorded.more", { n: seats.length - NAMED })}` : "";
    write(this.missing, t("board.unrecorded.text", { seats: seats.slice(0, NAMED).map(({ words }) => words).join("; ") }) + more);
  }
}
