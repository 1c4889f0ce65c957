/** What plays it: one row of buttons, the time, the speed. Every button also says its key. */

import { time } from "../lib/clock";
import { h, set, write } from "../lib/dom";
import { t } from "../lib/strings";
import type { Moment } from "./player/player";
import type { Marks } from "./timeline";

export const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4, 6, 8] as const;

/** The next slower or faster one. */
export function speedBeside(speed: number, way: 1 | -1): number {
  const sorted = way === 1 ? SPEEDS.find((one) => one > speed) : SPEEDS.findLast((one) => one < speed);
  return sorted ?? speed;
}

export interface Controls {
  toggle(): void;
  move(seconds: number): void;
  step(frames: 1 | -1): void;
  flag(way: 1 | -1): void;
  speed(value: number): void;
  stopAtFlags(on: boolean): void;
  skipQuiet(on: boolean): void;
  mark(which: "in" | "out" | "clear"): void;
  go(): void;
}

export class Transport {
  private readonly clock = h("strong", { class: "rv-clock" });
  private readonly state = h("span", { class: "rv-play-state", role: "status" });
  private readonly play: HTMLButtonElement;
  private readonly speed: HTMLSelectElement;
  private readonly stop: HTMLButtonElement;
  private readonly skip: HTMLButtonElement;
  private readonly marked = h("span", { class: "rv-marked" });
  private readonly clear: HTMLButtonElement;
  readonly element: HTMLElement;
  /** Where a span is marked. */
  readonly marking: HTMLElement;
  private stopping = false;
  private skipping = false;

  /** `skips`: it is known what is quiet. */
  constructor(controls: Controls, flags: boolean, skips = flags) {
    const b = (sign: string, name: string, key: string, run: () => void, kind = ""): HTMLButtonElement =>
      h("button", { type: "button", class: `rv-button ${kind}`.trim(), onclick: run, "aria-label": t(`reviewing.control.${name}`), "aria-keyshortcuts": key, title: t("reviewing.control.titled", { what: t(`reviewing.control.${name}`), key }) }, h("span", { "aria-hidden": "true" }, sign));
    this.play = b("▶", "play", "K", () => controls.toggle(), "primary");
    this.speed = h("select", { class: "small", "aria-label": t("look.speed"), onchange: () => controls.speed(Number(this.speed.value)) }, ...SPEEDS.map((one) => h("option", { value: one, selected: one === 1 }, t("reviewing.control.times", { n: one }))));
    this.stop = this.toggle("stop", "Q", () => { this.stopping = !this.stopping; controls.stopAtFlags(this.stopping); });
    this.skip = this.toggle("skip", "X", () => { this.skipping = !this.skipping; controls.skipQuiet(this.skipping); });
    this.clear = h("button", { type: "button", class: "small quiet", hidden: true, onclick: () => controls.mark("clear") }, t("reviewing.control.clear_marks"));
    const group = (label: string, ...inside: HTMLElement[]): HTMLElement => h("div", { class: "rv-group", role: "group", "aria-label": t(`reviewing.control.${label}`) }, ...inside);
    const walk = flags ? [b("◀▲", "previous", "P", () => controls.flag(-1)), b("▲▶", "next", "N", () => controls.flag(1))] : [];
    this.element = h("div", { class: "rv-transport" },
      h("button", { type: "button", class: "quiet rv-time", onclick: () => controls.go(), title: t("reviewing.control.titled", { what: t("reviewing.key.go"), key: "G" }) }, this.clock, h("span", { class: "hidden" }, t("reviewing.key.go"))),
      group("playing", ...walk.slice(0, 1), b("−10", "back", "J", () => controls.move(-10)), b("‹", "frame_back", ",", () => controls.step(-1)), this.play, b("›", "frame_on", ".", () => controls.step(1)), b("+10", "on", "L", () => controls.move(10)), ...walk.slice(1)),
      this.state,
      group("how", this.speed, ...(flags ? [this.stop] : []), ...(skips ? [this.skip] : [])));
    this.marking = group("marks", h("button", { type: "button", class: "small", onclick: () => controls.mark("in") }, h("kbd", { "aria-hidden": "true" }, "I"), t("reviewing.control.in")), h("button", { type: "button", class: "small", onclick: () => controls.mark("out") }, h("kbd", { "aria-hidden": "true" }, "O"), t("reviewing.control.out")), this.marked, this.clear);
  }

  draw(moment: Moment): void {
    write(this.clock, time(moment.wall));
    const running = moment.state === "playing" || moment.state === "waiting" || moment.state === "loading";
    write(this.play.firstElementChild as Element, moment.state === "playing" || moment.state === "waiting" ? "❚❚" : "▶");
    set(this.play, "aria-label", t(`reviewing.control.${moment.state === "playing" || moment.state === "waiting" ? "pause" : "play"}`));
    write(this.state, running && moment.state !== "playing" ? t(`reviewing.state.${moment.state}`) : moment.state === "ended" ? t("reviewing.state.ended") : "");
    const speed = String(moment.speed);
    if (this.speed.value !== speed) this.speed.value = speed;
  }

  drawMarks(marks: Marks): void {
    const { in: from, out: to } = marks;
    this.clear.hidden = from === null && to === null;
    write(this.marked, from === null && to === null ? "" : t("reviewing.control.marked", { from: from === null ? "…" : time(from), to: to === null ? "…" : time(to) }));
  }

  toggleStop(): void {
    this.stop.click();
  }

  toggleSkip(): void {
    this.skip.click();
  }

  private toggle(name: "stop" | "skip", key: string, run: () => void): HTMLButtonElement {
    const element: HTMLButtonElement = h("button", { type: "button", class: "small rv-toggle", "aria-pressed": "false", "aria-keyshortcuts": key, onclick: () => { run(); set(element, "aria-pressed", String(name === "stop" ? this.stopping : this.skipping)); } }, h("kbd", { "aria-hidden": "true" }, key), t(`reviewing.control.${name}`));
    return element;
  }
}
