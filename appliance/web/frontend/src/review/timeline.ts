/** One timeline for everything: a slider in words, lanes in shapes and colours. All that is drawn here is also in lists. */

import { time, zoneAt } from "../lib/clock";
import { h, set } from "../lib/dom";
import { t } from "../lib/strings";
import { here, recorded, playable, unwatched, when, type Item, type Lane } from "./items";
import { laneHeights, type Lanes } from "./lanes";
import { loudest, type Sound } from "./sound";
import { union, without, type Pair } from "./spans";
import { mark, patterns, rect, svg, text, wave } from "./shapes";
import type { Review } from "./types";
import { around, following, moved, ticks, ZOOMS, type View, type Zoom } from "./view";

interface Actions {
  seek(wall: number): void;
  select(flag: string): void;
  /** Where the pointer is, and how far from the left; null: it is gone. */
  hover(at: { wall: number; x: number; items: Item[] } | null): void;
}

export interface Marks {
  in: number | null;
  out: number | null;
}

const RULER = 22;
const LEAST = 2;
const SAY_SECONDS = 10;

export class Timeline {
  private readonly picture = svg("svg", { class: "tl-picture", "aria-hidden": "true", focusable: "false" });
  private readonly drawn = svg("g", {});
  private readonly head = svg("g", { class: "tl-head" });
  private readonly labels = h("div", { class: "tl-labels", "aria-hidden": "true" });
  private readonly slider: HTMLElement;
  private readonly zoomer = h("div", { class: "tl-zoom", role: "group", "aria-label": t("reviewing.zoom.label") });
  private readonly pan: HTMLInputElement;
  readonly element: HTMLElement;
  private review!: Review;
  private items: readonly Item[] = [];
  private sounds: readonly Sound[] = [];
  private marks: Marks = { in: null, out: null };
  private selected: string | null = null;
  private whole: View = { from: 0, to: 1 };
  private view: View = { from: 0, to: 1 };
  private zoomed: Zoom = null;
  private wall = 0;
  private saidAt = -Infinity;
  private width = 800;
  private due = 0;
  private lanes: Lanes = laneHeights([]);

  constructor(private readonly actions: Actions) {
    this.slider = h("div", { class: "tl", role: "slider", tabindex: 0, "aria-label": t("reviewing.timeline.label"), "aria-orientation": "horizontal" });
    this.slider.append(this.picture);
    this.picture.append(patterns(), this.drawn, this.head);
    this.pan = h("input", { type: "range", class: "tl-pan", "aria-label": t("reviewing.zoom.pan"), hidden: true, oninput: () => this.panTo(Number(this.pan.value)) });
    this.zoomer.append(...ZOOMS.map((zoom) => {
      const name = String(zoom ?? "whole");
      return h("button", { type: "button", class: "small", "data-zoom": name, onclick: () => this.zoom(zoom) }, t(`reviewing.zoom.${name}`));
    }));
    this.element = h("section", { class: "tl-box", "aria-label": t("reviewing.timeline.title") }, h("div", { class: "tl-grid" }, this.labels, this.slider), this.pan);
    new ResizeObserver(() => this.resized()).observe(this.slider);
    this.listen();
    this.markZoom();
  }

  get zoomButtons(): HTMLElement {
    return this.zoomer;
  }

  draw(review: Review, items: readonly Item[], sounds: readonly Sound[], marks: Marks, selected: string | null): void {
    const first = this.review === undefined;
    Object.assign(this, { review, items, sounds, marks, selected });
    this.whole = { from: review.sample?.starts_at ?? review.starts_at, to: Math.max(review.sample?.ends_at ?? review.ends_at, review.starts_at + 1) };
    if (first) this.wall = this.whole.from;
    this.view = this.zoomed === null || first ? around(this.whole, this.zoomed, this.wall) : moved(this.whole, this.view, 0);
    this.lanes = laneHeights(lanesOf(review, items, sounds));
    set(this.slider, "aria-valuemin", Math.floor(this.whole.from));
    set(this.slider, "aria-valuemax", Math.ceil(this.whole.to));
    this.redraw();
    this.say();
  }

  /** The moment that is shown. While it plays, a screen reader is not told every second. */
  at(wall: number, playing: boolean): void {
    this.wall = wall;
    const view = following(this.whole, this.view, wall);
    if (view.from !== this.view.from) {
      this.view = view;
      this.redraw();
    }
    this.moveHead();
    if (!playing || Math.abs(wall - this.saidAt) >= SAY_SECONDS) this.say();
  }

  zoom(zoom: Zoom): void {
    this.zoomed = zoom;
    this.view = around(this.whole, zoom, this.wall);
    this.markZoom();
    this.redraw();
  }

  /** The next of: whole, half an hour, five minutes. */
  nextZoom(): void {
    this.zoom(ZOOMS[(ZOOMS.indexOf(this.zoomed) + 1) % ZOOMS.length] ?? null);
  }

  focus(): void {
    this.slider.focus();
  }

  private listen(): void {
    let held = false;
    const wallOf = (event: PointerEvent | MouseEvent): number => {
      const box = this.slider.getBoundingClientRect();
      const share = Math.max(0, Math.min(1, (event.clientX - box.left) / Math.max(1, box.width)));
      return this.view.from + share * (this.view.to - this.view.from);
    };
    this.slider.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      const flag = (event.target as Element).closest?.("[data-flag]")?.getAttribute("data-flag");
      if (flag) return this.actions.select(flag);
      held = true;
      this.slider.setPointerCapture(event.pointerId);
      this.actions.seek(wallOf(event));
    });
    this.slider.addEventListener("pointermove", (event) => {
      const wall = wallOf(event);
      if (held) this.actions.seek(wall);
      const reach = ((this.view.to - this.view.from) / this.width) * 5;
      const near = this.items.filter((one) => wall >= one.from - reach && wall <= one.to + reach);
      this.actions.hover({ wall, x: event.clientX - this.slider.getBoundingClientRect().left, items: near });
    });
    const leave = (): void => { held = false; };
    this.slider.addEventListener("pointerup", leave);
    this.slider.addEventListener("pointercancel", leave);
    this.slider.addEventListener("pointerleave", () => this.actions.hover(null));
    this.slider.addEventListener("wheel", (event) => {
      const by = event.deltaX || (event.shiftKey ? event.deltaY : 0);
      if (!by || this.zoomed === null) return;
      event.preventDefault();
      this.view = moved(this.whole, this.view, (by / this.width) * (this.view.to - this.view.from));
      this.redraw();
    }, { passive: false });
  }

  private panTo(from: number): void {
    this.view = moved(this.whole, this.view, from - this.view.from);
    this.redraw();
  }

  private resized(): void {
    const width = Math.round(this.slider.clientWidth);
    if (!width || width === this.width) return;
    this.width = width;
    this.redraw();
  }

  private markZoom(): void {
    for (const button of this.zoomer.children) set(button, "aria-pressed", String((button as HTMLElement).dataset["zoom"] === String(this.zoomed ?? "whole")));
  }

  /** Once for each picture that the browser draws, however much changed. */
  private redraw(): void {
    cancelAnimationFrame(this.due);
    this.due = requestAnimationFrame(() => this.render());
  }

  private render(): void {
    if (!this.review) return;
    const height = RULER + this.lanes.height;
    set(this.picture, "viewBox", `0 0 ${this.width} ${height}`);
    set(this.picture, "height", height);
    this.drawn.replaceChildren(...this.ruler(height), ...this.waves(), ...this.recordings(), ...this.watched(), ...this.things(), ...this.edges(height));
    this.labels.replaceChildren(h("span", { class: "tl-label" }, ""), ...this.lanes.list.map((lane) => h("span", { class: "tl-label" }, t(`reviewing.lane.${lane.lane}`))));
    (this.labels.firstElementChild as HTMLElement).style.blockSize = `${RULER}px`;
    this.lanes.list.forEach((lane, n) => { (this.labels.children[n + 1] as HTMLElement).style.blockSize = `${lane.height}px`; });
    this.pan.hidden = this.view.from <= this.whole.from && this.view.to >= this.whole.to;
    set(this.pan, "min", this.whole.from);
    set(this.pan, "max", this.whole.to - (this.view.to - this.view.from));
    this.pan.value = String(this.view.from);
    set(this.pan, "aria-valuetext", t("reviewing.zoom.shown", { from: time(this.view.from), to: time(this.view.to) }));
    this.moveHead();
  }

  private x(wall: number): number {
    return ((wall - this.view.from) / (this.view.to - this.view.from)) * this.width;
  }

  /** Of a span what is in sight, as (x, width); null where nothing is. */
  private extent(from: number, to: number): [number, number] | null {
    if (to < this.view.from || from > this.view.to) return null;
    const left = this.x(Math.max(from, this.view.from));
    return [left, Math.max(LEAST, this.x(Math.min(to, this.view.to)) - left)];
  }

  private ruler(height: number): SVGElement[] {
    const found = ticks(this.view, this.width, zoneAt(this.view.from));
    const fine = (found[1] ?? 0) - (found[0] ?? 0) < 60;
    return [
      ...found.map((at) => rect({ class: "tl-tick", x: this.x(at), y: RULER - 5, width: 1, height: height - RULER + 5 })),
      ...found.filter((at) => this.x(at) < this.width - 40).map((at) => text({ class: "tl-time", x: this.x(at) + 3, y: 13 }, fine ? time(at) : time(at).slice(0, 5))),
      ...this.lanes.list.map((lane) => rect({ class: "tl-rule", x: 0, y: RULER + lane.top, width: this.width, height: 1 })),
    ];
  }

  private waves(): SVGElement[] {
    const lane = this.lanes.of("sound");
    if (!lane) return [];
    const each = (this.view.to - this.view.from) / this.width;
    return this.sounds.map((sound) => wave((x) => loudest(sound, this.view.from + x * each, this.view.from + (x + 1) * each), this.width, RULER + lane.top + 2, lane.height - 4));
  }

  /** Of each feed what is on the disk: a thin line; what is not, stands on it as items. */
  private recordings(): SVGElement[] {
    const lane = this.lanes.of("recording");
    if (!lane) return [];
    return this.review.feeds.flatMap((feed, n) => union(feed.segments.filter(playable).map((one): Pair => [one.starts_at, one.starts_at + one.duration])).flatMap(([from, to]) => {
      const extent = this.extent(from, to);
      return extent ? [rect({ class: "tl-recorded", x: extent[0], y: RULER + lane.top + 4 + n * 9, width: extent[1], height: 6, rx: 2 })] : [];
    }));
  }

  private watched(): SVGElement[] {
    const lane = this.lanes.of("watched");
    if (!lane) return [];
    const seen = without(recorded(this.review), unwatched(this.review));
    return seen.flatMap(([from, to]) => {
      const extent = this.extent(from, to);
      return extent ? [rect({ class: "tl-watched", x: extent[0], y: RULER + lane.top + 4, width: extent[1], height: lane.height - 8, rx: 2 })] : [];
    });
  }

  private things(): SVGElement[] {
    return this.items.flatMap((one) => {
      const lane = this.lanes.of(one.lane);
      const extent = this.extent(one.from, one.to);
      if (!lane || !extent) return [];
      return [mark(one, { x: extent[0], width: extent[1], at: this.x(one.from), top: RULER + lane.top, height: lane.height, row: this.rowOf(one), selected: one.flag?.flag === this.selected })];
    });
  }

  private rowOf(one: Item): number {
    if (one.lane === "flags") return ["high", "medium", "low", "technical"].indexOf(one.look);
    return Math.max(0, this.review.feeds.findIndex((feed) => feed.kind === one.kind));
  }

  private edges(height: number): SVGElement[] {
    const found: SVGElement[] = [];
    const { in: from, out: to } = this.marks;
    if (from !== null || to !== null) {
      const extent = this.extent(from ?? to ?? 0, to ?? from ?? 0);
      if (extent) found.push(rect({ class: "tl-marked", x: extent[0], y: RULER - 4, width: extent[1], height: height - RULER + 4 }));
    }
    if (this.review.live) {
      const x = this.x(this.review.ends_at);
      found.push(rect({ class: "tl-live", x: x - 2, y: RULER, width: 2, height: height - RULER }));
    }
    return found;
  }

  private moveHead(): void {
    if (!this.review) return;
    const x = this.x(this.wall);
    const height = RULER + this.lanes.height;
    if (!this.head.firstChild) this.head.append(rect({ class: "tl-line", x: -1, y: 0, width: 2, height: 10 }), svg("path", { d: "M-6 0H6L0 9Z" }));
    set(this.head.firstElementChild as Element, "height", height);
    set(this.head, "transform", `translate(${x.toFixed(1)} 0)`);
    set(this.head, "visibility", x < -1 || x > this.width + 1 ? "hidden" : "visible");
  }

  /** The slider in words: the time, and what is there. */
  private say(): void {
    if (!this.review) return;
    this.saidAt = this.wall;
    const there = here(this.items, this.wall).map((one) => one.words);
    set(this.slider, "aria-valuenow", Math.round(this.wall));
    set(this.slider, "aria-valuetext", [time(this.wall), ...there].join("; "));
  }
}

/** Lanes that have something on them; flags and the recording are always there. */
function lanesOf(review: Review, items: readonly Item[], sounds: readonly Sound[]): { lane: Lane | "sound"; feeds: number }[] {
  const used = new Set(items.map((one) => one.lane));
  const all: (Lane | "sound")[] = ["flags", "sound", "stages", "rests", "said", "recording", "analysis", "watched", "overlaps"];
  const always = new Set<Lane | "sound">(review.sample ? ["recording"] : ["flags", "recording", "watched"]);
  return all.filter((lane) => (review.sample && (lane === "flags" || lane === "watched") ? false : always.has(lane) || (lane === "sound" ? sounds.length > 0 : used.has(lane))))
    .map((lane) => ({ lane, feeds: review.feeds.length }));
}

/** The words of a moment, for under the pointer. */
export function sayItems(items: readonly Item[]): string[] {
  return items.map((one) => `${one.sign ? `${one.sign} ` : ""}${one.words} · ${when(one)}`);
}
