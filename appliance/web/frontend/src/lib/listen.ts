/** Sound from the box (WHEP), played as long as it is wanted. A lost connection is made anew, by itself. */

import { h } from "./dom";
import { goodbye, offer, preferred } from "./peer";
import type { Door } from "./types";

const ANSWER_MS = 8000;
const LOST_MS = 2000;
const LONGEST_WAIT_MS = 2000;

/** "blocked": the browser wants a click before it plays. */
export type Hearing = "connecting" | "live" | "again" | "blocked";

export class Listener {
  readonly element = h("audio", { autoplay: true });
  hearing: Hearing = "connecting";
  private connection: RTCPeerConnection | null = null;
  private session: string | null = null;
  private timer = 0;
  private failures = 0;
  private closed = false;

  /** `door` is asked for each connection anew: a token to view is good for a minute. */
  constructor(
    private readonly door: () => Promise<Door>,
    private readonly changed: () => void,
    /** The feed has pictures as well: the box forwards them together, and here only the sound is played. */
    private readonly pictured = false,
  ) {
    this.element.addEventListener("playing", () => this.say("live"));
    void this.connect();
  }

  close(): void {
    this.closed = true;
    this.hangUp();
    this.element.srcObject = null;
  }

  /** After a click every browser plays. */
  async play(): Promise<void> {
    try {
      await this.element.play();
      this.say("live");
    } catch (error) {
      if (this.closed || (error instanceof DOMException && error.name === "AbortError")) return;
      this.say("blocked");
    }
  }

  private async connect(): Promise<void> {
    const connection = new RTCPeerConnection({ iceServers: [] });
    this.connection = connection;
    if (this.pictured) {
      const video = connection.addTransceiver("video", { direction: "recvonly" });
      video.setCodecPreferences(preferred(RTCRtpReceiver.getCapabilities("video")?.codecs ?? []));
    }
    connection.addTransceiver("audio", { direction: "recvonly" });
    connection.ontrack = ({ track }) => {
      if (track.kind !== "audio") return;
      this.element.srcObject = new MediaStream([track]);
      void this.play();
    };
    connection.onconnectionstatechange = () => this.watch(connection);
    try {
      const { answer, session } = await offer(connection, await this.door());
      if (connection !== this.connection) {
        if (session) void goodbye(session);
        return connection.close();
      }
      this.session = session;
      await connection.setRemoteDescription({ type: "answer", sdp: answer });
      this.watch(connection);
    } catch (error) {
      console.info("not heard yet", error);
      this.again(connection);
    }
  }

  private watch(connection: RTCPeerConnection): void {
    if (connection !== this.connection) return;
    clearTimeout(this.timer);
    const state = connection.connectionState;
    if (state === "connected") this.failures = 0;
    else if (state === "failed" || state === "closed") this.again(connection);
    else this.timer = window.setTimeout(() => this.again(connection), state === "disconnected" ? LOST_MS : ANSWER_MS);
  }

  private again(connection: RTCPeerConnection): void {
    if (connection !== this.connection || this.closed) return connection.close();
    this.hangUp();
    this.failures += 1;
    if (this.hearing !== "connecting") this.say("again");
    this.timer = window.setTimeout(() => void this.connect(), Math.min(200 * this.failures, LONGEST_WAIT_MS));
  }

  private hangUp(): void {
    clearTimeout(this.timer);
    const { connection, session } = this;
    this.connection = null;
    this.session = null;
    connection?.close();
    if (session) void goodbye(session);
  }

  private say(hearing: Hearing): void {
    if (hearing === this.hearing) return;
    this.hearing = hearing;
    this.changed();
  }
}
