/** A spot check of the sound: what a candidate's microphone hears, played live; that somebody listened is noted (proctoring.md M61).
 * Muting stops what is played here, never what is recorded. */

import { post } from "../lib/api";
import { duration, now } from "../lib/clock";
import { h, write } from "../lib/dom";
import { Listener } from "../lib/listen";
import { t } from "../lib/strings";
import type { Attempt, Door } from "../lib/types";
import type { Conduct } from "./conduct";

/** So long it must have played to count as listened to (s). */
const COUNTS_AFTER = 3;

export class Listening {
  private readonly said = h("span", {});
  readonly element = h("p", { class: "listening", role: "status", hidden: true }, h("span", { "aria-hidden": "true" }, "♪ "), this.said,
    h("button", { type: "button", class: "small", onclick: () => this.stop() }, h("kbd", { "aria-hidden": "true" }, "H"), t("board.listen.stop")));
  private listener: Listener | null = null;
  private attempt: Attempt | null = null;
  private heardSince = 0;
  private noted = false;

  constructor(private readonly conduct: Conduct) {}

  /** Listen to this candidate; or stop, if it is done already. */
  toggle(attempt: Attempt): void {
    const same = this.attempt?.attempt === attempt.attempt;
    this.stop();
    if (same) return;
    this.attempt = attempt;
    this.noted = false;
    this.listener = new Listener(() => post<Door>(`/api/attempts/${attempt.attempt}/view`, { kind: "webcam" }), () => this.changed(), true);
    this.tick();
  }

  stop(): void {
    this.listener?.close();
    this.listener = null;
    this.attempt = null;
    this.heardSince = 0;
    this.element.hidden = true;
  }

  tick(): void {
    const { attempt, listener } = this;
    this.element.hidden = !attempt;
    if (!attempt || !listener) return;
    const seconds = this.heardSince ? now() - this.heardSince : 0;
    const state = this.heardSince ? t("board.listen.live", { duration: duration(seconds) }) : t(`board.listen.${listener.hearing}`);
    write(this.said, t("board.listen.to", { seat: attempt.seat, name: attempt.name, state }));
    if (seconds < COUNTS_AFTER || this.noted) return;
    this.noted = true;
    void this.conduct.attend(attempt.attempt, "listen");
  }

  private changed(): void {
    if (this.listener?.hearing === "live") this.heardSince ||= now();
    else this.heardSince = 0;
    this.tick();
  }
}
