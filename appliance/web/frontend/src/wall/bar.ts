/** The bar over the wall: which exam, what time, who is where, and whether the line is there. */

import { countdown, now, shortTime, time } from "../lib/clock";
import { h, set, write } from "../lib/dom";
import type { Observable } from "../lib/observable";
import { t } from "../lib/strings";
import { toggleTheme } from "../lib/theme";
import type { Boot, Pulse } from "../lib/types";
import { count, roomsOf } from "./counts";
import type { Line } from "./follow";
import type { State } from "./store";

/** The connection line and, while it is down, a banner that says what that means. */
export function line(observed: Observable<Line>): { element: HTMLElement; banner: HTMLElement } {
  const element = h("span", { class: "line-state", role: "status" });
  const banner = h("p", { class: "line-banner", role: "alert", hidden: true });
  observed.watch((value) => {
    set(element, "data-line", value.state);
    write(element, words(value));
    const down = value.state === "offline" || value.state === "silent";
    banner.hidden = !down;
    write(banner, down ? t("wall.line.offline_long", { time: time(value.since) }) : "");
  });
  return { element, banner };
}

function words(value: Line): string {
  switch (value.state) {
    case "catching":
      return t("wall.line.catching", { n: value.behind });
    case "offline":
    case "silent":
      return t(`wall.line.${value.state}`, { time: time(value.since) });
    default:
      return t(`wall.line.${value.state}`);
  }
}

interface Actions {
  search(text: string): void;
  room(name: string): void;
  keys(): void;
  announce(): void;
}

export class Bar {
  private readonly title = h("h1", {});
  private readonly clock = h("span", { class: "bar-clock" });
  private readonly left = h("span", { class: "muted" });
  private readonly counts = h("span", { class: "muted bar-counts" });
  private readonly box = h("span", { class: "box-state" });
  private readonly field: HTMLInputElement;
  private readonly rooms = h("select", { class: "small", "aria-label": t("board.room.label"), hidden: true });
  private room = "";
  readonly element: HTMLElement;
  readonly banner: HTMLElement;

  /** `more`: what else stands at the end of the bar. */
  constructor(observed: Observable<Line>, boot: Boot, actions: Actions, more: readonly HTMLElement[]) {
    const state = line(observed);
    const announce = boot.may.announce ? h("button", { type: "button", class: "quiet", onclick: actions.announce }, h("kbd", { "aria-hidden": "true" }, "X"), t("board.announce.open")) : null;
    const readOnly = boot.may.message ? null : h("span", { class: "read-only" }, t("board.read_only"));
    this.rooms.addEventListener("change", () => { this.room = this.rooms.value; actions.room(this.room); });
    this.banner = state.banner;
    this.field = h("input", { type: "search", class: "search", placeholder: t("wall.search_short"), "aria-label": t("wall.search"), oninput: () => actions.search(this.field.value) });
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      this.field.value = "";
      actions.search("");
      this.field.blur();
    });
    this.element = h("header", { class: "wall-bar" },
      this.title, this.clock, this.left, this.counts,
      h("div", { class: "bar-end" }, readOnly, this.rooms, this.field, state.element, this.box, ...more, announce,
        h("button", { type: "button", class: "quiet", onclick: actions.keys }, h("kbd", { "aria-hidden": "true" }, "?"), t("wall.keys")),
        h("button", { type: "button", class: "quiet", onclick: () => toggleTheme() }, t("nav.theme")),
        h("a", { class: "button quiet", href: "/wall" }, t("wall.other"))));
  }

  focusSearch(): void {
    this.field.focus();
    this.field.select();
  }

  draw(state: State, live: boolean): void {
    write(this.title, state.exam.title);
    this.drawRooms(state);
    const n = count(state, now(), this.room);
    const say = (name: string, of: number): string => t(`wall.count.${name}`, { n: of });
    const before = n.checkedIn < n.expected - n.absent - n.done; // somebody is still to come, or checks in
    write(this.counts, [
      ...(before ? [t("board.count.here", { arrived: n.arrived, all: n.expected }), t("board.count.checked_in", { n: n.checkedIn })] : []),
      say("in_exam", n.inExam),
      ...(n.away ? [t("board.count.away", { n: n.away })] : []),
      say("waiting", n.waiting),
      ...(n.absent ? [t("board.count.absent", { n: n.absent })] : []),
      ...(n.done ? [say("gone", n.done)] : []),
    ].join(" · "));
    this.tick(state, live);
  }

  /** Which room is looked at, where the exam has several: how many are expected, here, checked in and absent in each. */
  private drawRooms(state: State): void {
    const rooms = roomsOf(state);
    this.rooms.hidden = rooms.length === 0;
    const options = rooms.length ? ["", ...rooms].map((room) => {
      const n = count(state, now(), room);
      const values = { room: room || t("board.room.all"), arrived: n.arrived, expected: n.expected, checked: n.checkedIn, absent: n.absent };
      return { room, label: t(n.absent ? "board.room.absent" : "board.room.one", values) };
    }) : [];
    const key = JSON.stringify(options);
    if (this.rooms.dataset["key"] === key) return;
    this.rooms.dataset["key"] = key;
    this.rooms.replaceChildren(...options.map(({ room, label }) => h("option", { value: room, selected: room === this.room }, label)));
  }

  tick(state: State, live: boolean): void {
    this.box.hidden = !live; // what it was is not what it is
    write(this.clock, shortTime(now()));
    const ends = [...state.attempts.values()].flatMap((attempt) => (attempt.stage === "in_exam" && attempt.ends_at !== null ? [attempt.ends_at] : []));
    const last = Math.max(...ends);
    write(this.left, state.exam.ended_at !== null ? t("wall.ended") : ends.length ? t("wall.left", { time: countdown(last - now()) }) : "");
  }

  beat(pulse: Pulse): void {
    const ill = Object.entries(pulse.processes).filter(([, process]) => !process.healthy);
    const [first] = ill;
    set(this.box, "data-state", first ? "ill" : "ok");
    write(this.box, first ? t("wall.box.ill", { process: named(first[0]), sentence: first[1].sentence }) : t("wall.box.ok"));
  }
}

/** capture-2 -> "Recording 2": the box has several of some processes. */
function named(process: string): string {
  const [service, number] = process.split("-");
  return [t(`process.${service}`), number].filter(Boolean).join(" ");
}
