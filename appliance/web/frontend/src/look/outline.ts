/** An outline of the head over a live picture, as the box sees it while somebody takes position. */

import { h } from "../lib/dom";

type Box = readonly [number, number, number, number];

export class Outline {
  readonly element = h("div", { class: "head-outline", "aria-hidden": "true", hidden: true });

  /** `box`: left, top, width, height as shares of the picture. */
  draw(box: Box | null): void {
    this.element.hidden = box === null;
    if (!box) return;
    const [left, top, width, height] = fitted(box, this.aspect);
    const { style } = this.element;
    style.left = `${100 * left}%`; // a picture is not mirrored by the direction of writing
    style.top = `${100 * top}%`;
    style.width = `${100 * width}%`;
    style.height = `${100 * height}%`;
  }

  private get aspect(): number {
    const video = this.element.parentElement?.querySelector("video");
    return video?.videoWidth ? video.videoWidth / video.videoHeight : FRAME;
  }
}

/** The frame is 16:9, whatever the camera sends. */
const FRAME = 16 / 9;

/** A box of the picture as a box of the frame that the whole picture is fitted into. */
export function fitted([left, top, width, height]: Box, aspect: number): Box {
  const across = Math.min(1, aspect / FRAME);
  const down = Math.min(1, FRAME / aspect);
  return [(1 - across) / 2 + left * across, (1 - down) / 2 + top * down, width * across, height * down];
}
