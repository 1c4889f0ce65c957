/** The newest still of one feed, asked for each second: what is shown while a live picture cannot be. */

import { now } from "../lib/clock";
import { h, write } from "../lib/dom";
import { t } from "../lib/strings";
import type { Kind } from "../lib/types";

const EVERY_MS = 1000;

export class LatestStill {
  private readonly image = h("img", { alt: "" });
  private readonly age = h("span", { class: "age" });
  readonly element = h("div", { class: "live-still" }, this.image, this.age);
  private timer = 0;
  private number = "";
  private takenAt = 0;

  constructor(
    private readonly attempt: string,
    private readonly kind: Kind,
    label: string,
  ) {
    this.image.alt = label;
    void this.next();
  }

  close(): void {
    clearTimeout(this.timer);
    this.timer = -1;
    URL.revokeObjectURL(this.image.src);
    this.element.remove();
  }

  private async next(): Promise<void> {
    try {
      const headers = this.number ? { "If-None-Match": this.number } : {};
      const response = await fetch(`/api/attempts/${this.attempt}/picture/${this.kind}`, { headers, cache: "no-store", signal: AbortSignal.timeout(8000) });
      if (this.timer !== -1 && response.status === 200) this.show(await response.blob(), response.headers);
    } catch {
      // the age of the old one says how old it is
    }
    if (this.timer === -1) return;
    if (this.takenAt) write(this.age, t("tile.age", { n: Math.max(0, Math.round(now() - this.takenAt)) }));
    this.timer = window.setTimeout(() => void this.next(), EVERY_MS);
  }

  private show(picture: Blob, headers: Headers): void {
    URL.revokeObjectURL(this.image.src);
    this.image.src = URL.createObjectURL(picture);
    this.number = headers.get("ETag") ?? "";
    this.takenAt = Number(headers.get("X-Taken-At")) || now();
  }
}
