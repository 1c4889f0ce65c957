/** One tile a candidate: newest still with its age, who, how the streams are, what is open. */

import { duration, now } from "../lib/clock";
import { arrange, h, set, write } from "../lib/dom";
import { t } from "../lib/strings";
import type { Attempt, Call, Flag, Kind, Pulse } from "../lib/types";
import { healthOf, microphoneOf, severityOf, SIGN, type Severity } from "../lib/words";
import { lacks } from "./admission";
import { columns, size, widest } from "./density";
import { tileOrder, unanswered } from "./queue";
import { stageLine, type Line } from "./stage-line";
import { Stills, type Still } from "./stills";
import { callOf, dayOfAttempt, messagesOf, openFlags, phonesOf, unreadOf, type State } from "./store";

export const OLD_SECONDS = 3;
const SCREEN_OLD_SECONDS = 12;
const DOTS = ["webcam", "screen", "phone", "microphone"] as const;
const STILLS = ["webcam", "screen", "phone"] as const;

interface Actions {
  look(attempt: string): void;
  admit(attempt: string): void;
  mayAdmit: boolean;
}

/** Who is shown, and who is selected. `settled`: messages that need no answer. */
interface Shown {
  search?: string;
  room?: string;
  selected?: string | null;
  settled?: ReadonlySet<string>;
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
  /** The oldest question that nobody has answered was asked then. */
  asked: number | null;
  line: Line;
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

  private count = 0;
  private selected: string | null = null;
  private room = { width: 0, height: 0 };

  constructor(private readonly actions: Actions) {}

  /** The window has room for so much (px). */
  resize(width: number, height: number): void {
    this.room = { width, height };
    this.fit();
  }

  still(attempt: string): Still | undefined {
    return this.stills.get(attempt, "webcam");
  }

  /** Draw who is there, in order; `search` and `room` hide the others. Returns how many are shown. */
  draw(state: State, { search = "", room = "", selected = null, settled = new Set() }: Shown = {}): number {
    this.selected = selected;
    const wanted = search.trim().toLowerCase();
    const here = (attempt: Attempt): boolean => !room || dayOfAttempt(state, attempt.attempt).room === room;
    const shown = tileOrder(state).filter((attempt) => here(attempt) && `${attempt.seat} ${attempt.name}`.toLowerCase().includes(wanted));
    for (const [attempt, tile] of this.tiles) {
      if (state.attempts.has(attempt)) continue;
      this.watch.unobserve(tile.element);
      this.tiles.delete(attempt);
    }
    arrange(this.element, shown.map((attempt) => this.drawOne(state, attempt, selected, settled)));
    const count = [...state.attempts.values()].filter(here).length; // who searches sees the tiles as large as before
    if (count !== this.count) {
      this.count = count;
      this.fit();
    }
    return shown.length;
  }

  /** Only when the window or the number of candidates changes: nothing is measured while pictures come in. */
  private fit(): void {
    const { width, height } = this.room;
    if (!width || !this.count) return;
    const across = columns(this.count, width, height);
    const wide = widest(this.count, across, width, height);
    set(this.element, "data-size", size(wide));
    this.element.style.setProperty("--columns", String(across));
    this.element.style.setProperty("--widest", `${wide}px`);
  }

  /** New health, and whatever stills are newer. */
  beat(pulse: Pulse): void {
    for (const [attempt, tile] of this.tiles) {
      const facts = pulse.attempts[attempt];
      for (const kind of STILLS) {
        dot(tile.dots[kind], kind, healthOf(kind, facts?.health[kind]));
        const seen = this.visible.has(tile.element) || attempt === this.selected; // the list shows that one too
        if (seen && !document.hidden) this.stills.want(attempt, kind, facts?.pictures[kind]);
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

  private drawOne(state: State, attempt: Attempt, selected: string | null, settled: ReadonlySet<string>): HTMLLIElement {
    const tile = this.tiles.get(attempt.attempt) ?? this.make(attempt);
    const flags = openFlags(state, attempt.attempt);
    const unread = unreadOf(state, attempt.attempt).length;
    set(tile.element, "data-stage", attempt.stage);
    set(tile.element, "data-severity", gravest(flags));
    set(tile.element, "data-selected", attempt.attempt === selected);
    write(tile.name, `${attempt.seat} · ${attempt.name}`);
    set(tile.name, "title", attempt.name);
    set(tile.open, "aria-label", t("tile.open", { seat: attempt.seat, name: attempt.name }));
    flagsBadge(tile.flags, flags);
    tile.asked = unanswered(messagesOf(state, attempt.attempt), settled)[0]?.sent_at ?? null;
    drawUnread(tile, unread);
    drawCall(tile.call, callOf(state, attempt.attempt));
    tile.admit.hidden = attempt.stage !== "waiting" || !this.actions.mayAdmit || state.exam.admission === "automatic" || lacks(state, attempt.attempt) !== null;
    tile.dots.phone.hidden = !phonesOf(state, attempt.attempt).some((phone) => phone.state === "confirmed");
    if (tile.dots.phone.hidden) tile.phone.hidden = true; // removed: what it showed last is no picture of now
    const day = dayOfAttempt(state, attempt.attempt);
    tile.line = { attempt, pause: day.pause, again: day.checkin.returned.find((one) => one.stage === attempt.stage)?.times ?? 0 };
    this.age(attempt.attempt, tile);
    return tile.element;
  }

  private make(attempt: Attempt): Tile {
    const id = attempt.attempt;
    const webcam = h("img", { class: "still", alt: "", decoding: "async", hidden: true });
    const screen = h("img", { class: "inset", alt: "", decoding: "async", hidden: true });
    const phone = h("img", { class: "inset second", alt: "", decoding: "async", hidden: true });
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
    const element = h("li", { class: "tile" }, h("div", { class: "tile-picture" }, open, none, h("div", { class: "tile-chips" }, age, stage), phoneAge),
      h("div", { class: "tile-foot" }, name, h("p", { class: "tile-state" }, dots.webcam, dots.screen, dots.microphone, dots.phone, call, flags, unread)), admit);
    const tile: Tile = { element, open, webcam, screen, phone, phoneAge, age, none, name, stage, dots, flags, unread, asked: null, line: { attempt, pause: null, again: 0 }, call, admit };
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
    const old = still ? now() - still.takenAt : Infinity; // read the clock, write only what differs
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
    const { words, urgent } = stageLine(tile.line, now());
    write(tile.stage, words);
    set(tile.stage, "data-urgent", urgent);
    tile.stage.hidden = words === "";
    const waits = tile.asked === null ? null : tile.unread.querySelector(".tile-asked");
    if (waits) write(waits, duration(now() - (tile.asked ?? 0)));
  }
}

function isStill(kind: Kind): kind is (typeof STILLS)[number] {
  return STILLS.some((each) => each === kind);
}

const DOT = { good: "●", weak: "◐", none: "○", unknown: "?" } as const;

/** A shape and a word, and the state in words for who does not see the shape. */
export function dot(element: HTMLElement, kind: (typeof DOTS)[number], state: keyof typeof DOT): void {
  if (element.dataset["state"] === state) return;
  element.dataset["state"] = state;
  element.title = `${t(`kind.${kind}`)}: ${t(`health.${state}`)}`;
  element.replaceChildren(h("span", { class: "dot-name" }, `${t(`health.${kind}`)} `), h("span", { class: "dot-sign", "aria-hidden": "true" }, DOT[state]), h("span", { class: "hidden" }, t(`health.${state}`)));
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

/** Questions: how many are unread, and how long the oldest one waits for an answer. */
function drawUnread(tile: Tile, unread: number): void {
  tile.unread.hidden = unread === 0 && tile.asked === null;
  const key = `${unread} ${tile.asked ?? ""}`;
  if (tile.unread.hidden || tile.unread.dataset["key"] === key) return;
  tile.unread.dataset["key"] = key;
  tile.unread.replaceChildren(h("span", { "aria-hidden": "true" }, unread ? `✉${unread} ` : "✉ "), h("span", { class: "hidden" }, unread ? t("tile.unread", { n: unread }) : t("board.tile.unanswered")),
    h("span", { class: "tile-asked" }, tile.asked === null ? "" : duration(now() - tile.asked)));
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
