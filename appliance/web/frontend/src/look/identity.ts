/** Who a candidate is: the ID beside the face, what the comparison says in words and figures, and what a person decides. */

import { button } from "../lib/button";
import { now, time } from "../lib/clock";
import { h, set, write } from "../lib/dom";
import { has, t } from "../lib/strings";
import type { Attempt, Boot, Identity, Ruling } from "../lib/types";
import type { Acts } from "../wall/acts";
import { undecided } from "../wall/store";

export const RULINGS: readonly Ruling[] = ["matched", "known", "unverified", "refused"];

/** What can be said of a candidate: "known to me" only where the planner allows it. A digit means the same everywhere. */
function allowed(ruling: Ruling, known: boolean): boolean {
  return known || ruling !== "known";
}

export function rulingOf(digit: number, known: boolean): Ruling | undefined {
  const ruling = RULINGS[digit - 1];
  return ruling && allowed(ruling, known) ? ruling : undefined;
}

/** Seconds after which a comparison that has not come is not waited for any more; it takes 28 where detection has just been started. */
const COMPARES_WITHIN = 60;

/** "0.61, above the limit 0.36: likely the same person". A number is help, never the decision. */
export function comparison(identity: Identity, at = now()): string {
  const { score, limit, reason, pictured_at, compared_at, declined_at } = identity;
  if (declined_at !== null) return t("look.identity.declined");
  if (pictured_at === null) return t("look.identity.not_shown");
  if (compared_at === null) return t(at - pictured_at < COMPARES_WITHIN ? "look.identity.comparing" : "look.identity.not_compared");
  if (score === null) return t("look.identity.unassessable", { reason: reasonOf(reason) });
  const values = { score: score.toFixed(2), limit: (limit ?? 0).toFixed(2) };
  return t(score >= (limit ?? 0) ? "look.identity.above" : "look.identity.below", values);
}

function reasonOf(reason: string): string {
  const key = `look.identity.reason.${reason}`;
  return has(key) ? t(key) : reason.replaceAll("_", " ") || t("common.unknown");
}

/** The two pictures; nothing where none was shown. */
export function pictures(attempt: string, identity: Identity): HTMLElement {
  const one = (which: "photo" | "face"): HTMLElement => {
    const url = `/api/attempts/${attempt}/identity/${which}?v=${identity.photo_sha256?.slice(0, 8) ?? ""}`;
    const words = t(`look.identity.${which}`);
    return h("figure", {}, h("a", { href: url, target: "_blank", rel: "noopener" }, h("img", { src: url, alt: words })), h("figcaption", {}, words));
  };
  const shown = identity.pictured_at !== null && identity.photo_sha256 !== null;
  return h("div", { class: "id-pictures", hidden: !shown }, ...(shown ? [one("photo"), one("face")] : []));
}

/** The decisions; with their digits once I was pressed. `known`: "known to me" is one of them. */
export function rulings(decide: (ruling: Ruling) => void, choosing: boolean, known: boolean): HTMLElement {
  const name = (ruling: Ruling): string => (ruling === "refused" ? t("look.identity.refuse") : t(`ruling.${ruling}`));
  return h("div", { class: "rulings", role: "group", "aria-label": t("look.identity.decide") },
    h("p", { class: "label" }, h("kbd", { "aria-hidden": "true" }, "I"), " ", t("look.identity.decide")),
    h("div", { class: "item-actions" }, ...RULINGS.map((ruling, n) => (allowed(ruling, known) ? button(name(ruling), choosing ? String(n + 1) : "", () => decide(ruling)) : null))));
}

export class IdentityPanel {
  private readonly title = h("h3", {}, t("look.identity.title"));
  private readonly pair = h("div", {});
  private readonly said = h("p", { class: "id-said" });
  private readonly help = h("p", { class: "hint" }, t("look.identity.help"));
  private readonly decided = h("p", {});
  private readonly choice = h("div", {});
  private readonly again = h("button", { type: "button", class: "small quiet", onclick: () => { this.reopened = true; this.draw(); } }, t("look.undo_decision"));
  readonly element = h("section", { class: "look-identity", hidden: true }, this.title, this.pair, this.said, this.help, h("div", { class: "item-actions" }, this.decided, this.again), this.choice);
  private identity: Identity | null = null;
  private open = false;
  private choosing = false;
  private reopened = false;
  private known = true;

  constructor(private readonly attempt: Attempt, private readonly boot: Boot, private readonly acts: Acts) {}

  /** `open`: something can be decided now; `known`: "known to me" is allowed. */
  update(identity: Identity, open: boolean, known: boolean): void {
    this.known = known;
    if (this.identity?.decided_at !== identity.decided_at) this.reopened = this.choosing = false;
    this.identity = identity;
    this.open = open;
    this.draw();
  }

  /** The comparison takes some seconds: then it is said that there is none. */
  tick(): void {
    if (this.identity) write(this.said, comparison(this.identity));
  }

  /** The digits are awaited; false where there is nothing to decide. */
  choose(): boolean {
    if (!this.may || !this.identity) return false;
    this.choosing = this.reopened = true;
    this.draw();
    this.choice.scrollIntoView({ block: "nearest" });
    return true;
  }

  digit(digit: number): boolean {
    const ruling = this.choosing ? rulingOf(digit, this.known) : undefined;
    if (ruling) this.decide(ruling);
    return ruling !== undefined;
  }

  cancel(): boolean {
    const was = this.choosing;
    this.choosing = this.reopened = false;
    if (was) this.draw();
    return was;
  }

  private get may(): boolean {
    return this.open && this.boot.may.decide_identity && (this.identity?.wanted ?? false);
  }

  private decide(ruling: Ruling): void {
    this.choosing = false;
    this.draw();
    this.acts.identify(this.attempt, ruling);
  }

  private draw(): void {
    const { identity } = this;
    if (!identity) return;
    this.element.hidden = !identity.wanted && identity.pictured_at === null && identity.decision === null;
    if (this.element.hidden) return;
    set(this.element, "data-waits", this.may && undecided(identity));
    if (this.pair.dataset["of"] !== (identity.photo_sha256 ?? "")) {
      this.pair.dataset["of"] = identity.photo_sha256 ?? "";
      this.pair.replaceChildren(pictures(this.attempt.attempt, identity));
    }
    this.tick();
    this.help.hidden = identity.decision !== null;
    const values = { ruling: identity.decision ? t(`ruling.${identity.decision}`) : "", by: identity.decided_by ?? "", time: time(identity.decided_at ?? 0), note: identity.note };
    write(this.decided, identity.decision ? t(identity.note ? "look.identity.decided_note" : "look.identity.decided", values) : "");
    const asks = this.may && (identity.decision === null || this.reopened);
    this.again.hidden = identity.decision === null || asks || !this.may;
    const key = `${asks} ${this.choosing} ${this.known}`;
    if (this.choice.dataset["shown"] === key) return;
    this.choice.dataset["shown"] = key;
    this.choice.replaceChildren(...(asks ? [rulings((ruling) => this.decide(ruling), this.choosing, this.known)] : []));
  }
}
