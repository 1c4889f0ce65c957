/** An item of the list Next, opened: what is to be seen, and what can be done about it. */

import { button } from "../lib/button";
import { now } from "../lib/clock";
import { h, set } from "../lib/dom";
import { t } from "../lib/strings";
import type { Boot, Ruling } from "../lib/types";
import { browserOf, numbers } from "../lib/words";
import { comparison, pictures, rulings } from "../look/identity";
import { clip } from "../look/scan";
import { facts as why, innocent, strip } from "../look/why";
import { REASONS, reasonWords, type Reason, type Reasoned } from "./items";
import type { Item, ItemOf } from "./queue";
import type { Still } from "./stills";
import { undecided } from "./store";
import { OLD_SECONDS } from "./tiles";

export interface Deeds {
  look(item: Item): void;
  confirm(item: Item): void;
  reason(item: Item, decision: Reasoned, reason: Reason): void;
  admit(item: Item): void;
  identify(item: Item, ruling: Ruling): void;
  confirmPhone(item: Item): void;
  refusePhone(item: Item): void;
  answer(item: Item): void;
  inquire(item: Item): void;
  settle(item: Item): void;
  again(item: Item): void;
  endBreak(item: Item): void;
  listen(item: Item): void;
  still(attempt: string): Still | undefined;
  may: Boot["may"];
  /** "Known to me" may stand for an ID. */
  knownAllowed(): boolean;
}

/** What a digit is awaited for: the reason of a decision, or who a candidate is. */
export type Choosing = Reasoned | "ruling" | null;

/** `choose` asks for the digits of a decision. */
export function detail(item: Item, deeds: Deeds, choosing: Choosing, choose: (decision: Reasoned) => void): Node[] {
  const look = button(t("queue.looks"), "L", () => deeds.look(item));
  switch (item.kind) {
    case "flag": return flagged(item, deeds, choosing, choose, look);
    case "message": return message(item, deeds, look);
    case "admit":
    case "identity": return admission(item, deeds, choosing !== null, look);
    case "phone": return phone(item, deeds, look);
    case "scan": return scan(item, deeds, look);
    default: return plain(item, deeds, look);
  }
}

function flagged(item: ItemOf<"flag">, deeds: Deeds, choosing: Choosing, choose: (decision: Reasoned) => void, look: HTMLElement): Node[] {
  const { flag } = item;
  const facts = [numbers(flag), flag.ended_at === null && flag.source === "inference" ? t("queue.ongoing") : "", flag.facts.note ?? ""].filter(Boolean).join(" · ");
  const decide = deeds.may.decide_flag ? [button(t("queue.confirm"), "C", () => deeds.confirm(item)), button(t("queue.dismiss"), "D", () => choose("dismissed")), button(t("queue.inconclusive"), "O", () => choose("inconclusive"))] : [];
  const reasons = choosing === "dismissed" || choosing === "inconclusive" ? reasonButtons(choosing, (reason) => deeds.reason(item, choosing, reason)) : null;
  return [still(item, deeds), h("p", { class: "muted" }, item.attempt.name, facts ? ` · ${facts}` : ""), strip(why(flag)), h("p", { class: "hint" }, innocent(flag)), reasons ?? row(...decide, look)];
}

/** Why is it dismissed, or inconclusive? One button for each digit. */
export function reasonButtons(decision: Reasoned, run: (reason: Reason) => void): HTMLElement {
  const title = t(decision === "dismissed" ? "queue.reasons" : "queue.doubts");
  return h("div", { class: "reasons", role: "group", "aria-label": title }, h("p", { class: "label" }, title),
    ...REASONS[decision].map((reason, n) => button(reasonWords(decision, reason), String(n + 1), () => run(reason))));
}

function message(item: ItemOf<"message">, deeds: Deeds, look: HTMLElement): Node[] {
  const said = item.messages.slice(-3).map((one) => h("p", { class: "pre quote" }, one.text));
  const acts = [
    ...(deeds.may.message ? [button(t("queue.answer"), "M", () => deeds.answer(item), "primary")] : []),
    ...(deeds.may.route_inquiry ? [button(t("board.inquiry.pass"), "Q", () => deeds.inquire(item))] : []),
    ...(deeds.may.message ? [button(t("queue.settle"), "", () => deeds.settle(item))] : []),
  ];
  return [h("p", { class: "muted" }, item.attempt.name), ...said, row(...acts, look)];
}

/** Where an ID is asked for, the decision about it comes first; the box admits nobody before. */
function admission(item: ItemOf<"admit" | "identity">, deeds: Deeds, choosing: boolean, look: HTMLElement): Node[] {
  const { attempt, identity } = item;
  const waits = undecided(identity);
  const missing = item.kind === "admit" && item.lacks && item.lacks !== "identity" ? h("p", { class: "hint" }, t(`board.lacks.${item.lacks}`)) : null;
  const admit = item.kind === "admit" && deeds.may.admit && !item.lacks ? button(t("queue.admit_go"), "A", () => deeds.admit(item), "primary") : null;
  const again = deeds.may.check_in && identity.wanted ? button(t("board.again.short"), "R", () => deeds.again(item)) : null;
  const shown = identity.wanted
    ? [pictures(attempt.attempt, identity), h("p", { class: "id-said", "data-of": attempt.attempt }, comparison(identity)), identity.decision ? h("p", { class: "muted" }, t(`ruling.${identity.decision}`), identity.note ? `: ${identity.note}` : "") : null]
    : [];
  const decide = waits && deeds.may.decide_identity ? [rulings((ruling) => deeds.identify(item, ruling), choosing, deeds.knownAllowed())] : [];
  const face = identity.wanted && identity.pictured_at !== null ? [] : [still(item, deeds)];
  return [...face, h("p", {}, attempt.name), ...shown.filter((node) => node !== null), ...decide, ...(missing ? [missing] : []), row(admit, again, look)];
}

function phone(item: ItemOf<"phone">, deeds: Deeds, look: HTMLElement): Node[] {
  const acts = deeds.may.confirm_phone ? [button(t("look.phone.confirm"), "A", () => deeds.confirmPhone(item), "primary"), button(t("look.phone.refuse"), "", () => deeds.refusePhone(item))] : [];
  return [still(item, deeds), h("p", {}, item.attempt.name), h("p", { class: "muted" }, t("queue.phone_hint", { browser: browserOf(item.phone.browser) })), row(...acts, look)];
}

function scan(item: ItemOf<"scan">, deeds: Deeds, look: HTMLElement): Node[] {
  const acts = deeds.may.check_in ? [button(t("board.scan.clear"), "C", () => deeds.confirm(item), "primary"), button(t("board.scan.again"), "D", () => deeds.again(item))] : [];
  return [h("p", { class: "muted" }, item.attempt.name), clip(item.attempt.attempt, item.scan), row(...acts, look)];
}

/** What is said in one sentence. */
function plain(item: Item, deeds: Deeds, look: HTMLElement): Node[] {
  const name = h("p", {}, item.attempt.name);
  const hint = h("p", { class: "muted" }, t(`board.hint.${item.kind}`));
  const { may } = deeds;
  const acts: (HTMLElement | null)[] = [];
  if (item.kind === "overrun" && may.conduct) acts.push(button(t("board.break.end"), "B", () => deeds.endBreak(item), "primary"), button(t("look.message"), "M", () => deeds.answer(item)));
  if (item.kind === "listen" && may.conduct) acts.push(button(t("board.listen.go"), "H", () => deeds.listen(item), "primary"));
  if (item.kind === "release" && may.check_out && !item.missing.length) acts.push(button(t("board.release.go"), "C", () => deeds.confirm(item), "primary"));
  if (item.kind === "capacity") acts.push(button(t("board.capacity.known"), "", () => deeds.settle(item)));
  if (item.kind === "trouble" && may.message) acts.push(button(t("look.message"), "M", () => deeds.answer(item)));
  return [still(item, deeds), name, hint, row(...acts, look)];
}

function row(...acts: (HTMLElement | null)[]): HTMLElement {
  return h("div", { class: "item-actions" }, ...acts);
}

/** The clearest snapshot of a flag; else the newest still. */
function still(item: Item, deeds: Deeds): HTMLElement {
  const snapshots = item.kind === "flag" ? item.flag.facts.snapshots : [];
  const best = snapshots.find((s) => s.moment === "peak") ?? snapshots.find((s) => s.moment === "onset") ?? snapshots[0];
  if (item.kind === "flag" && best) return h("img", { class: "item-still", alt: "", src: `/api/flags/${item.flag.flag}/snapshots/${best.moment}` });
  const image = h("img", { class: "item-still", alt: "", "data-live": true });
  freshen(image, deeds.still(item.attempt.attempt));
  return image;
}

/** The newest still, grey when it is old. */
export function freshen(image: HTMLImageElement, newest: Still | undefined): void {
  image.hidden = !newest;
  if (newest && image.src !== newest.url) image.src = newest.url;
  set(image, "data-old", newest !== undefined && now() - newest.takenAt > OLD_SECONDS);
}
