/** The own picture with outlines of what has to be in it: each says by its line and by words whether it is seen. */

import { h, set, write } from "../lib/dom";
import { t } from "../lib/strings";
import type { MyPosition, Sight } from "../lib/checkin";

export type Shown = "seen" | "ticked" | "not_seen" | "not_assessable" | "unknown";

const SVG = "http://www.w3.org/2000/svg";
/** Where each belongs in a picture of 160 x 90, as somebody at a desk is seen from the front. */
const PLACES: Record<Sight, [number, number, number, number]> = {
  face: [62, 8, 36, 42],
  hands: [38, 62, 84, 18],
  workspace: [6, 58, 148, 28],
  screen: [110, 30, 44, 26],
  materials: [10, 64, 30, 18],
};
/** In the order in which somebody sits down. */
export const SIGHTS: readonly Sight[] = ["face", "hands", "workspace", "screen", "materials"];

export function shownOf(sight: Sight, said: MyPosition | null): Shown {
  if (!said) return "unknown";
  return said.ticked.includes(sight) ? "ticked" : (said.seen[sight] ?? "not_assessable");
}

export class Outline {
  readonly video = h("video", { class: "preview mirrored", "aria-label": t("candidate.equipment.preview"), playsinline: true, autoplay: true });
  private readonly shapes = new Map<Sight, SVGElement>();
  private readonly rows = new Map<Sight, { row: HTMLElement; said: HTMLElement; hint: HTMLElement }>();
  readonly element: HTMLElement;
  readonly list: HTMLElement;

  constructor(private readonly required: readonly Sight[]) {
    this.video.muted = true;
    const drawing = document.createElementNS(SVG, "svg");
    set(drawing, "viewBox", "0 0 160 90");
    set(drawing, "preserveAspectRatio", "none");
    set(drawing, "aria-hidden", "true");
    set(drawing, "class", "outline");
    const wanted = SIGHTS.filter((sight) => required.includes(sight));
    for (const sight of wanted) {
      const shape = document.createElementNS(SVG, sight === "face" ? "ellipse" : "rect");
      this.shapes.set(sight, shape);
      this.place(sight, PLACES[sight]);
      drawing.append(shape);
      const said = h("strong", {}, "");
      const hint = h("span", { class: "hint" });
      this.rows.set(sight, { said, hint, row: h("li", {}, h("span", { class: "sight-name" }, t(`sight.${sight}`)), said, hint) });
    }
    this.element = h("div", { class: "outlined" }, this.video, drawing);
    const list = h("ul", { class: "sights", "aria-label": t("candidate.position.list") }, ...[...this.rows.values()].map(({ row }) => row));
    this.list = h("div", { role: "status" }, list);
  }

  update(said: MyPosition | null): void {
    if (said?.box) this.place("face", scaled(said.box));
    for (const sight of this.required) {
      const shown = shownOf(sight, said);
      const shape = this.shapes.get(sight);
      const row = this.rows.get(sight);
      if (!shape || !row) continue;
      set(shape, "data-state", shown);
      set(row.row, "data-state", shown);
      write(row.said, t(`candidate.position.state.${shown}`));
      write(row.hint, shown === "not_seen" ? t(`candidate.position.hint.${sight}`) : shown === "not_assessable" ? t("candidate.position.person") : "");
    }
  }

  private place(sight: Sight, [x, y, width, height]: readonly [number, number, number, number]): void {
    const shape = this.shapes.get(sight);
    if (!shape) return;
    const said = sight === "face" ? { cx: x + width / 2, cy: y + height / 2, rx: width / 2, ry: height / 2 } : { x, y, width, height, rx: 4 };
    for (const [name, value] of Object.entries(said)) set(shape, name, value.toFixed(1));
  }
}

/** Shares of the picture to the drawing; the drawing is mirrored with the picture. */
function scaled([x, y, width, height]: readonly [number, number, number, number]): [number, number, number, number] {
  return [160 * x, 90 * y, 160 * width, 90 * height];
}
