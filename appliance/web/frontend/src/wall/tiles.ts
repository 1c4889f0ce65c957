/** One tile a candidate: newest still with its age, who, how the streams are, what is open. */

import { duration, countdown, now } from "../lib/clock";
import { arrange, h, set, write } from "../lib/dom";
import { t } from "../lib/strings";
import type { Attempt, Call, Flag, Kind, Pulse } from "../lib/types";
import { healthOf, microphoneOf, severityOf, SIGN, type Severity } from "../lib/words";
import { callOf, identityOf, openFlags, phonesOf, undecided, unreadOf, type State } from "./store";
import { tileOrder } from "./queue";
import { Stills, type Still } from "./stills";

export const OLD_SECONDS = 3;
const SCREEN_OLD_SECONDS = 12;
const SHORT_SECONDS = 600;

/** Up to so many candidates the tiles may be so large; 24 small ones fit a laptop's screen. */
const SIZES = [[4, "huge"], [8, "large"], [15, "middle"]] as const;

const DOTS = ["webcam", "screen", "phone", "microphone"] as const;
const STILLS = ["webcam", "screen", "phone"] as const;

interface Actions {
  look(attempt: string): void;
  admit(attempt: string): void;
  mayAdmit: boolean;
}

interface Tile {
  element: HTMLLIElement;
  open: HTMLButtonElement;
  webcam: HTMLImageElement;
  screen: HTMLImageElement;
  age: HTMLElement;
  none: HTMLElement;
  name: HTMLElement;
  stage: HTMLElement;
  phone: HTMLImageElement;
  phoneAge: HTMLElement;
  dots: Record<(typeof DOTS)[number], HTMLElement>;
  flags: HTMLElement;
  unread: HTMLElement;
  call: HTMLElement;
  admit: HTMLButtonElement;
}

export class Tiles {
  readonly element = h("ul", { class: "tiles", "aria-label": t("wall.tiles") });
  private readonly tiles = new Map<string, Tile>();
  private readonly stills = new Stills((attempt, kind) => this.picture(attempt, kind));
  private readonly visible = new Set<Element>();
  private readonly watch = new IntersectionObserver((entries) => {
    for (const entry of entries) entry.isIntersecting ? this.visible.add(entry.target) : this.visible.delete(entry.target);
  });

  constructor(private readonly actions: Actions) {}

  still(attempt: string): Still | undefined {
    return this.stills.get(attempt, "webcam");
  }

  /** Draw who is there, in order; `search` hides the others. Returns how many are shown. */
  draw(state: State, search: string, selected: string | null): number {
    const wanted = search.trim().toLowerCase();
    const shown = tileOrder(state).filter((attempt) => `${attempt.seat} ${attempt.name}`.toLowerCase().includes(wanted));
    for (const [attempt, tile] of this.tiles) {
      if (state.attempts.has(attempt)) continue;
      this.watch.unobserve(tile.element);
      this.tiles.delete(attempt);
    }
    set(this.element, "data-size", SIZES.find(([upTo]) => state.attempts.size <= upTo)?.[1] ?? "small");
    arrange(this.element, shown.map((attempt) => this.drawOne(state, attempt, selected)));
    return shown.length;
  }

  /** New health, and whatever stills are newer. */
  beat(pulse: Pulse): void {
    for (const [attempt, tile] of this.tiles) {
      const facts = pulse.attempts[attempt];
      for (const kind of STILLS) {
        dot(tile.dots[kind], kind, healthOf(kind, facts?.health[kind]));
        if (this.visible.has(tile.element) && !document.hidden) this.stills.want(attempt, kind, facts?.pictures[kind]);
      }
      dot(tile.dots.microphone, "microphone", microphoneOf(facts?.health.webcam));
      for (const kind of STILLS) if (!facts?.pictures[kind]) this.picture(attempt, kind);
    }
  }

  /** Ages grow whether or not the line is there: frozen never looks live, and what is not known is not shown as good. */
  tick(live: boolean): void {
    for (const [attempt, tile] of this.tiles) {
      this.age(attempt, tile);
      if (!live) for (const kind of DOTS) dot(tile.dots[kind], kind, "unknown");
    }
  }

  focus(attempt: string): void {
    this.tiles.get(attempt)?.open.focus();
  }

  private drawOne(state: State, attempt: Attempt, selected: string | null): HTMLLIElement {
    const tile = this.tiles.get(attempt.attempt) ?? this.make(attempt);
    const flags = openFlags(state, attempt.attempt);
    const unread = unreadOf(state, attempt.attempt).length;
    set(tile.element, "data-stage", attempt.stage);
    set(tile.element, "data-severity", gravest(flags));
    set(tile.element, "data-selected", attempt.attempt === selected);
    write(tile.name, `${attempt.seat} · ${attempt.name}`);
    set(tile.open, "aria-label", t("tile.open", { seat: attempt.seat, name: attempt.name }));
    flagsBadge(tile.flags, flags);
    tile.unread.hidden = unread === 0;
    if (unread) tile.unread.replaceChildren(h("span", { "aria-hidden": "true" }, `✉${unread}`), h("span", { class: "hidden" }, t("tile.unread", { n: unread })));
    drawCall(tile.call, callOf(state, attempt.attempt));
    tile.admit.hidden = attempt.stage !== "waiting" || !this.actions.mayAdmit || state.exam.admission === "automatic" || undecided(identityOf(state, attempt.attempt));
    tile.dots.phone.hidden = !phonesOf(state, attempt.attempt).some((phone) => phone.state === "confirmed");
    if (tile.dots.phone.hidden) tile.phone.hidden = true; // removed: what it showed last is no picture of now
    tile.element.dataset["stageAt"] = String(attempt.stage_at);
    tile.element.dataset["endsAt"] = attempt.ends_at === null ? "" : String(attempt.ends_at);
    this.age(attempt.attempt, tile);
    return tile.element;
  }

  private make(attempt: Attempt): Tile {
    const id = attempt.attempt;
    const webcam = h("img", { class: "still", alt: "", hidden: true });
    const screen = h("img", { class: "inset", alt: "", hidden: true });
    const phone = h("img", { class: "inset second", alt: "", hidden: true });
    const age = h("span", { class: "age" });
    const phoneAge = h("span", { class: "second-age", hidden: true });
    const none = h("span", { class: "none" }, t("tile.no_picture"));
    const open = h("button", { type: "button", class: "tile-open", onclick: () => this.actions.look(id) }, webcam, screen, phone);
    const name = h("h3", {});
    const stage = h("p", { class: "tile-stage" });
    const dots = { webcam: h("span", { class: "dot" }), screen: h("span", { class: "dot" }), phone: h("span", { class: "dot", hidden: true }), microphone: h("span", { class: "dot microphone" }) };
    for (const kind of DOTS) dot(dots[kind], kind, "none");
    const flags = h("span", { class: "tile-flags", hidden: true });
    const unread = h("span", { class: "tile-unread", hidden: true });
    const call = h("span", { class: "tile-call", hidden: true });
    const admit = h("button", { type: "button", class: "primary small", hidden: true, onclick: () => this.actions.admit(id) }, t("tile.admit"));
    const element = h("li", { class: "tile" }, h("div", { class: "tile-picture" }, open, none, age, phoneAge), admit,
      h("div", { class: "tile-foot" }, h("div", { class: "tile-who" }, name, stage), h("p", { class: "tile-state" }, dots.webcam, dots.screen, dots.microphone, dots.phone, call, flags, unread)));
    const tile = { element, open, webcam, screen, phone, phoneAge, age, none, name, stage, dots, flags, unread, call, admit };
    this.tiles.set(id, tile);
    this.watch.observe(element);
    return tile;
  }

  private picture(attempt: string, kind: Kind): void {
    const tile = this.tiles.get(attempt);
    if (!tile || !isStill(kind)) return;
    const still = this.stills.get(attempt, kind);
    const image = tile[kind];
    if (still) image.src = still.url;
    image.hidden = !still || (kind === "phone" && tile.dots.phone.hidden);
    if (kind === "webcam") this.age(attempt, tile);
  }

  private age(attempt: string, tile: Tile): void {
    const still = this.stills.get(attempt, "webcam");
    const old = still ? now() - still.takenAt : Infinity;
    const behind = this.stills.get(attempt, "screen");
    set(tile.element, "data-old", still !== undefined && old > OLD_SECONDS);
    const beside = this.stills.get(attempt, "phone");
    set(tile.phone, "data-old", beside !== undefined && now() - beside.takenAt > OLD_SECONDS);
    tile.phoneAge.hidden = !beside || tile.phone.hidden;
    if (beside) write(tile.phoneAge, t("tile.phone", { duration: duration(now() - beside.takenAt) }));
    set(tile.screen, "data-old", behind !== undefined && now() - behind.takenAt > SCREEN_OLD_SECONDS);
    tile.none.hidden = still !== undefined;
    tile.age.hidden = !still;
    if (still) write(tile.age, old > OLD_SECONDS ? t("tile.frozen", { duration: duration(old) }) : t("tile.age", { n: Math.max(0, Math.round(old)) }));
    const words = stageLine(tile.element.dataset);
    write(tile.stage, words);
    tile.stage.hidden = words === "";
  }
}

function isStill(kind: Kind): kind is (typeof STILLS)[number] {
  return STILLS.some((each) => each === kind);
}

function stageLine(data: DOMStringMap): string {
  const words = t(`stage.${data["stage"] ?? "invited"}`);
  if (data["stage"] === "waiting") return t("tile.waits", { duration: duration(now() - Number(data["stageAt"])) });
  if (data["stage"] === "in_exam" && data["endsAt"]) {
    const left = Number(data["endsAt"]) - now();
    return left < SHORT_SECONDS ? t("tile.left", { time: countdown(left) }) : ""; // all is as it should be: say nothing
  }
  return words;
}

const DOT = { good: "●", weak: "◐", none: "○", unknown: "?" } as const;

/** A shape and a word, and the state in words for who does not see the shape. */
export function dot(element: HTMLElement, kind: (typeof DOTS)[number], state: keyof typeof DOT): void {
  if (element.dataset["state"] === state) return;
  element.dataset["state"] = state;
  element.title = `${t(`kind.${kind}`)}: ${t(`health.${state}`)}`;
  element.replaceChildren(`${t(`health.${kind}`)} `, h("span", { "aria-hidden": "true" }, DOT[state]), h("span", { class: "hidden" }, t(`health.${state}`)));
}

const ORDER: Severity[] = ["high", "medium", "low", "technical"];

export function gravest(flags: readonly Flag[]): Severity | null {
  return ORDER.find((severity) => flags.some((flag) => severityOf(flag) === severity)) ?? null;
}

function drawCall(element: HTMLElement, call: Call | undefined): void {
  element.hidden = !call;
  if (call && element.dataset["call"] !== call.call) element.replaceChildren(h("span", { "aria-hidden": "true" }, "☎ "), t("tile.call", { name: call.by_name }));
  element.dataset["call"] = call?.call ?? "";
}

function flagsBadge(element: HTMLElement, flags: readonly Flag[]): void {
  element.hidden = flags.length === 0;
  const found = ORDER.map((severity) => ({ severity, n: flags.filter((flag) => severityOf(flag) === severity).length })).filter(({ n }) => n > 0);
  const key = found.map(({ severity, n }) => `${severity}${n}`).join();
  if (element.dataset["key"] === key) return;
  element.dataset["key"] = key;
  element.replaceChildren(
    ...found.map(({ severity, n }) => h("span", { class: `severity ${severity}`, "aria-hidden": "true" }, `${SIGN[severity]}${n}`)),
    h("span", { class: "hidden" }, t("tile.flags", { n: flags.length })),
  );
}
