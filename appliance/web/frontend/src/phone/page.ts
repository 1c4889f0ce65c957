/** What the phone shows: whose second camera it is, what it sees, what becomes of it, and the one thing to do. */

import { Publisher } from "../candidate/publish";
import { h, set, write } from "../lib/dom";
import { t } from "../lib/strings";
import { Awake } from "./awake";
import type { Camera } from "./camera";
import { Link } from "./link";
import { Sheets } from "./sheets";

export class PhonePage {
  private readonly link = new Link();
  private readonly awake = new Awake();
  private publisher: Publisher | null = null;
  private sent: MediaStream | null = null;
  private readonly portrait = matchMedia("(orientation: portrait)");

  private readonly title = h("h1", {}, t("phone.title"));
  private readonly exam = h("p", { class: "muted" });
  private readonly recorded = h("p", { class: "recorded", role: "status" });
  private readonly intro = h("p", {}, t("phone.intro"));
  private readonly video = h("video", { class: "phone-preview", "aria-label": t("phone.preview"), playsinline: true, autoplay: true });
  private readonly trouble = h("div", { class: "problem", role: "alert", hidden: true });
  private readonly open = h("button", { type: "button", class: "primary wide", onclick: () => void this.camera.open() }, t("phone.open"));
  private readonly flip = h("button", { type: "button", class: "wide", onclick: () => void this.camera.flip() });
  private readonly held = h("p", { class: "hint" });
  private readonly sleepy = h("p", { class: "hint" });
  private readonly place = h("p", { class: "hint" }, t("phone.place"));
  private readonly gone = h("div", { class: "problem", role: "alert", hidden: true },
    h("p", {}, h("strong", {}, t("phone.gone"))), h("p", {}, t("phone.gone_hint")), h("p", {}, h("a", { class: "button", href: "/phone/join" }, t("phone.again"))));
  private readonly parts: HTMLElement[];
  private readonly sheets: Sheets;

  constructor(root: HTMLElement, private readonly camera: Camera) {
    this.video.muted = true;
    this.parts = [this.intro, this.video, this.trouble, this.open, this.flip, this.held, this.sleepy, this.place];
    this.sheets = new Sheets(camera, () => this.link.refresh());
    root.replaceChildren(this.title, this.exam, this.gone, this.recorded, this.sheets.element, h("section", { class: "card stack" }, ...this.parts));
    const draw = (): void => this.draw();
    this.link.addEventListener("change", () => this.heard());
    this.camera.addEventListener("change", () => this.seen());
    this.awake.addEventListener("change", draw);
    this.portrait.addEventListener("change", draw);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.camera.trouble === "lost") void this.camera.open(); // woken up again
    });
    this.draw();
    this.link.start();
    void this.camera.resume();
  }

  /** The box has spoken. */
  private heard(): void {
    if (this.link.gone || this.link.over) {
      this.publisher?.stop();
      this.publisher = null;
      this.awake.release();
      if (this.camera.stream) this.camera.close();
    }
    this.send();
    this.draw();
  }

  private seen(): void {
    if (this.camera.stream) this.awake.hold();
    this.send();
    this.draw();
  }

  /** Nothing leaves this phone before a proctor has confirmed it. */
  private send(): void {
    const { said } = this.link;
    const door = said?.feeds.phone;
    const { stream } = this.camera;
    if (!said || !door) return;
    this.publisher ??= new Publisher("phone", { bitrate: said.bitrate, layers: true }, () => this.draw());
    this.publisher.renew(door);
    if (!stream || stream === this.sent) return;
    this.sent = stream;
    void this.publisher.start(stream, door);
  }

  private draw(): void {
    const { said, gone, over } = this.link;
    const { stream, trouble, asking, facing } = this.camera;
    if (said) {
      write(this.title, t("phone.for_seat", { seat: said.seat }));
      write(this.exam, said.exam);
    }
    this.sheets.update(gone || over ? null : said);
    this.gone.hidden = !gone;
    this.recorded.hidden = gone;
    const card = this.video.parentElement as HTMLElement;
    card.hidden = gone || over;
    const state = this.state();
    write(this.recorded, t(`phone.state.${state}`));
    set(this.recorded, "data-state", state === "live" ? "on" : state === "again" || state === "away" ? "broken" : state === "over" ? "over" : "soon");
    this.intro.hidden = stream !== null;
    if (this.video.srcObject !== stream) this.video.srcObject = stream;
    this.video.hidden = stream === null;
    this.video.classList.toggle("mirrored", facing === "user");
    this.trouble.hidden = trouble === null;
    if (trouble) this.trouble.replaceChildren(h("p", {}, h("strong", {}, t(`phone.trouble.${trouble}`))), h("p", {}, t(`phone.trouble.${trouble}_hint`)));
    this.open.hidden = stream !== null;
    this.open.disabled = asking;
    this.flip.hidden = stream === null || !this.camera.several;
    write(this.flip, t(facing === "environment" ? "phone.flip_front" : "phone.flip_back"));
    for (const part of [this.held, this.sleepy, this.place]) part.hidden = stream === null;
    write(this.held, t(this.portrait.matches ? "phone.upright" : "phone.sideways"));
    write(this.sleepy, t(this.awake.held ? "phone.awake" : "phone.sleepy"));
  }

  private state(): "camera" | "waiting" | "connecting" | "live" | "again" | "away" | "over" {
    const { said, over, away } = this.link;
    if (over) return "over";
    if (!this.camera.stream) return "camera";
    const line = this.publisher?.line ?? "off";
    if (line === "full") return "away"; // a phone of a candidate who has a seat is never told so for long
    if (line !== "off") return line;
    if (away) return "away";
    return said?.state === "confirmed" ? "connecting" : "waiting";
  }
}
