/** Showing the room: what it is for, recording it, looking at it, sending it. At check-in a step of its own, during the exam a card
 * above it. */

import { plural, t } from "../lib/strings";
import { countdown } from "../lib/clock";
import { h, set, write } from "../lib/dom";
import type { Me } from "../lib/types";
import { action } from "./action";
import { Recording, clipType, type Clip } from "./clip";
import type { Page } from "./step";

const NOTICE = ["what", "who", "how"] as const;

export class RoomScan {
  private readonly why = h("p", { class: "problem mild", role: "status", hidden: true });
  private readonly notice: HTMLElement;
  private readonly video = h("video", { class: "preview", "aria-label": t("candidate.scan.preview"), playsinline: true });
  private readonly left = h("p", { class: "label", role: "timer", hidden: true });
  private readonly said = h("p", { role: "status" });
  private readonly camera = h("button", { type: "button", class: "primary wide" }, t("candidate.equipment.camera_go"));
  private readonly start = action(t("candidate.scan.start"), () => this.begin());
  private readonly stop = action(t("candidate.scan.stop"), () => this.end());
  private readonly send = action(t("candidate.scan.send"), () => this.deliver());
  private readonly again = h("button", { type: "button", class: "wide", onclick: () => this.reset() }, t("candidate.scan.again"));
  readonly element: HTMLElement;
  private recording: Recording | null = null;
  private clip: Clip | null = null;
  private url = "";
  private timer = 0;
  private me: Me;

  constructor(
    private readonly page: Page,
    me: Me,
  ) {
    this.me = me;
    this.video.muted = true;
    this.camera.addEventListener("click", () => void page.equipment.openCamera());
    this.notice = h("ul", { class: "notice" }, ...NOTICE.map((part) => h("li", {}, this.noticed(part))));
    this.element = h("div", { class: "stack" }, this.why, this.notice, this.video, this.left, this.said, this.camera, this.start.element, this.stop.element, this.send.element, this.again);
    this.draw();
  }

  update(me: Me): void {
    this.me = me;
    this.draw();
  }

  leave(): void {
    this.reset();
    this.recording?.drop();
    this.video.srcObject = null;
  }

  private noticed(part: (typeof NOTICE)[number]): string {
    const { plan, checkin } = this.me;
    if (part === "who") return plan.practice ? t("candidate.scan.kept_practice") : plural("candidate.scan.kept", plan.scan_days);
    return t(`candidate.scan.${part}`, { shortest: checkin.scan.shortest, longest: checkin.scan.longest });
  }

  private async begin(): Promise<void> {
    const stream = this.page.equipment.streams.webcam;
    const type = clipType();
    if (!stream || !type) return;
    this.reset();
    this.recording = new Recording(stream, type);
    this.timer = window.setInterval(() => this.tick(), 250);
    this.draw();
    this.stop.button.focus();
  }

  private tick(): void {
    if (!this.recording) return;
    const { longest } = this.me.checkin.scan;
    if (this.recording.seconds >= longest) void this.end();
    else this.draw();
  }

  private async end(): Promise<void> {
    const { recording } = this;
    if (!recording) return;
    clearInterval(this.timer);
    this.recording = null;
    this.clip = await recording.stop();
    this.url = URL.createObjectURL(this.clip.blob);
    this.draw();
    this.send.button.focus();
  }

  private async deliver(): Promise<void> {
    if (!this.clip) return;
    write(this.said, t("candidate.scan.sending", { size: megabytes(this.clip.blob.size) }));
    try {
      await this.page.session.showRoom(this.clip);
      this.reset();
    } finally {
      this.draw();
    }
  }

  private reset(): void {
    clearInterval(this.timer);
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = "";
    this.clip = null;
    this.draw();
  }

  private draw(): void {
    const { recording, clip, me } = this;
    const { scan, returned } = me.checkin;
    const stream = this.page.equipment.streams.webcam;
    const reason = scan.asked?.reason ?? (me.stage === "room_scan" ? (returned.find((one) => one.stage === "room_scan")?.reason ?? "") : "");
    this.why.hidden = reason === "";
    write(this.why, t(scan.number > 0 ? "candidate.scan.once_more" : "candidate.scan.asked", { reason }));
    this.notice.hidden = recording !== null || clip !== null;
    this.show(clip ? null : (stream ?? null));
    const able = clipType() !== null;
    this.left.hidden = recording === null;
    this.stop.element.hidden = recording === null;
    this.start.element.hidden = recording !== null || clip !== null || !stream || !able;
    this.camera.hidden = stream !== undefined || clip !== null;
    this.send.element.hidden = this.again.hidden = clip === null;
    if (recording) this.count(recording.seconds);
    else if (this.send.button.getAttribute("aria-busy") !== "true") write(this.said, t(clip ? "candidate.scan.check" : !able ? "candidate.scan.unable" : stream ? "candidate.scan.ready" : "candidate.scan.no_camera"));
  }

  private count(seconds: number): void {
    const { shortest, longest } = this.me.checkin.scan;
    const early = seconds < shortest;
    write(this.left, t("candidate.scan.left", { time: countdown(longest - seconds) }));
    write(this.said, t(early ? "candidate.scan.go_round" : "candidate.scan.enough"));
    this.stop.button.disabled = early;
  }

  /** The camera while it is recorded, the clip once it is there. */
  private show(stream: MediaStream | null): void {
    const { video, url } = this;
    set(video, "controls", url !== "");
    set(video, "class", url ? "preview" : "preview mirrored");
    video.hidden = !stream && !url;
    if (video.srcObject !== stream) video.srcObject = stream;
    if (url && video.getAttribute("src") !== url) video.src = url;
    if (!url && video.hasAttribute("src")) video.removeAttribute("src");
    if (stream && video.paused) void video.play().catch(() => undefined);
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
