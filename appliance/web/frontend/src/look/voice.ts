/** The proctor's voice, sent to the box (WHIP) as long as a call lasts. A lost connection is made anew, by itself. */

import { offer } from "../lib/peer";
import type { Door } from "../lib/types";

const ANSWER_MS = 8000;
const LOST_MS = 2000;
const LONGEST_WAIT_MS = 2000;
/** The box closes the connection when it hears that the call is over. So that nothing looks like a loss, it goes first. */
const LINGER_MS = 3000;

export type Line = "connecting" | "live" | "again";

export class Voice {
  line: Line = "connecting";
  private connection: RTCPeerConnection | null = null;
  private timer = 0;
  private failures = 0;
  private closed = false;

  constructor(
    readonly stream: MediaStream,
    private readonly door: Door,
    private readonly changed: () => void,
  ) {
    void this.connect();
  }

  /** The call is over: the microphone is off at once. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    for (const track of this.stream.getTracks()) track.stop();
    const { connection } = this;
    setTimeout(() => connection?.close(), LINGER_MS);
  }

  private async connect(): Promise<void> {
    const connection = new RTCPeerConnection({ iceServers: [] });
    this.connection = connection;
    connection.onconnectionstatechange = () => this.watch(connection);
    try {
      for (const track of this.stream.getTracks()) connection.addTransceiver(track, { direction: "sendonly", streams: [this.stream] });
      const { answer } = await offer(connection, this.door);
      if (this.closed) return connection.close();
      await connection.setRemoteDescription({ type: "answer", sdp: answer });
      this.watch(connection);
    } catch (error) {
      console.warn("the voice does not reach the box", error);
      this.again(connection);
    }
  }

  private watch(connection: RTCPeerConnection): void {
    if (connection !== this.connection || this.closed) return;
    clearTimeout(this.timer);
    const state = connection.connectionState;
    if (state === "connected") {
      this.failures = 0;
      this.say("live");
    } else if (state === "failed" || state === "closed") {
      this.again(connection);
    } else {
      this.timer = window.setTimeout(() => this.again(connection), state === "disconnected" ? LOST_MS : ANSWER_MS);
    }
  }

  private again(connection: RTCPeerConnection): void {
    connection.close();
    if (connection !== this.connection || this.closed) return;
    this.failures += 1;
    this.say("again");
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.connect(), Math.min(300 * this.failures, LONGEST_WAIT_MS));
  }

  private say(line: Line): void {
    if (line === this.line) return;
    this.line = line;
    this.changed();
  }
}
