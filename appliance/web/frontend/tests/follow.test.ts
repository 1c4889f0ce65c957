import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Socket } from "socket.io-client";
import type { LedgerEvent } from "../src/lib/types";
import { Follow } from "../src/wall/follow";

class FakeSocket {
  connected = false;
  readonly sent: { name: string; said: unknown; answer: (said: unknown) => void }[] = [];
  private readonly handlers = new Map<string, (said: unknown) => void>();

  on(name: string, handler: (said: unknown) => void): void {
    this.handlers.set(name, handler);
  }

  emit(name: string, said: unknown, answer: (said: unknown) => void): void {
    this.sent.push({ name, said, answer });
  }

  say(name: string, said: unknown = undefined): void {
    if (name === "connect") this.connected = true;
    if (name === "disconnect") this.connected = false;
    this.handlers.get(name)?.(said);
  }
}

const event = (seq: number): LedgerEvent => ({ seq, chain: "a1", type: "flag.raised", wall: 0, actor: "", payload: null });
const pulse = (): object => ({ now: Date.now() / 1000, attempts: {}, processes: {} });

function follow(): { socket: FakeSocket; follower: Follow; got: number[] } {
  const socket = new FakeSocket();
  const got: number[] = [];
  const follower = new Follow("bio", 10, { events: (events) => got.push(...events.map((e) => e.seq)), pulse: () => undefined }, socket as unknown as Socket);
  return { socket, follower, got };
}

describe("following the ledger", () => {
  beforeEach(() => { vi.useFakeTimers(); });
  afterEach(() => { vi.useRealTimers(); });

  it("asks for what came after what it has, and says how far behind it is", () => {
    const { socket, follower, got } = follow();
    expect(follower.line.value.state).toBe("connecting");
    socket.say("connect");
    expect(socket.sent[0]).toMatchObject({ name: "follow", said: { exam: "bio", after: 10 } });
    socket.sent[0]?.answer({ head: 410 });
    expect(follower.line.value).toEqual({ state: "catching", behind: 400 });
    socket.say("events", { events: [event(11), event(12)], head: 410, upto: 210 });
    expect(follower.line.value).toEqual({ state: "catching", behind: 200 });
    socket.say("health", pulse());
    expect(follower.line.value.state).toBe("catching"); // more was announced
    socket.say("events", { events: [event(300)], head: 410, upto: 410 });
    expect(follower.line.value.state).toBe("live");
    expect(got).toEqual([11, 12, 300]);
  });

  it("is live when nothing of what was missed is for this page", () => {
    const { socket, follower } = follow();
    socket.say("connect");
    socket.sent[0]?.answer({ head: 50 });
    expect(follower.line.value.state).toBe("catching");
    socket.say("health", pulse());
    expect(follower.line.value.state).toBe("live");
  });

  it("never takes an event twice, and loses none across a broken line", () => {
    const { socket, follower, got } = follow();
    socket.say("connect");
    socket.sent[0]?.answer({ head: 10 });
    socket.say("events", { events: [event(11)], head: 11, upto: 11 });
    socket.say("disconnect");
    expect(follower.line.value.state).toBe("offline");
    expect(follower.live).toBe(false);
    socket.say("connect");
    expect(socket.sent[1]?.said).toEqual({ exam: "bio", after: 11 });
    socket.sent[1]?.answer({ head: 13 });
    socket.say("events", { events: [event(11), event(12), event(13)], head: 13, upto: 13 });
    expect(got).toEqual([11, 12, 13]);
    expect(follower.live).toBe(true);
  });

  it("says so when the line is there and nothing is heard", () => {
    const { socket, follower } = follow();
    socket.say("connect");
    socket.sent[0]?.answer({ head: 10 });
    socket.say("health", pulse());
    vi.advanceTimersByTime(7000);
    expect(follower.line.value.state).toBe("silent");
    socket.say("health", pulse());
    expect(follower.line.value.state).toBe("live");
  });
});
