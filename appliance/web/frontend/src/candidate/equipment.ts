/** Camera, microphone and screen of this candidate: opened, published, watched. The pages only draw what it says. */

import type { Me, Own } from "../lib/types";
import { Publisher } from "./publish";
import type { Reports } from "./reports";
import { MICROPHONE, SCREEN, WEBCAM, WEBCAM_SMALL, type Settings } from "./settings";
import { cameraTrouble, screenTrouble, type Trouble } from "./trouble";

export interface Choice {
  camera?: string;
  microphone?: string;
}

export class Equipment extends EventTarget {
  readonly streams: Partial<Record<Own, MediaStream>> = {};
  readonly troubles: Partial<Record<Own, Trouble>> = {};
  readonly asking: Partial<Record<Own, boolean>> = {};
  readonly publishers: Record<Own, Publisher>;
  devices: MediaDeviceInfo[] = [];
  /** What this exam wants of this page. */
  needed: readonly Own[] = [];
  private feeds: Me["feeds"] = {};

  constructor(
    settings: Settings,
    private readonly reports: Pick<Reports, "say">,
  ) {
    super();
    const changed = (): void => this.changed();
    this.publishers = {
      webcam: new Publisher("webcam", { bitrate: settings.webcam_bitrate, layers: true }, changed),
      screen: new Publisher("screen", { bitrate: settings.screen_bitrate, layers: false }, changed),
    };
    navigator.mediaDevices?.addEventListener("devicechange", () => void this.list());
  }

  /** The doors that the box opens for this candidate just now. */
  use(feeds: Me["feeds"], needed: readonly Own[]): void {
    this.feeds = feeds;
    this.needed = needed;
    for (const kind of ["webcam", "screen"] as const) this.publishers[kind].renew(feeds[kind]);
  }

  get complete(): boolean {
    return this.needed.every((kind) => this.publishers[kind].line === "live");
  }

  /** What the browser says it shares: monitor, window, browser; empty where it does not say. */
  get surface(): string {
    return this.streams.screen?.getVideoTracks()[0]?.getSettings().displaySurface ?? "";
  }

  label(kind: "video" | "audio"): string {
    const tracks = kind === "video" ? this.streams.webcam?.getVideoTracks() : this.streams.webcam?.getAudioTracks();
    return tracks?.[0]?.label ?? "";
  }

  deviceId(kind: "video" | "audio"): string {
    const tracks = kind === "video" ? this.streams.webcam?.getVideoTracks() : this.streams.webcam?.getAudioTracks();
    return tracks?.[0]?.getSettings().deviceId ?? "";
  }

  /** After a reload: the camera comes back alone where the permission lasts; the screen always wants a click. */
  async resume(): Promise<void> {
    if (this.needed.includes("screen") && !this.streams.screen) {
      this.troubles.screen = "screen_again";
      this.reports.say("share_ended", "reloaded");
    }
    if (!this.needed.includes("webcam") || this.streams.webcam) return;
    this.troubles.webcam = "camera_again";
    if (await permitted()) await this.openCamera();
    else this.changed();
  }

  async openCamera(choice: Choice = {}): Promise<void> {
    await this.open("webcam", cameraTrouble, () => navigator.mediaDevices.getUserMedia(constraints(choice)), "lost");
    await this.list();
  }

  async openScreen(): Promise<void> {
    await this.open("screen", screenTrouble, () => navigator.mediaDevices.getDisplayMedia(SCREEN), "screen_lost");
  }

  /** Nothing is shared any more. */
  close(): void {
    for (const kind of ["webcam", "screen"] as const) {
      this.publishers[kind].stop();
      release(this.streams[kind]);
      delete this.streams[kind];
      delete this.troubles[kind];
    }
    this.changed();
  }

  private async open(kind: Own, troubleOf: (error: unknown) => Trouble, get: () => Promise<MediaStream>, whenLost: Trouble): Promise<void> {
    if (this.asking[kind]) return;
    if (!navigator.mediaDevices) {
      this.troubles[kind] = "insecure";
      return this.changed();
    }
    this.asking[kind] = true;
    delete this.troubles[kind];
    this.changed();
    try {
      this.take(kind, await get(), whenLost);
    } catch (error) {
      console.warn(`${kind}: not opened`, error);
      this.troubles[kind] = troubleOf(error);
    } finally {
      this.asking[kind] = false;
      this.changed();
    }
  }

  private take(kind: Own, stream: MediaStream, whenLost: Trouble): void {
    const before = this.streams[kind];
    this.streams[kind] = stream;
    const video = stream.getVideoTracks()[0];
    if (video) video.contentHint = kind === "screen" ? "detail" : "motion";
    for (const track of stream.getTracks()) {
      track.addEventListener("ended", () => {
        if (this.streams[kind] === stream) this.lose(kind, whenLost);
      });
    }
    if (kind === "webcam") this.reportCamera(stream);
    else this.reportScreen();
    const door = this.feeds[kind];
    const published = door ? this.publishers[kind].start(stream, door) : Promise.resolve();
    void published.then(() => release(before));
  }

  private reportScreen(): void {
    this.reports.say("surface", this.surface);
    this.reports.say("share_back");
  }

  /** A track is muted by the system, a switch on the device, or another program that took it. */
  private reportCamera(stream: MediaStream): void {
    const { say } = this.reports;
    const tell = (): void => {
      if (this.streams.webcam !== stream) return;
      const [camera, microphone] = [stream.getVideoTracks()[0], stream.getAudioTracks()[0]];
      say(camera?.muted ? "camera_lost" : "camera_back", camera?.muted ? "muted" : "");
      say(microphone?.muted ? "mic_muted" : "mic_back");
    };
    for (const track of stream.getTracks()) for (const event of ["mute", "unmute"]) track.addEventListener(event, tell);
    say("device", `camera: ${this.label("video")}`);
    say("device", `microphone: ${this.label("audio")}`);
    tell();
  }

  private lose(kind: Own, trouble: Trouble): void {
    this.reports.say(kind === "webcam" ? "camera_lost" : "share_ended");
    this.publishers[kind].stop();
    release(this.streams[kind]);
    delete this.streams[kind];
    this.troubles[kind] = trouble;
    this.changed();
  }

  private async list(): Promise<void> {
    this.devices = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.deviceId !== "");
    this.changed();
  }

  private changed(): void {
    this.dispatchEvent(new Event("change"));
  }
}

function release(stream: MediaStream | undefined): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

function constraints(choice: Choice): MediaStreamConstraints {
  const video = (navigator.hardwareConcurrency ?? 4) <= 2 ? WEBCAM_SMALL : WEBCAM;
  return {
    video: choice.camera ? { ...video, deviceId: { exact: choice.camera } } : video,
    audio: choice.microphone ? { ...MICROPHONE, deviceId: { exact: choice.microphone } } : MICROPHONE,
  };
}

async function permitted(): Promise<boolean> {
  try {
    const states = await Promise.all(
      ["camera", "microphone"].map((name) => navigator.permissions.query({ name: name as PermissionName })),
    );
    return states.every((status) => status.state === "granted");
  } catch {
    return false; // a browser without these names asks the person
  }
}
