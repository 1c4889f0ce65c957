/** Over the tiles: a detector that people keep dismissing at one seat, with the way to mute it there for a lead. */

import { get } from "../lib/api";
import { h } from "../lib/dom";
import { askMute } from "../lib/mute";
import { plural, t } from "../lib/strings";
import { toast } from "../lib/toast";
import type { LedgerEvent } from "../lib/types";
import { flagTitle } from "../lib/words";
import type { State } from "./store";

export interface Trouble {
  attempt: string;
  room: string;
  seat: string;
  code: string;
  channel: string;
  dismissed: number;
  decided: number;
}

interface Said {
  trouble: Trouble[];
  may_mute: boolean;
}

/** Lines at most: the tiles are what a wall is for. */
const IN_SIGHT = 2;
/** Several decisions in a row are asked about once. */
const SOON_MS = 1500;
const CHANGES = new Set(["flag.decided", "rule.muted", "attempt.reseated"]);

export function place({ room, seat }: Pick<Trouble, "room" | "seat">): string {
  return room ? t("seats.room_seat", { room, seat }) : t("seats.seat", { seat });
}

export class Detectors {
  readonly element = h("ul", { class: "detector-hints", "aria-live": "polite", "aria-label": t("seats.hints"), hidden: true });
  private readonly left: Set<string>;
  private timer = 0;

  constructor(private readonly exam: string) {
    this.left = new Set(JSON.parse(sessionStorage.getItem(this.key) ?? "[]") as string[]);
    void this.load();
  }

  /** Decisions change the rates; what is muted is said to everybody who watches. */
  take(events: readonly LedgerEvent[], state: State): void {
    for (const event of events) if (event.type === "rule.muted") this.tell(event, state);
    if (!events.some((event) => CHANGES.has(event.type))) return;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.load(), SOON_MS);
  }

  private get key(): string {
    return `detectors:${this.exam}`;
  }

  private async load(): Promise<void> {
    try {
      this.draw(await get<Said>(`/api/review/exams/${this.exam}/seats`));
    } catch (error) {
      console.info("not known how the detectors do", error); // it is asked again with the next decision
    }
  }

  private draw({ trouble, may_mute }: Said): void {
    const shown = trouble.filter((one) => !this.left.has(name(one)));
    this.element.hidden = !shown.length;
    const kept = new Map([...this.element.children].map((line) => [(line as HTMLElement).dataset["said"], line]));
    const more = shown.length - IN_SIGHT;
    this.element.replaceChildren(...shown.slice(0, IN_SIGHT).map((one) => kept.get(said(one)) ?? this.line(one, may_mute)),
      ...(more > 0 ? [h("li", {}, h("a", { href: `/review/${this.exam}/seats` }, plural("seats.more", more)))] : []));
  }

  private line(one: Trouble, mayMute: boolean): HTMLLIElement {
    const [flag, where] = [flagTitle(one), place(one)];
    const mute = h("button", { type: "button", class: "small", onclick: () => askMute({ attempt: one.attempt, code: one.code, flag, place: where }, true) }, t("seats.mute"));
    const leave = h("button", { type: "button", class: "small quiet", onclick: () => this.leave(one) }, t("seats.not_now"));
    return h("li", { "data-said": said(one) },
      h("span", {}, h("span", { "aria-hidden": "true" }, "◆ "), t("seats.dismissed", { flag, place: where, dismissed: one.dismissed, decided: one.decided })),
      h("span", { class: "muted" }, t(`seats.try.${one.channel}`)),
      h("span", { class: "actions" }, mayMute ? mute : null, leave, h("a", { href: `/review/${this.exam}/seats` }, t("seats.all_seats"))));
  }

  private leave(one: Trouble): void {
    this.left.add(name(one));
    sessionStorage.setItem(this.key, JSON.stringify([...this.left]));
    void this.load();
  }

  private tell(event: LedgerEvent, state: State): void {
    const row = state.attempts.get(event.chain);
    const told = event.payload as { code: string; muted: boolean; reason: string; by_name: string } | null;
    if (!row || !told) return;
    const words = { flag: flagTitle(told), place: t("seats.seat", { seat: row.seat }), name: told.by_name, reason: told.reason };
    toast(t(told.muted ? "seats.told_mute" : "seats.told_unmute", words), { seconds: 8 });
  }
}

function name({ attempt, code }: Trouble): string {
  return `${attempt}/${code}`;
}

function said(one: Trouble): string {
  return `${name(one)}/${one.dismissed}/${one.decided}`;
}
