/** The list "Next": one place for everything that wants a decision, walked by J and K. */

import { now } from "../lib/clock";
import { arrange, h, set, write } from "../lib/dom";
import { t } from "../lib/strings";
import { comparison, rulingOf } from "../look/identity";
import { detail, freshen, type Choosing, type Deeds } from "./detail";
import { colour, detailKey, headline, REASONS, sign, wait, type Reasoned } from "./items";
import { keepPlace, type Item } from "./queue";
import { undecided } from "./store";

interface Actions extends Deeds {
  /** The proctor went to another item. The list that changes by itself moves nobody: a look stays with its candidate. */
  moved(item: Item | null): void;
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
  private choosing: Choosing = null;
  private drawn = false;

  constructor(private readonly actions: Actions) {}

  get selected(): Item | null {
    return this.items.find((item) => item.key === this.key) ?? null;
  }

  /** Is a digit awaited that says why a flag is decided so, or who a candidate is? */
  get choosingReason(): boolean {
    return this.choosing !== null;
  }

  draw(items: Item[]): void {
    const fresh = items.filter((item) => !this.entries.has(item.key));
    const before = this.key;
    this.items = items;
    ({ key: this.key, index: this.index } = keepPlace(items, this.key, this.index));
    if (this.key !== before) this.choosing = null;
    for (const key of [...this.entries.keys()]) if (!items.some((item) => item.key === key)) this.entries.delete(key);
    write(this.title, items.length ? `${t("wall.next")} (${items.length})` : t("wall.next"));
    this.empty.hidden = items.length > 0;
    this.refresh();
    const [newest] = fresh;
    if (newest && this.drawn) write(this.news, t("queue.new", { text: `${t("queue.from", { seat: newest.attempt.seat })}: ${headline(newest)}` }));
    this.drawn = true;
  }

  /** Waits and durations grow. */
  tick(): void {
    for (const item of this.items) {
      const entry = this.entries.get(item.key);
      if (!entry) continue;
      write(entry.wait, wait(item));
      write(entry.title, headline(item));
      const compared = "identity" in item ? entry.body.querySelector(".id-said") : null;
      if (compared && "identity" in item) write(compared, comparison(item.identity, now()));
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
    this.choosing = null;
    this.refresh();
    const entry = key ? this.entries.get(key) : undefined;
    entry?.element.scrollIntoView({ block: "nearest" });
    if (focus) entry?.head.focus({ preventScroll: true });
    this.actions.moved(this.selected);
  }

  /** Dismissing needs a reason, and so does leaving it open: the digits are shown. */
  chooseReason(decision: Reasoned): void {
    if (this.selected?.kind !== "flag" || !this.actions.may.decide_flag) return;
    this.choosing = decision;
    this.refresh();
  }

  /** Who somebody is needs a decision: the digits are shown. */
  chooseRuling(): void {
    const item = this.selected;
    if (!item || !("identity" in item) || !undecided(item.identity) || !this.actions.may.decide_identity) return;
    this.choosing = "ruling";
    this.refresh();
  }

  cancelReason(): boolean {
    const was = this.choosing !== null;
    this.choosing = null;
    if (was) this.refresh();
    return was;
  }

  reason(digit: number): void {
    const item = this.selected;
    const { choosing } = this;
    const ruling = rulingOf(digit, this.actions.knownAllowed());
    if (choosing === null || !item) return;
    if (item.kind === "flag" && choosing !== "ruling") {
      const reason = REASONS[choosing][digit - 1];
      if (!reason) return;
      this.choosing = null;
      this.actions.reason(item, choosing, reason);
    } else if ("identity" in item && ruling) {
      this.choosing = null;
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
    write(entry.wait, wait(item));
    const wanted = selected ? `open ${this.choosing} ${detailKey(item)}` : "";
    if (entry.body.dataset["shown"] !== wanted) {
      entry.body.dataset["shown"] = wanted;
      const focused = entry.body.contains(document.activeElement);
      entry.body.replaceChildren(...(selected ? detail(item, this.actions, this.choosing, (decision) => this.chooseReason(decision)) : []));
      if (focused) entry.head.focus({ preventScroll: true });
    }
    return entry.element;
  }

  private make(item: Item): Entry {
    const look = colour(item);
    const title = h("span", { class: "item-title" });
    const waits = h("span", { class: "item-wait" });
    const head = h("button", { type: "button", class: "item-head", onclick: () => this.select(item.key) },
      h("span", { class: `severity ${look}`, "aria-hidden": "true" }, sign(item)),
      item.kind === "flag" ? h("span", { class: "hidden" }, t(`severity.${look}`)) : null,
      h("span", { class: "item-seat" }, t("queue.from", { seat: item.attempt.seat })), title, waits);
    const body = h("div", { class: "item-body" });
    const element = h("li", { class: this.drawn ? "item arrives" : "item", "data-severity": look, "data-kind": item.kind }, head, body);
    const entry = { element, head, title, wait: waits, body };
    this.entries.set(item.key, entry);
    return entry;
  }
}
