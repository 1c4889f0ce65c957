/** WHEP: one live stream of one candidate in a <video>. A lost connection is made anew, by itself, with a new token; a line
 * that is too slow for it shows stills, and tries the live picture again after a while. */

import { post, problemOf } from "../lib/api";
import { h, write } from "../lib/dom";
import { goodbye, offer, preferred, Refused } from "../lib/peer";
import { t } from "../lib/strings";
import type { Door, Kind } from "../lib/types";
import { LatestStill } from "./still";

const ANSWER_MS = 10_000;
const LONGEST_WAIT_MS = 5000;
const TOKEN_MS = 45_000;
const SLOW_MS = 10_000;
const LONGEST_SLOW_MS = 80_000;
/** A live picture that holds for so long was not too much for the line. */
const HELD_MS = 30_000;
/** The box ended this view because the line could not take it. */
const TOO_SLOW = 410;

export class Live {
  private readonly video = h("video", { autoplay: true, playsinline: true });
  private readonly said = h("p", { class: "live-said", role: "status" });
  readonly element: HTMLElement;
  readonly stream = new MediaStream();
  private connection: RTCPeerConnection | null = null;
  /** A token opens streams for a minute: trying again asks for no new one, and is no new look in the ledger. */
  private door: { door: Door; until: number } | null = null;
  private session: string | null = null;
  private still: LatestStill | null = null;
  private timer = 0;
  private failures = 0;
  private slowMs = SLOW_MS / 2;
  private since = 0;
  private closed = false;

  constructor(
    private readonly attempt: string,
    readonly kind: Kind,
    private readonly label: string,
  ) {
    this.video.setAttribute("aria-label", label);
    this.video.muted = kind !== "webcam";
    this.element = h("figure", { class: `live ${kind}` }, this.video, this.said);
    this.video.addEventListener("playing", () => { this.showStill(false); write(this.said, ""); });
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
    this.showStill(false);
    void this.hangUp();
    this.video.srcObject = null;
  }

  private async connect(): Promise<void> {
    if (!this.still) write(this.said, t(this.failures ? "look.again" : "look.connecting"));
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
      const { answer, session } = await offer(connection, door);
      if (this.connection !== connection) {
        if (session) void goodbye(session);
        return connection.close();
      }
      this.session = session;
      await connection.setRemoteDescription({ type: "answer", sdp: answer });
      if (connection.connectionState !== "connected") this.later(ANSWER_MS);
    } catch (error) {
      console.warn(`${this.kind}: no live stream`, error);
      if (this.connection !== connection) return;
      void this.hangUp();
      if (!this.still) write(this.said, t(error instanceof Refused ? "look.not_here" : "look.again"));
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
    const video = connection.addTransceiver("video", { direction: "recvonly" });
    video.setCodecPreferences(preferred(RTCRtpReceiver.getCapabilities("video")?.codecs ?? []));
    if (this.kind === "webcam") connection.addTransceiver("audio", { direction: "recvonly" });
    for (const track of this.stream.getTracks()) this.stream.removeTrack(track); // of the connection before
    connection.ontrack = ({ track }) => {
      this.stream.addTrack(track);
      if (this.video.srcObject !== this.stream) this.video.srcObject = this.stream;
      this.element.dispatchEvent(new Event("tracks"));
      void this.play();
    };
    connection.onconnectionstatechange = () => {
      if (this.connection === connection) this.changed(connection.connectionState);
    };
  }

  private changed(state: RTCPeerConnectionState): void {
    if (state === "connected") {
      clearTimeout(this.timer);
      this.failures = 0;
      this.since = performance.now();
      if (!this.still && this.video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) write(this.said, t("look.waiting"));
    } else if (state === "failed" || state === "closed") {
      void this.lost();
    } else if (state === "disconnected") {
      this.later(3000);
    }
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

  /** Not now (nothing is recorded any more) is an answer; anything else is tried again. */
  private refused(error: unknown): void {
    if (this.closed) return;
    const problem = problemOf(error);
    if (problem.status === 409) {
      write(this.said, t("look.over"));
    } else if (problem.status === 403 || problem.status === 404) {
      write(this.said, t("look.not_allowed"));
    } else {
      if (!this.still) write(this.said, t("look.again"));
      this.again();
    }
  }

  /** The connection is over. The box knows whether it was too much for this line. */
  private async lost(): Promise<void> {
    const held = performance.now() - this.since > HELD_MS;
    const status = await this.hangUp({ leaving: false });
    if (this.closed || this.connection) return;
    if (status !== TOO_SLOW) {
      if (!this.still) write(this.said, t("look.again"));
      return this.again();
    }
    this.slowMs = held ? SLOW_MS : Math.min(2 * this.slowMs, LONGEST_SLOW_MS);
    this.showStill(true);
    write(this.said, t("look.too_slow"));
    this.soon(this.slowMs);
  }

  private showStill(on: boolean): void {
    if (on === (this.still !== null)) return;
    this.still?.close();
    this.still = on ? new LatestStill(this.attempt, this.kind, this.label) : null;
    if (this.still) this.element.insertBefore(this.still.element, this.said);
  }

  private later(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.lost(), milliseconds);
  }

  private again(): void {
    this.failures += 1;
    this.soon(Math.min(1000 * this.failures, LONGEST_WAIT_MS));
  }

  private soon(milliseconds: number): void {
    if (this.closed) return;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.connect(), milliseconds);
  }

  /** -> what the box answered; 0 when there was nothing to say. */
  private async hangUp({ leaving = true } = {}): Promise<number> {
    const { connection, session } = this;
    this.connection = null;
    this.session = null;
    connection?.close();
    return session ? goodbye(session, { leaving }) : 0;
  }
}
