/** The list "Next": one place for everything that wants a decision, walked by J and K. */

import { button } from "../lib/button";
import { duration, now } from "../lib/clock";
import { arrange, h, set, write } from "../lib/dom";
import { t } from "../lib/strings";
import type { Ruling } from "../lib/types";
import { browserOf, flagSentence, numbers, severityOf, SIGN } from "../lib/words";
import { comparison, pictures, RULINGS, rulings } from "../look/identity";
import { facts as why, innocent, strip } from "../look/why";
import { keepPlace, type Item } from "./queue";
import type { Still } from "./stills";
import { undecided } from "./store";
import { OLD_SECONDS } from "./tiles";

export const REASONS = ["innocent_action", "detector_error", "accommodated", "room_event", "duplicate"] as const;
export type Reason = (typeof REASONS)[number];

interface Actions {
  look(item: Item): void;
  confirm(item: Item): void;
  dismiss(item: Item, reason: Reason): void;
  admit(item: Item): void;
  identify(item: Item, ruling: Ruling): void;
  confirmPhone(item: Item): void;
  refusePhone(item: Item): void;
  answer(item: Item): void;
  settle(item: Item): void;
  still(attempt: string): Still | undefined;
  /** The proctor went to another item. The list that changes by itself moves nobody: a look stays with its candidate. */
  moved(item: Item | null): void;
  may: { decide_flag: boolean; admit: boolean; message: boolean; confirm_phone: boolean; decide_identity: boolean };
}

interface Entry {
  element: HTMLLIElement;
  head: HTMLButtonElement;
  title: HTMLElement;
  wait: HTMLElement;
  body: HTMLElement;
}

export class Next {
  private readonly title = h("h2", { id: "next-title" });
  private readonly list = h("ol", { class: "next-list", "aria-labelledby": "next-title" });
  private readonly empty = h("div", { class: "next-empty" }, h("p", {}, h("strong", {}, t("wall.next_empty"))), h("p", { class: "muted" }, t("wall.next_empty_hint")));
  private readonly news = h("p", { class: "hidden", role: "status", "aria-live": "polite" });
  readonly element = h("aside", { class: "next", "aria-labelledby": "next-title" }, this.title, this.news, this.empty, this.list);
  private readonly entries = new Map<string, Entry>();
  private items: Item[] = [];
  private key: string | null = null;
  private index = 0;
  private choosing = false;
  private drawn = false;

  constructor(private readonly actions: Actions) {}

  get selected(): Item | null {
    return this.items.find((item) => item.key === this.key) ?? null;
  }

  /** Is a digit awaited that says why a flag is dismissed, or who a candidate is? */
  get choosingReason(): boolean {
    return this.choosing;
  }

  draw(items: Item[]): void {
    const fresh = items.filter((item) => !this.entries.has(item.key));
    const before = this.key;
    this.items = items;
    ({ key: this.key, index: this.index } = keepPlace(items, this.key, this.index));
    if (this.key !== before) this.choosing = false;
    for (const key of [...this.entries.keys()]) if (!items.some((item) => item.key === key)) this.entries.delete(key);
    write(this.title, items.length ? `${t("wall.next")} (${items.length})` : t("wall.next"));
    this.empty.hidden = items.length > 0;
    arrange(this.list, items.map((item) => this.drawOne(item)));
    const [newest] = fresh;
    if (newest && this.drawn) write(this.news, t("queue.new", { text: `${t("queue.from", { seat: newest.attempt.seat })}: ${headline(newest)}` }));
    this.drawn = true;
  }

  /** Waits and durations grow. */
  tick(): void {
    for (const item of this.items) {
      const entry = this.entries.get(item.key);
      if (!entry) continue;
      write(entry.wait, duration(now() - item.since));
      write(entry.title, headline(item));
      const compared = item.kind === "admit" ? entry.body.querySelector(".id-said") : null;
      if (compared && item.kind === "admit") write(compared, comparison(item.identity));
      const image = entry.body.querySelector<HTMLImageElement>("img[data-live]");
      if (image) freshen(image, this.actions.still(item.attempt.attempt));
    }
  }

  move(by: number): void {
    if (!this.items.length) return;
    this.index = Math.min(Math.max(0, this.index + by), this.items.length - 1);
    this.select(this.items[this.index]?.key ?? null, true);
  }

  select(key: string | null, focus = false): void {
    this.key = key;
    this.index = Math.max(0, this.items.findIndex((item) => item.key === key));
    this.choosing = false;
    this.refresh();
    const entry = key ? this.entries.get(key) : undefined;
    entry?.element.scrollIntoView({ block: "nearest" });
    if (focus) entry?.head.focus({ preventScroll: true });
    this.actions.moved(this.selected);
  }

  /** Dismissing needs a reason: the digits are shown. */
  chooseReason(): void {
    if (this.selected?.kind !== "flag" || !this.actions.may.decide_flag) return;
    this.choosing = true;
    this.refresh();
  }

  /** Who somebody is needs a decision: the digits are shown. */
  chooseRuling(): void {
    const item = this.selected;
    if (item?.kind !== "admit" || !undecided(item.identity) || !this.actions.may.decide_identity) return;
    this.choosing = true;
    this.refresh();
  }

  cancelReason(): boolean {
    const was = this.choosing;
    this.choosing = false;
    if (was) this.refresh();
    return was;
  }

  reason(digit: number): void {
    const item = this.selected;
    const [reason, ruling] = [REASONS[digit - 1], RULINGS[digit - 1]];
    if (!this.choosing) return;
    if (item?.kind === "flag" && reason) {
      this.choosing = false;
      this.actions.dismiss(item, reason);
    } else if (item?.kind === "admit" && ruling) {
      this.choosing = false;
      this.refresh();
      this.actions.identify(item, ruling);
    }
  }

  private refresh(): void {
    arrange(this.list, this.items.map((item) => this.drawOne(item)));
  }

  private drawOne(item: Item): HTMLLIElement {
    const entry = this.entries.get(item.key) ?? this.make(item);
    const selected = item.key === this.key;
    set(entry.element, "aria-current", selected ? "true" : null);
    set(entry.head, "aria-expanded", selected ? "true" : "false");
    write(entry.title, headline(item));
    write(entry.wait, duration(now() - item.since));
    const wanted = selected ? `open ${this.choosing} ${detailKey(item)}` : "";
    if (entry.body.dataset["shown"] !== wanted) {
      entry.body.dataset["shown"] = wanted;
      const focused = entry.body.contains(document.activeElement);
      entry.body.replaceChildren(...(selected ? this.detail(item) : []));
      if (focused) entry.head.focus({ preventScroll: true });
    }
    return entry.element;
  }

  private make(item: Item): Entry {
    const severity = item.kind === "flag" ? severityOf(item.flag) : null;
    const sign = severity ? SIGN[severity] : item.kind === "message" ? "✉" : item.kind === "phone" ? "▯" : "◷";
    const title = h("span", { class: "item-title" });
    const wait = h("span", { class: "item-wait" });
    const head = h("button", { type: "button", class: "item-head", onclick: () => this.select(item.key) },
      h("span", { class: `severity ${severity ?? item.kind}`, "aria-hidden": "true" }, sign),
      severity ? h("span", { class: "hidden" }, t(`severity.${severity}`)) : null,
      h("span", { class: "item-seat" }, t("queue.from", { seat: item.attempt.seat })), title, wait);
    const body = h("div", { class: "item-body" });
    const element = h("li", { class: this.drawn ? "item arrives" : "item", "data-severity": severity ?? item.kind }, head, body);
    const entry = { element, head, title, wait, body };
    this.entries.set(item.key, entry);
    return entry;
  }

  private detail(item: Item): Node[] {
    if (item.kind === "flag") return this.flagDetail(item);
    const look = button(t("queue.looks"), "L", () => this.actions.look(item));
    if (item.kind === "admit") return this.admitDetail(item, look);
    if (item.kind === "phone") {
      const acts = this.actions.may.confirm_phone ? [button(t("look.phone.confirm"), "A", () => this.actions.confirmPhone(item), "primary"), button(t("look.phone.refuse"), "", () => this.actions.refusePhone(item))] : [];
      return [this.stillOf(item), h("p", {}, item.attempt.name), h("p", { class: "muted" }, t("queue.phone_hint", { browser: browserOf(item.phone.browser) })), h("div", { class: "item-actions" }, ...acts, look)];
    }
    const said = item.messages.slice(-3).map((message) => h("p", { class: "pre quote" }, message.text));
    const acts = this.actions.may.message ? [button(t("queue.answer"), "M", () => this.actions.answer(item), "primary"), button(t("queue.settle"), "", () => this.actions.settle(item))] : [];
    return [h("p", { class: "muted" }, item.attempt.name), ...said, h("div", { class: "item-actions" }, ...acts, look)];
  }

  /** Where an ID is asked for, the decision about it comes first; the box admits nobody before. */
  private admitDetail(item: Extract<Item, { kind: "admit" }>, look: HTMLElement): Node[] {
    const { attempt, identity } = item;
    const waits = undecided(identity);
    const admit = this.actions.may.admit && !waits ? button(t("queue.admit_go"), "A", () => this.actions.admit(item), "primary") : null;
    const shown = identity.wanted
      ? [pictures(attempt.attempt, identity), h("p", { class: "id-said", "data-of": attempt.attempt }, comparison(identity)), identity.decision ? h("p", { class: "muted" }, t(`ruling.${identity.decision}`), identity.note ? `: ${identity.note}` : "") : null]
      : [];
    const decide = waits && this.actions.may.decide_identity ? [rulings((ruling) => this.actions.identify(item, ruling), this.choosing)] : [];
    const still = identity.wanted && identity.pictured_at !== null ? [] : [this.stillOf(item)];
    return [...still, h("p", {}, attempt.name), ...shown.filter((node) => node !== null), ...decide, h("div", { class: "item-actions" }, admit, look)];
  }

  private flagDetail(item: Extract<Item, { kind: "flag" }>): Node[] {
    const { flag } = item;
    const facts = [numbers(flag), flag.ended_at === null && flag.source === "inference" ? t("queue.ongoing") : "", flag.facts.note ?? ""].filter(Boolean).join(" · ");
    const look = button(t("queue.looks"), "L", () => this.actions.look(item));
    const decide = this.actions.may.decide_flag ? [button(t("queue.confirm"), "C", () => this.actions.confirm(item)), button(t("queue.dismiss"), "D", () => this.chooseReason())] : [];
    const reasons = h("div", { class: "reasons", role: "group", "aria-label": t("queue.reasons") }, h("p", { class: "label" }, t("queue.reasons")),
      ...REASONS.map((reason, n) => button(t(`dismissal.${reason}`), String(n + 1), () => this.actions.dismiss(item, reason))));
    return [this.stillOf(item), h("p", { class: "muted" }, item.attempt.name, facts ? ` · ${facts}` : ""), strip(why(flag)), h("p", { class: "hint" }, innocent(flag)), this.choosing ? reasons : h("div", { class: "item-actions" }, ...decide, look)];
  }

  /** The clearest snapshot of a flag; else the newest still. */
  private stillOf(item: Item): HTMLElement {
    const snapshots = item.kind === "flag" ? item.flag.facts.snapshots : [];
    const best = snapshots.find((s) => s.moment === "peak") ?? snapshots.find((s) => s.moment === "onset") ?? snapshots[0];
    if (item.kind === "flag" && best) return h("img", { class: "item-still", alt: "", src: `/api/flags/${item.flag.flag}/snapshots/${best.moment}` });
    const image = h("img", { class: "item-still", alt: "", "data-live": true });
    freshen(image, this.actions.still(item.attempt.attempt));
    return image;
  }
}

/** The newest still, grey when it is old. */
function freshen(image: HTMLImageElement, still: Still | undefined): void {
  image.hidden = !still;
  if (still && image.src !== still.url) image.src = still.url;
  set(image, "data-old", still !== undefined && now() - still.takenAt > OLD_SECONDS);
}

/** What would change the detail of an item; waits do not. */
function detailKey(item: Item): string {
  if (item.kind === "flag") return JSON.stringify([item.flag.facts, item.flag.ended_at]);
  if (item.kind === "admit") return JSON.stringify(item.identity);
  return item.kind === "message" ? item.messages.map((message) => message.message).join() : "";
}

function headline(item: Item): string {
  if (item.kind === "flag") return flagSentence(item.flag);
  if (item.kind === "admit") return t(undecided(item.identity) ? "queue.identity" : "queue.admit");
  if (item.kind === "phone") return t("queue.phone");
  return t("queue.message", { text: item.messages.at(-1)?.text ?? "" });
}
