/** WHIP (RFC 9725): sends one stream to the box and keeps it there. A lost connection is made anew, by itself. */

import { gathered, preferred } from "../lib/peer";
import type { Door, Kind } from "../lib/types";

export type Line = "off" | "connecting" | "live" | "again" | "away";

interface Wishes {
  bitrate: number;
  /** Base layer of one frame in four, so that the box can look without decoding everything. */
  layers: boolean;
}

const LOST_MS = 2500;
const ANSWER_MS = 10_000;
const LONGEST_WAIT_MS = 5000;

/** Waits 1, 2, 3, 4, 5, 5, ... seconds between attempts, never exactly together with the neighbours. */
export function backoff(failures: number, random = Math.random()): number {
  return Math.min(1000 * Math.max(1, failures), LONGEST_WAIT_MS) * (0.85 + 0.3 * random);
}

export class Publisher {
  line: Line = "off";
  private connection: RTCPeerConnection | null = null;
  private session: string | null = null;
  private stream: MediaStream | null = null;
  private door: Door | null = null;
  private failures = 0;
  private timer = 0;
  private generation = 0;

  constructor(
    readonly kind: Kind,
    private readonly wishes: Wishes,
    private readonly changed: () => void,
  ) {
    window.addEventListener("online", () => this.hurry());
    window.addEventListener("pagehide", () => this.goodbye());
  }

  /** Begin, or go on with another stream. The token is kept: reconnecting asks nobody for a new one. */
  async start(stream: MediaStream, door: Door): Promise<void> {
    this.stream = stream;
    this.door = door;
    if (this.connection && (await this.swap(stream))) return;
    this.failures = 0;
    void this.connect();
  }

  /** A newer token, for the next reconnection. */
  renew(door: Door | undefined): void {
    if (door && this.door) this.door = door;
  }

  stop(): void {
    this.generation += 1;
    clearTimeout(this.timer);
    this.goodbye();
    this.hangUp();
    this.stream = null;
    this.say("off");
  }

  private async connect(): Promise<void> {
    const { stream, door } = this;
    if (!stream || !door) return;
    const generation = ++this.generation;
    clearTimeout(this.timer);
    this.hangUp();
    if (this.line !== "again" && this.line !== "away") this.say("connecting");
    const connection = new RTCPeerConnection({ iceServers: [] });
    this.connection = connection;
    connection.onconnectionstatechange = () => this.watch(connection);
    try {
      addTracks(connection, stream, this.wishes);
      await connection.setLocalDescription();
      await gathered(connection);
      const answer = await this.offer(connection, door);
      if (generation !== this.generation) return connection.close();
      await connection.setRemoteDescription({ type: "answer", sdp: answer });
      this.watch(connection); // it may be connected already; if not, it has some seconds
    } catch (error) {
      console.warn(`${this.kind}: not published`, error);
      this.failed(generation, error instanceof TypeError || error instanceof Refused ? "away" : "again");
    }
  }

  private async offer(connection: RTCPeerConnection, door: Door): Promise<string> {
    const response = await fetch(door.url, {
      method: "POST",
      headers: { "Content-Type": "application/sdp", Authorization: `Bearer ${door.token}` },
      body: connection.localDescription?.sdp ?? "",
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const text = await response.text();
    if (response.status !== 201) throw new Refused(`${response.status} ${text.slice(0, 300)}`);
    this.session = response.headers.get("Location");
    return text;
  }

  private watch(connection: RTCPeerConnection): void {
    if (connection !== this.connection) return;
    const generation = this.generation;
    clearTimeout(this.timer);
    if (connection.connectionState === "connected") {
      this.failures = 0;
      this.say("live");
    } else if (connection.connectionState === "disconnected") {
      this.timer = window.setTimeout(() => this.failed(generation, "again"), LOST_MS);
    } else if (connection.connectionState === "failed" || connection.connectionState === "closed") {
      this.failed(generation, "again");
    } else {
      this.timer = window.setTimeout(() => this.failed(generation, "again"), ANSWER_MS);
    }
  }

  private failed(generation: number, line: Line): void {
    if (generation !== this.generation) return;
    this.generation += 1;
    this.failures += 1;
    this.hangUp();
    this.say(line);
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.connect(), backoff(this.failures));
  }

  private hurry(): void {
    if (this.line !== "again" && this.line !== "away") return;
    this.failures = 0;
    void this.connect();
  }

  /** Another camera in the same connection: no gap in the recording. */
  private async swap(stream: MediaStream): Promise<boolean> {
    const senders = this.connection?.getSenders() ?? [];
    const pairs = stream.getTracks().map((track) => ({ track, sender: senders.find((s) => s.track?.kind === track.kind) }));
    if (pairs.some(({ sender }) => !sender) || pairs.length !== senders.length) return false;
    try {
      await Promise.all(pairs.map(({ track, sender }) => sender?.replaceTrack(track)));
      return true;
    } catch (error) {
      console.warn(`${this.kind}: the track could not be swapped`, error);
      return false;
    }
  }

  /** The box closes the recording at once instead of waiting for silence. */
  private goodbye(): void {
    if (!this.session || !this.door) return;
    const session = this.session;
    this.session = null;
    fetch(session, { method: "DELETE", keepalive: true, headers: { Authorization: `Bearer ${this.door.token}` } }).catch(() => {
      // the box is away: it notices the silence by itself
    });
  }

  private hangUp(): void {
    const connection = this.connection;
    this.connection = null;
    this.session = null;
    connection?.close();
  }

  private say(line: Line): void {
    if (line === this.line) return;
    this.line = line;
    this.changed();
  }
}

class Refused extends Error {}

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
