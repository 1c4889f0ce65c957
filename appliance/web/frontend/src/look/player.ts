/** The recording: the webcam, and in step with it the screen and whatever else was filmed, sought by flags. */

import { time } from "../lib/clock";
import { arrange, h, set, write } from "../lib/dom";
import { t } from "../lib/strings";
import type { Flag, Kind, Segment } from "../lib/types";
import { Track } from "./track";

const BEFORE_SECONDS = 3;
const DRIFT_SECONDS = 0.4;
/** What is shown beside the webcam, at the moment that the webcam shows. */
const BESIDE = ["screen", "phone", "camera"] as const;
const SPEEDS = [0.5, 1, 2, 4, 8];

export class Player {
  private readonly webcam: Track;
  private readonly beside: readonly { kind: Kind; track: Track }[];
  private readonly recorded = new Set<Kind>(["webcam", "screen"]);
  private readonly none = h("p", { class: "muted" }, t("look.player_none"));
  private readonly unable = h("div", { class: "problem mild", hidden: true }, h("p", {}, h("strong", {}, t("look.player_unable"))), h("p", {}, t("look.player_unable_hint")));
  private readonly moment = h("p", { class: "moment" });
  private readonly late = h("span", { class: "late", hidden: true, title: t("look.late_hint") }, t("look.late"));
  private readonly videos: HTMLElement;
  private readonly files = h("ul", { class: "segments" });
  private readonly entries = new Map<string, HTMLElement>();
  readonly element: HTMLElement;
  private known = -1;

  constructor(private readonly folder: string) {
    this.webcam = new Track(`${folder}/webcam`, t("look.player_webcam"));
    this.beside = BESIDE.map((kind) => ({ kind, track: new Track(`${folder}/${kind}`, t(`look.player_${kind}`)) }));
    for (const { track } of this.beside) {
      track.video.muted = true;
      track.video.controls = false;
      track.video.hidden = true;
    }
    this.videos = h("div", { class: "player-videos", hidden: true }, this.webcam.video, ...this.beside.map(({ track }) => track.video));
    const refresh = h("button", { type: "button", class: "small", onclick: () => void this.load() }, t("look.refresh"));
    const speed = h("select", { id: "speed", onchange: () => this.pace(Number(speed.value)) }, ...SPEEDS.map((n) => h("option", { value: n, selected: n === 1 }, `${n}×`)));
    this.element = h("section", { class: "player" },
      h("div", { class: "head" }, h("h3", {}, t("look.recording")), this.moment, this.late, h("div", { class: "item-actions" }, h("label", { for: "speed" }, t("look.speed")), speed, refresh)),
      this.none, this.unable, this.videos, h("details", {}, h("summary", {}, t("look.segments")), this.files));
    this.follow();
  }

  /** New files are listed at once; the picture is loaded again when asked, or when there was none. */
  draw(segments: readonly Segment[]): void {
    arrange(this.files, segments.map((segment) => this.file(segment)));
    const first = this.known < 0 || (this.webcam.empty && segments.length > this.known);
    this.known = segments.length;
    const before = this.recorded.size;
    for (const { kind } of segments) this.recorded.add(kind);
    if (first || this.recorded.size > before) void this.load();
  }

  async seek(flag: Flag): Promise<void> {
    if (flag.onset_at > this.webcam.end) await this.load();
    this.webcam.seek(flag.onset_at - BEFORE_SECONDS);
    void this.webcam.video.play().catch(() => undefined);
    this.webcam.video.scrollIntoView({ block: "nearest" });
  }

  private async load(): Promise<void> {
    const beside = this.beside.filter(({ kind }) => this.recorded.has(kind)).map(({ track }) => track);
    await Promise.all([this.webcam, ...beside].map((track) => track.load()));
    this.unable.hidden = true;
    this.none.hidden = ![this.webcam, ...beside].every((track) => track.empty);
    this.videos.hidden = !this.none.hidden;
  }

  private follow(): void {
    const { video } = this.webcam;
    video.addEventListener("play", () => this.align(DRIFT_SECONDS));
    video.addEventListener("pause", () => this.beside.forEach(({ track }) => track.video.pause()));
    video.addEventListener("seeked", () => this.align(0.05));
    video.addEventListener("timeupdate", () => {
      this.align(DRIFT_SECONDS);
      const { wall } = this.webcam;
      write(this.moment, wall === null ? "" : time(wall));
      this.late.hidden = wall === null || !this.webcam.late(wall);
    });
    this.webcam.onbroken = () => { this.unable.hidden = false; };
    for (const { track } of this.beside) track.onbroken = () => { track.video.hidden = true; };
  }

  private pace(speed: number): void {
    // a new source begins at its default
    for (const { video } of [this.webcam, ...this.beside.map(({ track }) => track)]) video.defaultPlaybackRate = video.playbackRate = speed;
  }

  private align(tolerance: number): void {
    const { wall } = this.webcam;
    if (wall !== null) for (const { track } of this.beside) this.alignOne(track, wall, tolerance);
  }

  /** What stands beside shows the same moment as the webcam; where it has none it stands still and is dimmed. */
  private alignOne(track: Track, wall: number, tolerance: number): void {
    const { video } = this.webcam;
    const { video: second } = track;
    if (!track.ready) return;
    const held = track.holds(wall);
    set(second, "data-gap", !held);
    if (!held) return second.pause();
    if (Math.abs((track.wall ?? 0) - wall) > tolerance * Math.max(1, video.playbackRate)) track.seek(wall);
    if (!video.paused && second.paused) void second.play().catch(() => undefined);
  }

  private file(segment: Segment): HTMLElement {
    let entry = this.entries.get(segment.path);
    if (!entry) {
      const values = { n: `${t(`kind.${segment.kind}`)} ${segment.number}`, from: time(segment.starts_at), seconds: Math.round(segment.duration) };
      const name = segment.path.split("/").at(-1) ?? "";
      entry = h("li", {}, h("a", { href: `${this.folder}/${segment.kind}/${name}`, target: "_blank", rel: "noopener" }, t(segment.late ? "look.segment_late" : "look.segment", values)));
      this.entries.set(segment.path, entry);
    }
    return entry;
  }
}
