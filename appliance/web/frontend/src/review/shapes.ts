/** The shapes on the timeline. Colour is never alone: severities have shapes, spans have patterns. */

import type { Item } from "./items";

const SVG = "http://www.w3.org/2000/svg";

type Values = Readonly<Record<string, string | number | undefined>>;

export function svg<K extends keyof SVGElementTagNameMap>(tag: K, values: Values): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(values)) if (value !== undefined) element.setAttribute(name, typeof value === "number" ? String(Math.round(value * 10) / 10) : value);
  return element;
}

export const rect = (values: Values): SVGRectElement => svg("rect", values);

export function text(values: Values, words: string): SVGTextElement {
  const element = svg("text", values);
  element.textContent = words;
  return element;
}

/** Stripes: one way for what is missing, the other for what nobody saw. */
export function patterns(): SVGDefsElement {
  const defs = svg("defs", {});
  for (const [id, d] of [["gap", "M-2 8L8 -2M0 14L14 0"], ["unseen", "M-2 4L4 -2M0 8L8 0M4 10L10 4"], ["rest", "M0 0L8 8M-4 4L4 12M4 -4L12 4"]] as const) {
    const pattern = svg("pattern", { id: `tl-${id}`, width: 8, height: 8, patternUnits: "userSpaceOnUse" });
    pattern.append(svg("path", { d, class: `tl-stripe ${id}` }));
    defs.append(pattern);
  }
  return defs;
}

/** Half of the levels above a middle line, the same below; stretches that were not measured yet stay a thin line. */
export function wave(level: (x: number) => number | null, width: number, top: number, height: number): SVGElement {
  const middle = top + height / 2;
  let d = "";
  for (let x = 0; x < width; x++) {
    const loud = level(x);
    const half = loud === null || loud === 0 ? 0 : Math.max(0.5, (Math.max(0, loud - 60) / 195) * (height / 2));
    if (half) d += `M${x + 0.5} ${(middle - half).toFixed(1)}V${(middle + half).toFixed(1)}`;
  }
  const group = svg("g", { class: "tl-wave" });
  group.append(rect({ class: "tl-silence", x: 0, y: middle, width, height: 1 }), svg("path", { d: d || "M0 0" }));
  return group;
}

interface Where {
  /** What of it is in sight. */
  x: number;
  width: number;
  /** Where it begins, be it out of sight. */
  at: number;
  top: number;
  height: number;
  row: number;
  selected: boolean;
}

const FLAG_ROW = 14;
/** Stripes cannot be seen on less. */
const NARROW = 7;
const FILLS: Readonly<Record<string, string>> = { gap: "gap", filled: "gap", deleted: "rest", missing: "gap", changed: "rest", missed: "gap", unwatched: "unseen", rest: "rest" };
/** A decision beside the sign, so that it is not said by paleness alone. */
const DECIDED: Readonly<Record<string, string>> = { confirmed: "✓", dismissed: "×", inconclusive: "?" };

export function mark(one: Item, where: Where): SVGElement {
  const group = svg("g", { class: `tl-item ${one.lane} ${one.look}`, "data-item": one.id });
  if (one.lane === "flags" && one.flag) return flagMark(group, one, where);
  if (one.lane === "said") {
    group.append(text({ class: "tl-sign", x: where.x, y: where.top + 16 }, one.sign));
    return group;
  }
  if (one.lane === "recording") {
    const y = where.top + 4 + where.row * 9;
    if (one.to > one.from) group.append(rect({ class: "tl-hole", x: where.x, y, width: where.width, height: 6 }), rect({ class: where.width < NARROW ? "tl-fill narrow" : "tl-fill", x: where.x, y, width: where.width, height: 6, fill: where.width < NARROW ? undefined : fillOf(one) }));
    else group.append(text({ class: "tl-sign", x: where.x - 4, y: y + 8 }, "⚠"));
    return group;
  }
  const thin = one.lane === "analysis" || one.lane === "watched";
  const y = where.top + (thin ? 4 : 3);
  const height = where.height - (thin ? 8 : 6);
  group.append(rect({ class: "tl-block", x: where.x, y, width: where.width, height, rx: 2 }));
  if (FILLS[one.look]) group.append(rect({ class: "tl-fill", x: where.x, y, width: where.width, height, rx: 2, fill: fillOf(one) }));
  if (!thin) group.append(...named(one, where, y, height));
  return group;
}

/** The name, as far as there is room. */
function named(one: Item, where: Where, y: number, height: number): SVGElement[] {
  const room = Math.floor((where.width - 8) / 6.6);
  const words = room >= one.words.length ? one.words : room > 5 ? `${one.words.slice(0, room - 1)}…` : room > 1 ? one.sign : "";
  return words ? [text({ class: "tl-name", x: where.x + 4, y: y + height / 2 + 4 }, words)] : [];
}

function flagMark(group: SVGGElement, one: Item, where: Where): SVGElement {
  const y = where.top + 2 + Math.max(0, where.row) * FLAG_ROW;
  const flag = one.flag!;
  group.setAttribute("data-flag", flag.flag);
  group.setAttribute("data-state", flag.state);
  group.setAttribute("data-category", flag.category);
  if (where.selected) group.append(rect({ class: "tl-ring", x: where.at - 9, y: y - 2, width: Math.max(18, where.width + 14), height: FLAG_ROW + 4, rx: 4 }));
  if (one.to > one.from) group.append(rect({ class: "tl-bar", x: where.x, y: y + 4, width: where.width, height: 6, rx: 3 }));
  group.append(rect({ class: "tl-touch", x: where.at - 9, y: y - 2, width: Math.max(18, where.width + 10), height: FLAG_ROW + 2 }));
  group.append(text({ class: "tl-sign", x: where.at, y: y + 12 }, one.sign));
  const decided = DECIDED[flag.state];
  if (decided) group.append(text({ class: "tl-decided", x: where.at + 7, y: y + 9 }, decided));
  return group;
}

function fillOf(one: Item): string {
  return `url(#tl-${FILLS[one.look] ?? "gap"})`;
}
