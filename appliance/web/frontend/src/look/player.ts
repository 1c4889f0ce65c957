/** The recording: camera and screen in step, sought by flags. Played as HLS by the browser itself. */

import { time } from "../lib/clock";
import { arrange, h, write } from "../lib/dom";
import { t } from "../lib/strings";
import type { Attempt, Exam, Flag, Kind, Segment } from "../lib/types";
import { mediaTime, wallTime } from "./timeline";

const BEFORE_SECONDS = 3;
const DRIFT_SECONDS = 0.4;
const SPEEDS = [0.5, 1, 2, 4, 8];

export class Player {
  private readonly webcam: HTMLVideoElement;
  private readonly screen: HTMLVideoElement;
  private readonly none = h("p", { class: "muted" }, t("look.player_none"));
  private readonly unable = h("div", { class: "problem mild", hidden: true }, h("p", {}, h("strong", {}, t("look.player_unable"))), h("p", {}, t("look.player_unable_hint")));
  private readonly moment = h("p", { class: "moment" });
  private readonly videos = h("div", { class: "player-videos" });
  private readonly files = h("ul", { class: "segments" });
  readonly element: HTMLElement;
  private segments: readonly Segment[] = [];
  private loaded = 0;

  constructor(
    private readonly exam: Exam,
    private readonly attempt: Attempt,
  ) {
    this.webcam = video(t("look.player_webcam"));
    this.screen = video(t("look.player_screen"));
    this.screen.muted = true;
    this.screen.controls = false;
    this.videos.append(this.webcam, this.screen);
    const refresh = h("button", { type: "button", class: "small", onclick: () => this.load() }, t("look.refresh"));
    const speed = h("select", { id: "speed", onchange: () => { this.webcam.playbackRate = Number(speed.value); } }, ...SPEEDS.map((n) => h("option", { value: n, selected: n === 1 }, `${n}×`)));
    this.element = h("section", { class: "player" },
      h("div", { class: "head" }, h("h2", {}, t("look.recording")), this.moment, h("div", { class: "item-actions" }, h("label", { for: "speed" }, t("look.speed")), speed, refresh)),
      this.none, this.unable, this.videos, h("details", {}, h("summary", {}, t("look.segments")), this.files));
    this.follow();
  }

  /** New segments are listed at once; the picture is loaded again only when asked, or when there was none. */
  draw(segments: readonly Segment[]): void {
    this.segments = segments;
    this.none.hidden = segments.length > 0;
    this.videos.hidden = segments.length === 0;
    arrange(this.files, segments.map((segment) => this.file(segment)));
    if (segments.length && !this.loaded) this.load();
  }

  seek(flag: Flag): void {
    const before = this.webcam.currentTime;
    if (this.loaded < this.segments.length) this.load();
    const at = mediaTime(this.segments, "webcam", flag.onset_at - BEFORE_SECONDS) ?? before;
    const go = (): void => {
      this.webcam.currentTime = at;
      void this.webcam.play().catch(() => undefined);
    };
    if (this.webcam.readyState >= HTMLMediaElement.HAVE_METADATA) go();
    else this.webcam.addEventListener("loadedmetadata", go, { once: true });
    this.webcam.scrollIntoView({ block: "nearest" });
  }

  private load(): void {
    this.loaded = this.segments.length;
    for (const [kind, element] of [["webcam", this.webcam], ["screen", this.screen]] as const) {
      const some = this.segments.some((segment) => segment.kind === kind);
      element.hidden = !some;
      if (some) element.src = `${this.folder(kind)}/playlist.m3u8?until=${this.loaded}`;
    }
  }

  private follow(): void {
    const { webcam, screen } = this;
    webcam.addEventListener("play", () => void screen.play().catch(() => undefined));
    webcam.addEventListener("pause", () => screen.pause());
    webcam.addEventListener("ratechange", () => { screen.playbackRate = webcam.playbackRate; });
    webcam.addEventListener("seeked", () => this.align(0.05));
    webcam.addEventListener("timeupdate", () => {
      this.align(DRIFT_SECONDS);
      const wall = wallTime(this.segments, "webcam", webcam.currentTime);
      write(this.moment, wall === null ? "" : time(wall));
    });
    webcam.addEventListener("error", () => { this.unable.hidden = false; });
    webcam.addEventListener("loadedmetadata", () => { this.unable.hidden = true; });
  }

  /** The screen shows the same moment as the camera. */
  private align(tolerance: number): void {
    if (this.screen.hidden || this.screen.readyState < HTMLMediaElement.HAVE_METADATA) return;
    const wall = wallTime(this.segments, "webcam", this.webcam.currentTime);
    const at = wall === null ? null : mediaTime(this.segments, "screen", wall);
    if (at !== null && Math.abs(this.screen.currentTime - at) > tolerance * Math.max(1, this.webcam.playbackRate)) this.screen.currentTime = at;
  }

  private file(segment: Segment): HTMLElement {
    const values = { n: `${t(`kind.${segment.kind}`)} ${segment.number}`, from: time(segment.starts_at), seconds: Math.round(segment.duration) };
    const name = segment.path.split("/").at(-1) ?? "";
    return h("li", {}, h("a", { href: `${this.folder(segment.kind)}/${name}`, target: "_blank", rel: "noopener" }, t("look.segment", values)));
  }

  private folder(kind: Kind): string {
    return `/media/${this.exam.exam}/${this.attempt.attempt}/${kind}`;
  }
}

function video(label: string): HTMLVideoElement {
  return h("video", { controls: true, playsinline: true, preload: "metadata", "aria-label": label });
}
