/** The bar over the wall: which exam, what time, who is where, and whether the line is there. */

import { countdown, now, shortTime, time } from "../lib/clock";
import { h, set, write } from "../lib/dom";
import type { Observable } from "../lib/observable";
import { t } from "../lib/strings";
import { toggleTheme } from "../lib/theme";
import { CLOSED, type Pulse } from "../lib/types";
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
  keys(): void;
}

export class Bar {
  private readonly title = h("h1", {});
  private readonly clock = h("span", { class: "bar-clock" });
  private readonly left = h("span", { class: "muted" });
  private readonly counts = h("span", { class: "muted bar-counts" });
  private readonly box = h("span", { class: "box-state" });
  private readonly field: HTMLInputElement;
  readonly element: HTMLElement;
  readonly banner: HTMLElement;

  constructor(observed: Observable<Line>, actions: Actions) {
    const state = line(observed);
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
      h("div", { class: "bar-end" }, this.field, state.element, this.box,
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
    const attempts = [...state.attempts.values()];
    const count = (name: string, n: number): string => t(`wall.count.${name}`, { n });
    const gone = attempts.filter((attempt) => CLOSED.includes(attempt.stage)).length;
    write(this.counts, [
      count("in_exam", attempts.filter((attempt) => attempt.stage === "in_exam").length),
      count("waiting", attempts.filter((attempt) => attempt.stage === "waiting").length),
      ...(gone ? [count("gone", gone)] : []),
    ].join(" · "));
    this.tick(state, live);
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
