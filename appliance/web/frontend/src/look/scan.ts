/** Room scans: the clip, what was said of it, and the verdict of a person. */

import { button } from "../lib/button";
import { time } from "../lib/clock";
import type { Scan } from "../lib/day";
import { arrange, h } from "../lib/dom";
import { t } from "../lib/strings";
import type { Attempt } from "../lib/types";
import type { Conduct } from "../wall/conduct";

/** The clip of a scan, to be played. */
export function clip(attempt: string, scan: Scan): HTMLElement {
  const video = h("video", { class: "scan-clip", controls: true, preload: "metadata", playsinline: true, src: `/api/attempts/${attempt}/scans/${scan.scan}` });
  video.setAttribute("aria-label", t("board.scan.clip", { n: String(scan.number ?? 1) }));
  return video;
}

export class ScanPanel {
  private readonly list = h("ol", { class: "plain-list scans" });
  readonly element = h("section", { class: "look-scans", hidden: true }, h("h3", {}, t("board.scan.title")), this.list);
  private readonly entries = new Map<string, { element: HTMLLIElement; key: string }>();

  constructor(private readonly attempt: Attempt, private readonly conduct: Conduct) {}

  /** `open`: a verdict can be given now. Newest first. */
  update(scans: readonly Scan[], open: boolean): void {
    this.element.hidden = scans.length === 0;
    arrange(this.list, [...scans].reverse().map((scan) => this.entry(scan, open)));
  }

  /** C: the newest one is clear. -> was there one to say it of? */
  confirm(scans: readonly Scan[]): boolean {
    const newest = waiting(scans);
    if (newest) void this.conduct.clearScan(this.attempt, newest);
    return newest !== undefined;
  }

  private entry(scan: Scan, open: boolean): HTMLLIElement {
    const key = JSON.stringify([scan, open]);
    const known = this.entries.get(scan.scan) ?? { element: h("li", {}), key: "" };
    this.entries.set(scan.scan, known);
    if (known.key !== key) {
      known.key = key;
      known.element.replaceChildren(...this.content(scan, open));
    }
    return known.element;
  }

  private content(scan: Scan, open: boolean): Node[] {
    if (scan.recorded_at === null) return [h("p", {}, t("board.scan.asked", { time: time(scan.asked_at ?? 0), by: scan.asked_by, reason: scan.reason }))];
    const said = t("board.scan.recorded", { n: String(scan.number ?? 1), time: time(scan.recorded_at), seconds: Math.round(scan.seconds ?? 0) });
    const verdict = scan.verdict ? h("p", {}, t(`board.scan.verdict.${scan.verdict}`, { by: scan.reviewed_by ?? "", time: time(scan.reviewed_at ?? 0), note: scan.note ?? "" })) : null;
    const acts = open && !scan.verdict
      ? h("div", { class: "item-actions" }, button(t("board.scan.clear"), "C", () => void this.conduct.clearScan(this.attempt, scan), "primary"), button(t("board.scan.again"), "", () => this.conduct.scanAgain(this.attempt, scan)))
      : null;
    const seen = scan.there ? clip(this.attempt.attempt, scan) : h("p", { class: "muted" }, t("board.scan.deleted"));
    return [h("p", {}, said), seen, verdict, acts].filter((node) => node !== null);
  }
}

/** The newest scan that nobody has judged. */
export function waiting(scans: readonly Scan[]): Scan | undefined {
  return scans.findLast((scan) => scan.recorded_at !== null && scan.verdict === null && scan.there);
}
