/** The recording: camera and screen in step, sought by flags. Played as HLS by the browser itself. */

import { request } from "../lib/api";
import { time } from "../lib/clock";
import { arrange, h, write } from "../lib/dom";
import { t } from "../lib/strings";
import type { Flag, Kind, Segment } from "../lib/types";
import { closed, length, mediaTime, parse, wallTime, type Span } from "./timeline";

const BEFORE_SECONDS = 3;
const DRIFT_SECONDS = 0.4;
const END_SECONDS = 0.5;
const SPEEDS = [0.5, 1, 2, 4, 8];

interface Recording {
  video: HTMLVideoElement;
  spans: readonly Span[];
  url: string;
}

export class Player {
  private readonly recordings: Record<Kind, Recording> = {
    webcam: { video: video(t("look.player_webcam")), spans: [], url: "" },
    screen: { video: video(t("look.player_screen")), spans: [], url: "" },
  };
  private readonly none = h("p", { class: "muted" }, t("look.player_none"));
  private readonly unable = h("div", { class: "problem mild", hidden: true }, h("p", {}, h("strong", {}, t("look.player_unable"))), h("p", {}, t("look.player_unable_hint")));
  private readonly moment = h("p", { class: "moment" });
  private readonly videos: HTMLElement;
  private readonly files = h("ul", { class: "segments" });
  private readonly entries = new Map<string, HTMLElement>();
  readonly element: HTMLElement;
  private segments = -1;

  constructor(
    private readonly exam: string,
    private readonly attempt: string,
  ) {
    const { webcam, screen } = this.recordings;
    screen.video.muted = true;
    screen.video.controls = false;
    this.videos = h("div", { class: "player-videos", hidden: true }, webcam.video, screen.video);
    const refresh = h("button", { type: "button", class: "small", onclick: () => void this.load() }, t("look.refresh"));
    const speed = h("select", { id: "speed", onchange: () => { webcam.video.playbackRate = Number(speed.value); } }, ...SPEEDS.map((n) => h("option", { value: n, selected: n === 1 }, `${n}×`)));
    this.element = h("section", { class: "player" },
      h("div", { class: "head" }, h("h3", {}, t("look.recording")), this.moment, h("div", { class: "item-actions" }, h("label", { for: "speed" }, t("look.speed")), speed, refresh)),
      this.none, this.unable, this.videos, h("details", {}, h("summary", {}, t("look.segments")), this.files));
    this.follow();
  }

  /** New files are listed at once; the picture is loaded again when asked, or when there was none. */
  draw(segments: readonly Segment[]): void {
    arrange(this.files, segments.map((segment) => this.file(segment)));
    const first = this.segments < 0 || (this.videos.hidden && segments.length > this.segments);
    this.segments = segments.length;
    if (first) void this.load();
  }

  async seek(flag: Flag): Promise<void> {
    const { webcam } = this.recordings;
    const wanted = flag.onset_at - BEFORE_SECONDS;
    const last = webcam.spans.at(-1);
    if (!last || flag.onset_at > last.start + last.duration) await this.load();
    const go = (): void => {
      webcam.video.currentTime = inside(webcam.spans, wanted);
      void webcam.video.play().catch(() => undefined);
    };
    if (webcam.video.readyState >= HTMLMediaElement.HAVE_METADATA) go();
    else webcam.video.addEventListener("loadedmetadata", go, { once: true });
    webcam.video.scrollIntoView({ block: "nearest" });
  }

  private async load(): Promise<void> {
    const found = await Promise.all((["webcam", "screen"] as const).map((kind) => this.open(kind)));
    this.none.hidden = found.some(Boolean);
    this.videos.hidden = !found.some(Boolean);
  }

  /** Read the playlist and play what it holds; the place stays. */
  private async open(kind: Kind): Promise<boolean> {
    const recording = this.recordings[kind];
    const base = new URL(`${this.folder(kind)}/playlist.m3u8`, location.href).href;
    let text: string;
    try {
      text = await (await request(base, { headers: { Accept: "*/*" }, cache: "no-store" })).text();
    } catch {
      recording.video.hidden = true; // not recorded yet: the words above say so
      return false;
    }
    const playlist = parse(text);
    const missing = playlist.over || !playlist.last || (await there(new URL(playlist.last, base).href)) ? null : playlist.last;
    recording.spans = missing ? playlist.spans.slice(0, -1) : playlist.spans;
    recording.video.hidden = recording.spans.length === 0;
    if (!recording.spans.length) return false;
    const place = recording.video.currentTime;
    if (recording.url) URL.revokeObjectURL(recording.url);
    recording.url = playlist.over ? "" : URL.createObjectURL(new Blob([closed(text, base, missing)], { type: "application/vnd.apple.mpegurl" }));
    recording.video.src = recording.url || base;
    if (place) recording.video.addEventListener("loadedmetadata", () => { recording.video.currentTime = place; }, { once: true });
    return true;
  }

  private follow(): void {
    const webcam = this.recordings.webcam.video;
    const screen = this.recordings.screen.video;
    webcam.addEventListener("play", () => void screen.play().catch(() => undefined));
    webcam.addEventListener("pause", () => screen.pause());
    webcam.addEventListener("ratechange", () => { screen.playbackRate = webcam.playbackRate; });
    webcam.addEventListener("seeked", () => this.align(0.05));
    webcam.addEventListener("timeupdate", () => {
      this.align(DRIFT_SECONDS);
      const wall = wallTime(this.recordings.webcam.spans, webcam.currentTime);
      write(this.moment, wall === null ? "" : time(wall));
    });
    webcam.addEventListener("error", () => { this.unable.hidden = false; });
    screen.addEventListener("error", () => { screen.hidden = true; }); // "Load what was recorded since" tries again
    webcam.addEventListener("loadedmetadata", () => { this.unable.hidden = true; });
  }

  /** The screen shows the same moment as the camera. */
  private align(tolerance: number): void {
    const { webcam, screen } = this.recordings;
    if (screen.video.hidden || screen.video.readyState < HTMLMediaElement.HAVE_METADATA) return;
    const wall = wallTime(webcam.spans, webcam.video.currentTime);
    if (wall === null) return;
    const at = inside(screen.spans, wall);
    if (Math.abs(screen.video.currentTime - at) > tolerance * Math.max(1, webcam.video.playbackRate)) screen.video.currentTime = at;
  }

  private file(segment: Segment): HTMLElement {
    let entry = this.entries.get(segment.path);
    if (!entry) {
      const values = { n: `${t(`kind.${segment.kind}`)} ${segment.number}`, from: time(segment.starts_at), seconds: Math.round(segment.duration) };
      const name = segment.path.split("/").at(-1) ?? "";
      entry = h("li", {}, h("a", { href: `${this.folder(segment.kind)}/${name}`, target: "_blank", rel: "noopener" }, t("look.segment", values)));
      this.entries.set(segment.path, entry);
    }
    return entry;
  }

  private folder(kind: Kind): string {
    return `/media/${this.exam}/${this.attempt}/${kind}`;
  }
}

/** Never its very end: a browser that seeks there gives up on the recording. */
function inside(spans: readonly Span[], wall: number): number {
  return Math.max(0, Math.min(mediaTime(spans, wall), length(spans) - END_SECONDS));
}

async function there(url: string): Promise<boolean> {
  try {
    await request(url, { method: "HEAD" });
    return true;
  } catch {
    return false;
  }
}

function video(label: string): HTMLVideoElement {
  return h("video", { controls: true, playsinline: true, preload: "metadata", "aria-label": label });
}
