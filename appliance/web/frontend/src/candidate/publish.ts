/** WHIP (RFC 9725): sends one stream to the box and keeps it there. A lost connection is made anew, by itself, and what was
 * lost with it is brought later.
 *
 * The lost connection is kept until another one is live: its encoder goes on, so the ring has what the drop lost; and its path may
 * come back by itself before the box has answered a new offer. */

import { goodbye, offer, preferred, Refused } from "../lib/peer";
import type { Door, Kind } from "../lib/types";
import { before, left, sending } from "./farewell";
import type { Why } from "./fill";
import { Keeper } from "./keeper";
import { Path, SILENT_MS } from "./path";

export type Line = "off" | "connecting" | "live" | "again" | "away" | "full";

interface Wishes {
  bitrate: number;
  /** Base layer of one frame in four, so that the box can look without decoding everything. */
  layers: boolean;
}

const LOOK_MS = 500;
const SLEPT_MS = 5000;
const CUT_MS = 4000;
const CONNECT_MS = 10_000;
const PROBE_MS = 1500;
const TOGETHER_MS = 300;
/** A lost connection whose network is back needs a moment to say so; a new one costs more. */
const SETTLE_MS = 400;
const LONGEST_WAIT_MS = 5000;
const FULL_MS = 10_000;
/** Both encode for a moment, so that nothing is missing between the last frame of one and the first of the other. */
const HANDOVER_MS = 1000;

/** How long to wait after a failed attempt, in milliseconds, never exactly together with the neighbours. While the box is away or just
 * being started again half a second to a second; when it refuses, 1, 2, 3, 4, 5, 5, ... seconds. */
export function backoff(failures: number, refused: boolean, random = Math.random()): number {
  if (!refused) return 500 + 500 * random;
  return Math.min(1000 * Math.max(1, failures), LONGEST_WAIT_MS) * (0.85 + 0.3 * random);
}

interface Made {
  connection: RTCPeerConnection;
  path: Path;
  session: string | null;
  stream: MediaStream;
  told: boolean;
}

/** `start` with a stream and a door; `line` says how it is, and `changed` is called when it changes; `renew` gives a newer token for
 * later; `stop` ends it, and `start` may follow. */
export class Publisher {
  line: Line = "off";
  private made: Made | null = null;
  private lost: Made | null = null;
  private stream: MediaStream | null = null;
  private door: Door | null = null;
  private failures = 0;
  private timer = 0;
  private generation = 0;
  private why: Why = "";
  private looked = 0;
  private cut = 0;
  private looking = 0;
  private readonly keeper = new Keeper();

  constructor(
    readonly kind: Kind,
    private readonly wishes: Wishes,
    private readonly changed: () => void,
  ) {
    window.addEventListener("online", () => this.hurry());
    window.addEventListener("pageshow", (event) => event.persisted && this.lose(""));
    window.addEventListener("pagehide", () => this.leave(true));
    document.addEventListener("visibilitychange", () => document.hidden || this.hurry());
  }

  /** Begin, or go on with another stream. The token is kept: reconnecting asks nobody for a new one. */
  async start(stream: MediaStream, door: Door): Promise<void> {
    this.why ||= this.door ? "" : before(door.url);
    this.stream = stream;
    this.door = door;
    if (this.made && (await this.swap(this.made, stream))) return;
    this.failures = 0;
    this.setAside(this.made);
    this.say("connecting");
    clearInterval(this.looking);
    this.looked = Date.now();
    this.looking = window.setInterval(() => void this.look(), LOOK_MS);
    void this.connect();
  }

  /** A newer token, for the next reconnection. */
  renew(door: Door | undefined): void {
    if (door && this.door) this.door = door;
  }

  stop(): void {
    this.generation += 1;
    clearTimeout(this.timer);
    clearInterval(this.looking);
    this.leave(false);
    this.made?.connection.close();
    this.lost?.connection.close();
    this.made = this.lost = null;
    this.stream = null;
    this.why = "";
    this.say("off");
  }

  // --- to the box ---

  private async connect(): Promise<void> {
    const { stream, door } = this;
    if (!stream || !door) return;
    const generation = ++this.generation;
    clearTimeout(this.timer);
    this.made?.connection.close();
    this.made = null;
    try {
      if (this.line !== "connecting") await reachable(door); // a way that is gone holds up a request longer than it is gone
      if (this.lost && generation === this.generation) {
        await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
        await this.look();
      }
      if (generation !== this.generation) return;
      const connection = new RTCPeerConnection({ iceServers: [] });
      const made: Made = { connection, path: new Path(connection, performance.now()), session: null, stream, told: false };
      this.made = made;
      connection.onconnectionstatechange = () => this.watch(made);
      addTracks(connection, stream, this.wishes);
      this.keeper.keep(connection);
      const { answer, session } = await offer(connection, door);
      if (generation !== this.generation) return connection.close();
      made.session = session; // from here on the box has given up the connection before
      this.tell(made);
      await connection.setRemoteDescription({ type: "answer", sdp: answer });
      this.watch(made); // it may be connected already; if not, it has some seconds
    } catch (error) {
      console.warn(`${this.kind}: not published`, error);
      this.failed(generation, error);
    }
  }

  private watch(made: Made): void {
    if (made !== this.made) return;
    const generation = this.generation;
    const state = made.connection.connectionState;
    const gone = state === "failed" || state === "closed";
    if (this.line === "live") {
      if (gone) this.lose("network_lost");
    } else if (state === "connected") this.live(made);
    else if (gone) this.failed(generation, null);
    else {
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.failed(generation, null), CONNECT_MS);
    }
  }

  private live(made: Made): void {
    clearTimeout(this.timer);
    this.failures = 0;
    this.say("live");
    this.tell(made);
    this.why = "";
    const { lost, door } = this;
    this.lost = null;
    if (lost && lost !== made) window.setTimeout(() => lost.connection.close(), HANDOVER_MS);
    if (door) sending(door.url);
  }

  /** Something was lost, or the page itself was: the box hears why, and gets what it misses. It believes that only while the gap
   * is open, so it is told before media come. */
  private tell(made: Made): void {
    const { door, lost, why } = this;
    if (!door || made.told) return;
    made.told = true;
    if (!lost && !why) return;
    const before = lost?.path.address ?? "";
    const moved = before !== "" && !made.connection.localDescription?.sdp.includes(` ${before} `);
    this.keeper.back(door, why === "network_lost" && moved ? "network_changed" : why);
  }

  private failed(generation: number, error: unknown): void {
    if (generation !== this.generation) return;
    this.generation += 1;
    this.failures += 1;
    this.made?.connection.close();
    this.made = null;
    const refused = error instanceof Refused && error.status < 502;
    const full = error instanceof Refused && error.full;
    this.say(error === null ? "again" : full ? "full" : "away");
    clearTimeout(this.timer);
    const wait = full ? FULL_MS * (0.85 + 0.3 * Math.random()) : backoff(this.failures, refused);
    this.timer = window.setTimeout(() => void this.connect(), wait);
  }

  // --- noticing ---

  private async look(): Promise<void> {
    if (Date.now() - this.looked > SLEPT_MS) this.woke();
    this.looked = Date.now();
    const { made, lost } = this;
    try {
      if (this.line === "live" && made) {
        const silent = await made.path.silent(performance.now());
        if (made !== this.made || this.line !== "live") return;
        if (silent >= SILENT_MS) this.lose("network_lost");
        else if (silent === 0) this.awake();
      } else if (lost) {
        this.keepCutting(lost);
        if (!made?.session && (await lost.path.silent(performance.now())) === 0) this.again(lost);
      }
    } catch (error) {
      console.warn(`${this.kind}: no statistics`, error);
    }
  }

  private keepCutting(lost: Made): void {
    if (performance.now() - this.cut < CUT_MS) return;
    this.cut = performance.now();
    this.keeper.cut(lost.connection);
  }

  /** This computer slept. Said at once, if the line still is: the box forgets why as soon as media come. */
  private woke(): void {
    this.why = "device_slept";
    this.made?.path.wake(performance.now());
    if (this.line === "live" && this.door) this.keeper.back(this.door, this.why);
  }

  /** The line is still there after all: said once more, in case the network was slower. */
  private awake(): void {
    if (this.why && this.door) this.keeper.back(this.door, this.why);
    this.why = "";
  }

  /** The connection is of no use any more. */
  private lose(why: Why): void {
    if (this.line !== "live") return;
    this.why ||= why;
    this.generation += 1;
    clearTimeout(this.timer);
    this.setAside(this.made);
    this.say("again");
    this.timer = window.setTimeout(() => void this.connect(), TOGETHER_MS * Math.random());
  }

  /** Until another one is live. */
  private setAside(made: Made | null): void {
    if (!made || this.line !== "live") return;
    this.lost?.connection.close();
    this.lost = made;
    this.made = null;
  }

  /** The lost connection came back by itself, before the box was asked for another. */
  private again(lost: Made): void {
    if (lost !== this.lost || lost.stream !== this.stream || lost.connection.connectionState !== "connected" || this.made?.session) return;
    this.generation += 1;
    this.made?.connection.close();
    this.made = lost;
    lost.told = false;
    this.live(lost);
  }

  /** The network, or the person, is back: no waiting. */
  private hurry(): void {
    if (this.made?.session || (this.line !== "again" && this.line !== "away")) return;
    this.failures = 0;
    void this.connect();
  }

  // --- the rest ---

  /** Another camera in the same connection: no gap in the recording. */
  private async swap(made: Made, stream: MediaStream): Promise<boolean> {
    const senders = made.connection.getSenders();
    const pairs = stream.getTracks().map((track) => ({ track, sender: senders.find((s) => s.track?.kind === track.kind) }));
    if (pairs.some(({ sender }) => !sender) || pairs.length !== senders.length) return false;
    try {
      await Promise.all(pairs.map(({ track, sender }) => sender?.replaceTrack(track)));
      made.stream = stream;
      return true;
    } catch (error) {
      console.warn(`${this.kind}: the track could not be swapped`, error);
      return false;
    }
  }

  /** The box closes the recording at once instead of waiting for silence. */
  private leave(reload: boolean): void {
    if (!this.stream || !this.door) return;
    left(this.door.url, { reload });
    if (this.made?.session) void goodbye(this.made.session);
  }

  private say(line: Line): void {
    if (line === this.line) return;
    this.line = line;
    this.changed();
  }
}

/** Any answer will do. Throws what `fetch` throws when there is none. */
async function reachable(door: Door): Promise<void> {
  await fetch(door.url, { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(PROBE_MS) });
}

function addTracks(connection: RTCPeerConnection, stream: MediaStream, wishes: Wishes): void {
  for (const track of stream.getTracks()) {
    if (track.kind === "audio") {
      connection.addTransceiver(track, { direction: "sendonly", streams: [stream] });
      continue;
    }
    const transceiver = addVideo(connection, track, stream, wishes);
    transceiver.setCodecPreferences(preferred(RTCRtpReceiver.getCapabilities("video")?.codecs ?? []));
  }
}

function addVideo(connection: RTCPeerConnection, track: MediaStreamTrack, stream: MediaStream, wishes: Wishes): RTCRtpTransceiver {
  const encoding: RTCRtpEncodingParameters = { maxBitrate: wishes.bitrate, maxFramerate: 15 };
  const init = (encodings: RTCRtpEncodingParameters[]): RTCRtpTransceiverInit => ({
    direction: "sendonly",
    streams: [stream],
    sendEncodings: encodings,
  });
  if (wishes.layers) {
    try {
      return connection.addTransceiver(track, init([{ ...encoding, scalabilityMode: "L1T3" } as RTCRtpEncodingParameters]));
    } catch {
      // this browser has no temporal layers: the box decodes every frame then
    }
  }
  return connection.addTransceiver(track, init([encoding]));
}
