/** WHEP: one live stream of one candidate in a <video>. A lost connection is made anew, by itself, with a new token. */

import { post, problemOf } from "../lib/api";
import { h, write } from "../lib/dom";
import { gathered, preferred } from "../lib/peer";
import { t } from "../lib/strings";
import type { Door, Kind } from "../lib/types";

const ANSWER_MS = 10_000;
const LONGEST_WAIT_MS = 5000;
const TOKEN_MS = 45_000;

class Refused extends Error {}

export class Live {
  private readonly video = h("video", { autoplay: true, playsinline: true });
  private readonly said = h("p", { class: "live-said", role: "status" });
  readonly element: HTMLElement;
  private connection: RTCPeerConnection | null = null;
  /** A token opens streams for a minute: trying again asks for no new one, and is no new look in the ledger. */
  private door: { door: Door; until: number } | null = null;
  private session: { url: string; token: string } | null = null;
  private timer = 0;
  private failures = 0;
  private closed = false;

  constructor(
    private readonly attempt: string,
    readonly kind: Kind,
    label: string,
  ) {
    this.video.setAttribute("aria-label", label);
    this.video.muted = kind === "screen";
    this.element = h("figure", { class: `live ${kind}` }, this.video, this.said);
    this.video.addEventListener("playing", () => write(this.said, ""));
    void this.connect();
  }

  get sound(): boolean {
    return !this.video.muted;
  }

  set sound(on: boolean) {
    this.video.muted = !on;
    this.element.dispatchEvent(new Event("sound"));
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.hangUp();
    this.video.srcObject = null;
  }

  private async connect(): Promise<void> {
    write(this.said, t(this.failures ? "look.again" : "look.connecting"));
    let door: Door;
    try {
      door = await this.ask();
    } catch (error) {
      return this.refused(error);
    }
    if (this.closed) return;
    const connection = new RTCPeerConnection({ iceServers: [] });
    this.connection = connection;
    try {
      this.receive(connection);
      await connection.setLocalDescription();
      await gathered(connection);
      const answer = await this.offer(connection, door);
      if (this.connection !== connection) return connection.close();
      await connection.setRemoteDescription({ type: "answer", sdp: answer });
      if (connection.connectionState !== "connected") this.later(ANSWER_MS);
    } catch (error) {
      console.warn(`${this.kind}: no live stream`, error);
      if (this.connection !== connection) return;
      this.hangUp();
      write(this.said, t(error instanceof Refused ? "look.not_here" : "look.again"));
      this.again();
    }
  }

  private async ask(): Promise<Door> {
    if (this.door && this.door.until > performance.now()) return this.door.door;
    const door = await post<Door>(`/api/attempts/${this.attempt}/view`, { kind: this.kind });
    this.door = { door, until: performance.now() + TOKEN_MS };
    return door;
  }

  private receive(connection: RTCPeerConnection): void {
    const stream = new MediaStream();
    const video = connection.addTransceiver("video", { direction: "recvonly" });
    video.setCodecPreferences(preferred(RTCRtpReceiver.getCapabilities("video")?.codecs ?? []));
    if (this.kind === "webcam") connection.addTransceiver("audio", { direction: "recvonly" });
    connection.ontrack = ({ track }) => {
      stream.addTrack(track);
      if (this.video.srcObject !== stream) this.video.srcObject = stream;
      void this.play();
    };
    connection.onconnectionstatechange = () => {
      if (this.connection !== connection) return;
      const state = connection.connectionState;
      if (state === "connected") {
        clearTimeout(this.timer);
        this.failures = 0;
        if (this.video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) write(this.said, t("look.waiting"));
      } else if (state === "failed" || state === "closed") {
        this.hangUp();
        write(this.said, t("look.again"));
        this.again();
      } else if (state === "disconnected") {
        write(this.said, t("look.again"));
        this.later(3000);
      }
    };
  }

  /** Without a click browsers refuse sound, not pictures. */
  private async play(): Promise<void> {
    try {
      await this.video.play();
    } catch {
      this.sound = false;
      await this.video.play().catch(() => undefined);
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
    if (response.status !== 201) throw new Refused(`${response.status} ${text.slice(0, 200)}`);
    const url = response.headers.get("Location");
    this.session = url ? { url, token: door.token } : null;
    return text;
  }

  /** Not now (nothing is recorded any more) is an answer; anything else is tried again. */
  private refused(error: unknown): void {
    if (this.closed) return;
    const problem = problemOf(error);
    if (problem.status === 409) {
      write(this.said, t("look.over"));
    } else if (problem.status === 403 || problem.status === 404) {
      write(this.said, t("look.not_allowed"));
    } else {
      write(this.said, t("look.again"));
      this.again();
    }
  }

  private later(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      this.hangUp();
      this.again();
    }, milliseconds);
  }

  private again(): void {
    if (this.closed) return;
    this.failures += 1;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.connect(), Math.min(1000 * this.failures, LONGEST_WAIT_MS));
  }

  private hangUp(): void {
    const { connection, session } = this;
    this.connection = null;
    this.session = null;
    connection?.close();
    if (session) {
      fetch(session.url, { method: "DELETE", keepalive: true, headers: { Authorization: `Bearer ${session.token}` } }).catch(() => {
        // the box notices by itself that nobody looks
      });
    }
  }
}
