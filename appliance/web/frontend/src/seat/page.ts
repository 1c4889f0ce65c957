/** Asks the box each second what is to be done: check, take part in a rehearsal, or nothing. The camera is on only while something goes
 * on, and everything is judged by the box. */

import { Publisher } from "../candidate/publish";
import { get, post, problemOf } from "../lib/api";
import { time } from "../lib/clock";
import { h, write } from "../lib/dom";
import { watchLevel } from "../lib/meter";
import { t } from "../lib/strings";
import { close, open, sizeOf } from "./camera";
import { colourOf, type Point, type Said } from "./types";

const EVERY_MS = 1000;
const BITRATE = 800_000;
/** Of the candidate's page to the box's names for it. */
const TOLD = new Set(["denied", "missing", "busy", "insecure"]);

export class SeatPage {
  private readonly tab = crypto.getRandomValues(new Uint32Array(2)).join("-");
  private readonly say = h("p", { class: "seat-say", role: "status" });
  private readonly left = h("p", { class: "hint", "aria-hidden": "true" });
  private readonly video = h("video", { class: "seat-picture mirrored", "aria-label": t("seat.preview"), playsinline: true, autoplay: true, hidden: true });
  private readonly meter = h("meter", { min: 0, max: 100, value: 0, "aria-label": t("own_check.level"), hidden: true });
  private readonly go = h("button", { type: "button", class: "primary wide", onclick: () => void this.check() }, t("seat.go"));
  private readonly skip = h("button", { type: "button", class: "wide", hidden: true, onclick: () => void this.leaveOut() }, t("seat.skip"));
  private readonly take = h("button", { type: "button", class: "wide", hidden: true, onclick: () => void this.look(true) }, t("seat.take"));
  private readonly problem = h("div", { class: "problem", role: "alert", hidden: true });
  private readonly verdict = h("h2", {});
  private readonly when = h("p", { class: "hint" });
  private readonly points = h("ul", { class: "plain" });
  private readonly result = h("section", { class: "stack", "aria-live": "polite" }, this.verdict, this.when, this.points);
  private stream: MediaStream | null = null;
  private publisher: Publisher | null = null;
  private publishing = "";
  private opening = false;
  private quiet: (() => void) | null = null;
  private shown = "";
  /** Counts what was asked for here: an answer to an earlier question says how it was before. */
  private asked = 0;

  constructor(root: HTMLElement) {
    this.video.muted = true;
    root.replaceChildren(this.problem, h("section", { class: "card stack" }, this.say, this.left, this.video, this.meter, this.go, this.skip, this.take), this.result);
    write(this.say, t("seat.intro"));
    if (!navigator.mediaDevices) this.insecure();
    void this.look(true);
    setInterval(() => void this.look(false), EVERY_MS);
  }

  // --- the box ---

  private async look(takes: boolean): Promise<void> {
    const before = this.asked;
    try {
      const said = await get<Said>(`/api/seat?tab=${encodeURIComponent(this.tab)}${takes ? "&takes=1" : ""}`);
      if (before === this.asked) this.heard(said);
    } catch (error) {
      const problem = problemOf(error);
      if (problem.status === 409) return this.unbound();
      write(this.say, t("seat.away"));
    }
  }

  private async check(): Promise<void> {
    this.go.disabled = true;
    this.problem.hidden = true;
    const opened = await this.opened();
    try {
      if (!this.stream) {
        const trouble = opened ?? "";
        if (TOLD.has(trouble)) this.heard(await post<Said>("/api/seat/trouble", { trouble }));
        else this.wrong(t("candidate.trouble.unknown"), "");
        return;
      }
      this.asked += 1;
      const microphone = this.stream.getAudioTracks().length > 0;
      this.heard(await post<Said>("/api/seat/check", { ...sizeOf(this.stream), microphone }));
    } catch (error) {
      const { sentence, hint } = problemOf(error);
      this.wrong(sentence, hint);
      this.rest();
    } finally {
      this.go.disabled = false;
    }
  }

  private async leaveOut(): Promise<void> {
    this.skip.hidden = true;
    try {
      this.heard(await post<Said>("/api/seat/skip"));
    } catch (error) {
      const { sentence, hint } = problemOf(error);
      this.wrong(sentence, hint);
    }
  }

  // --- what it says ---

  private heard(said: Said): void {
    const step = said.elsewhere ? "elsewhere" : (said.step ?? "idle");
    const goes = step !== "idle" && step !== "elsewhere";
    write(this.say, step === "idle" ? t("seat.intro") : step === "elsewhere" ? `${t("seat.elsewhere")}. ${t("seat.elsewhere_hint")}` : t(`seat.${step}`));
    write(this.left, goes && said.left !== undefined ? t("seat.left", { n: Math.ceil(said.left) }) : "");
    this.go.hidden = goes || said.elsewhere;
    this.skip.hidden = step !== "card";
    this.take.hidden = !said.elsewhere;
    if (goes && said.door && said.run) void this.send(said.run, said.door);
    else this.rest();
    if (!said.elsewhere) this.show(said);
  }

  private async send(run: string, door: NonNullable<Said["door"]>): Promise<void> {
    if (this.publishing === run) return this.publisher?.renew(door);
    if (!this.stream) await this.opened(); // a rehearsal begins by itself, where the camera was permitted before
    if (!this.stream || this.publishing === run) return;
    this.publisher?.stop();
    this.publishing = run;
    this.publisher = new Publisher("webcam", { bitrate: BITRATE, layers: true }, () => this.line());
    void this.publisher.start(this.stream, door);
  }

  private line(): void {
    if (this.publisher?.line === "full") void post("/api/seat/trouble", { trouble: "full" }).catch(problemOf);
  }

  private show(said: Said): void {
    const points = said.points ?? [];
    const key = JSON.stringify([points, said.stale, said.checked_at]);
    if (key === this.shown) return;
    this.shown = key;
    const colour = colourOf(points);
    write(this.verdict, t(points.length === 0 ? "seat.never" : colour === "green" ? "seat.well" : "seat.ill"));
    write(this.when, said.checked_at ? `${t("seat.checked", { time: time(said.checked_at) })}${said.stale ? ` · ${t("seat.old")}` : ""}` : "");
    this.points.replaceChildren(...points.map((one) => row(one)));
    write(this.go, t(points.length ? "seat.again" : "seat.go"));
  }

  // --- the camera ---

  /** -> what went wrong. */
  private async opened(): Promise<string | null> {
    if (this.stream || this.opening) return null;
    this.opening = true;
    const { stream, trouble } = await open();
    this.opening = false;
    this.stream = stream;
    this.video.srcObject = stream;
    this.video.hidden = stream === null;
    if (stream?.getAudioTracks().length) {
      this.meter.hidden = false;
      this.quiet = watchLevel(stream, (level) => this.meter.setAttribute("value", String(level)));
    }
    return trouble;
  }

  private rest(): void {
    if (this.go.disabled && !this.publishing) return; // the check is just being asked for
    this.publisher?.stop();
    this.publisher = null;
    this.publishing = "";
    this.quiet?.();
    this.quiet = null;
    close(this.stream);
    this.stream = null;
    this.video.srcObject = null;
    this.video.hidden = this.meter.hidden = true;
  }

  private wrong(sentence: string, hint: string): void {
    this.problem.replaceChildren(h("p", {}, h("strong", {}, sentence)), h("p", {}, hint));
    this.problem.hidden = false;
  }

  private insecure(): void {
    this.problem.replaceChildren(h("p", {}, h("strong", {}, t("seat.insecure"))), h("p", {}, t("seat.insecure_hint")), h("p", {}, h("a", { href: "/trust" }, t("seat.trust"))));
    this.problem.hidden = false;
  }

  private unbound(): void {
    this.rest();
    this.wrong(t("seat.unbound"), t("seat.unbound_hint"));
    this.go.hidden = true;
  }
}

function row(one: Point): HTMLElement {
  return h("li", { class: "card board-todo", "data-tone": one.colour }, h("h3", {}, h("span", { class: "board-sign", "aria-hidden": "true" }, one.sign), ` ${one.name}: ${one.said}`), one.do ? h("p", {}, one.do) : null);
}
