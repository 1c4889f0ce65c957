/** Follows the ledger by Socket.IO: what was missed is asked for by sequence number, and the line tells the truth. */

import type { Socket } from "socket.io-client";
import { now, synchronise } from "../lib/clock";
import { Observable } from "../lib/observable";
import { connect } from "../lib/socket";
import type { LedgerEvent, Pulse } from "../lib/types";

export type Line =
  | { state: "connecting" }
  | { state: "live" }
  | { state: "catching"; behind: number }
  | { state: "offline"; since: number }
  | { state: "silent"; since: number };

interface Handlers {
  /** In order, each once. */
  events(events: LedgerEvent[]): void;
  pulse?(pulse: Pulse): void;
}

interface Batch {
  events: LedgerEvent[];
  head: number;
  upto: number;
}

const SILENT_SECONDS = 5;
const QUIET_MS = 2000;
const LIVE: Line = { state: "live" };

export class Follow {
  readonly line = new Observable<Line>({ state: "connecting" });
  private readonly socket: Socket;
  private heardAt = 0;
  private upto: number;
  private head = 0;
  /** The last batch said that more follows. What is between `upto` and `head` may be for others and never come. */
  private more = false;

  constructor(
    private readonly exam: string,
    after: number,
    private readonly handlers: Handlers,
    socket: Socket = connect(),
  ) {
    this.upto = after;
    this.socket = socket;
    socket.on("connect", () => this.ask());
    socket.on("disconnect", () => this.lost());
    socket.on("connect_error", () => this.lost());
    socket.on("events", (batch: Batch) => this.take(batch));
    socket.on("health", (pulse: Pulse) => this.beat(pulse));
    if (socket.connected) this.ask();
    setInterval(() => this.listen(), 1000);
  }

  get live(): boolean {
    return this.line.value.state === "live" || this.line.value.state === "catching";
  }

  private ask(): void {
    this.socket.emit("follow", { exam: this.exam, after: this.upto }, (answer: { head?: number; error?: string }) => {
      if (answer.head === undefined) {
        console.warn("not followed:", answer.error);
        return;
      }
      this.heardAt = now();
      this.head = answer.head;
      this.more = false;
      this.say(this.head - this.upto);
      // who hears no pulse learns by waiting that nothing was missed
      if (!this.handlers.pulse) setTimeout(() => this.settle(), QUIET_MS);
    });
  }

  private take(batch: Batch): void {
    this.heardAt = now();
    this.head = Math.max(this.head, batch.head);
    const fresh = batch.events.filter((event) => event.seq > this.upto);
    this.upto = Math.max(this.upto, batch.upto);
    this.more = batch.upto < batch.head;
    if (fresh.length) this.handlers.events(fresh);
    this.say(batch.head - batch.upto);
  }

  private beat(pulse: Pulse): void {
    synchronise(pulse.now);
    this.heardAt = now();
    this.handlers.pulse?.(pulse);
    this.settle(); // the box sends health after the events that were due
  }

  private settle(): void {
    if (this.socket.connected && !this.more) this.say(0);
  }

  private say(behind: number): void {
    this.line.set(behind > 0 ? { state: "catching", behind } : LIVE);
  }

  private lost(): void {
    if (this.line.value.state === "offline") return;
    this.line.set({ state: "offline", since: this.heardAt || now() });
  }

  /** Connected, but nothing is heard: say so. Only walls hear a pulse. */
  private listen(): void {
    if (!this.handlers.pulse || !this.socket.connected || !this.heardAt) return;
    if (now() - this.heardAt > SILENT_SECONDS && this.line.value.state !== "silent") {
      this.line.set({ state: "silent", since: this.heardAt });
    }
  }
}
