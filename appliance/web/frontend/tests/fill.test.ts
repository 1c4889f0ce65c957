import { describe, expect, it } from "vitest";
import { fill, pack, type World } from "../src/candidate/fill";
import { Path, SILENT_MS } from "../src/candidate/path";
import { Ring, type Frame } from "../src/candidate/ring";

const BASE: Frame = { connection: 1, video: true, key: false, ssrc: 7, rtp: 0, at: 0, mime: "video/H264", data: new Uint8Array(100) };

/** Pictures at 10 a second with a key frame each two seconds, and sound at 20 a second. */
function record(ring: Ring, from: number, to: number, connection = 1): void {
  for (let at = from; at < to; at += 50) {
    ring.push({ ...BASE, connection, video: false, key: true, ssrc: 8, mime: "audio/opus", at, rtp: at * 48 });
    if (at % 100 === 0) ring.push({ ...BASE, connection, key: at % 2000 === 0, at, rtp: at * 90 });
  }
}

describe("the ring", () => {
  it("keeps a minute", () => {
    const ring = new Ring(60_000, 1e9);
    record(ring, 0, 100_000);
    expect(ring.length).toBe(60_000 / 50 + 60_000 / 100 + 1);
    expect(ring.dropped).toBe(0);
    expect(ring.bytes).toBe(ring.length * 100);
  });

  it("keeps less when frames are large, and counts what had to go", () => {
    const ring = new Ring(60_000, 10_000);
    record(ring, 0, 10_000);
    expect(ring.bytes).toBeLessThanOrEqual(10_000);
    expect(ring.dropped).toBeGreaterThan(100);
    expect(ring.length).toBe(100);
  });

  it("cuts pieces at key frames, the first of them before the hole", () => {
    const ring = new Ring();
    record(ring, 0, 20_000);
    const pieces = ring.pieces(5000, 14_000);
    expect(pieces.map((piece) => piece.find((frame) => frame.video)?.at)).toEqual([4000, 10_000, 14_000]);
    expect(pieces.every((piece) => piece.find((frame) => frame.video)?.key)).toBe(true);
    expect(pieces.at(-1)?.at(-1)?.at).toBeLessThan(14_301);
    const all = pieces.flat().map((frame) => frame.at);
    expect(all).toEqual([...all].sort((a, b) => a - b));
  });

  it("does not mix two connections", () => {
    const ring = new Ring();
    record(ring, 0, 8000, 1);
    record(ring, 6000, 12_000, 2);
    const pieces = ring.pieces(5000, 9000);
    expect(pieces.map((piece) => new Set(piece.map((frame) => frame.connection)).size)).toEqual(pieces.map(() => 1));
    expect(pieces.map((piece) => piece[0]?.connection)).toEqual([1, 2]);
  });

  it("has nothing where no picture can be decoded", () => {
    const ring = new Ring();
    ring.push({ ...BASE, at: 1000 });
    expect(ring.pieces(0, 5000)).toEqual([]);
    expect(new Ring().pieces(0, 5000)).toEqual([]);
  });
});

/** A box that is `AHEAD` seconds ahead, with holes that what is brought fills. */
class Box implements World {
  at = 50_000;
  open = 0;
  pieces: Uint8Array[] = [];
  whys: string[] = [];
  waited = 0;
  refuse: number[] = [];

  constructor(public holes: [number, number][]) {}

  now = (): number => this.at;

  sleep = (ms: number): Promise<void> => {
    this.waited += ms;
    this.at += ms;
    return Promise.resolve();
  };

  fetch = ((url: string, init: RequestInit): Promise<Response> => {
    expect(url).toBe("/fill/a1/webcam");
    expect(new Headers(init.headers).get("Authorization")).toBe("Bearer secret");
    this.at += 10; // there
    if (typeof init.body === "string") return Promise.resolve(this.asked(init.body));
    this.at += 10;
    const status = this.refuse.shift() ?? 200;
    if (status !== 200) return Promise.resolve(new Response("no", { status }));
    this.pieces.push(init.body as Uint8Array);
    return Promise.resolve(Response.json({ filled: null }));
  }) as typeof fetch;

  private asked(body: string): Response {
    this.whys.push((JSON.parse(body) as { why: string }).why);
    const now = AHEAD + this.at / 1000;
    this.at += 10; // and back
    this.open -= 1;
    return Response.json({ now, open: this.open >= 0, holes: this.holes });
  }
}

const AHEAD = 1_795_000_000;
const DOOR = { url: "/whip/a1/webcam", token: "secret" };
const signal = new AbortController().signal;

describe("back-fill", () => {
  it("says why, asks, and brings what the ring has, by the box's clock", async () => {
    const ring = new Ring();
    record(ring, 0, 50_000);
    const box = new Box([[AHEAD + 30, AHEAD + 38]]);
    const sent = await fill(ring, DOOR, "device_slept", box, signal);
    expect(box.whys).toContain("device_slept");
    expect(box.pieces.length).toBe(3);
    expect(sent).toBe(box.pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
    const said = read(box.pieces[0] ?? new Uint8Array());
    expect(said.header).toEqual({ codec: "h264", video: 7, audio: 8 });
    expect(said.frames[0]?.at).toBeCloseTo(AHEAD + 28, 3);
  });

  it("waits while the gap is still open", async () => {
    const ring = new Ring();
    record(ring, 0, 50_000);
    const box = new Box([]);
    box.open = 3;
    await fill(ring, DOOR, "", box, signal);
    expect(box.whys.length).toBe(3 + 3); // and for one that the box has not noticed yet
    expect(box.waited).toBe(5000);
  });

  it("gives way to the live stream", async () => {
    const ring = new Ring();
    for (let at = 0; at < 20_000; at += 100) ring.push({ ...BASE, key: at % 2000 === 0, at, data: new Uint8Array(10_000) });
    const box = new Box([[AHEAD + 4, AHEAD + 14]]);
    const sent = await fill(ring, DOOR, "", box, signal);
    expect(sent).toBeGreaterThan(1_000_000);
    expect((sent * 8) / (box.waited - 2000)).toBeLessThan(4100); // bits a millisecond: 4 Mbit/s
  });

  it("tries again when the box is busy, not when it refuses, and not for ever", async () => {
    const ring = new Ring();
    record(ring, 0, 50_000);
    const box = new Box([[AHEAD + 30, AHEAD + 33]]);
    box.refuse = [503];
    expect(await fill(ring, DOOR, "", box, signal)).toBeGreaterThan(0);
    box.refuse = [400, 400, 400, 400];
    expect(await fill(ring, DOOR, "", box, signal)).toBe(0);
    box.open = 1e9;
    await fill(ring, DOOR, "", box, signal);
    expect(box.whys.length).toBeLessThan(40);
  });

  it("only speaks where nothing is kept", async () => {
    const box = new Box([[AHEAD + 30, AHEAD + 33]]);
    expect(await fill(null, DOOR, "page_reloaded", box, signal)).toBe(0);
    expect(box.whys).toEqual(["page_reloaded"]);
    expect(box.pieces).toEqual([]);
  });

  it("packs frames as docs/api.md says", () => {
    const { header, frames } = read(pack([{ ...BASE, key: true, rtp: 0xffffffff, at: 1500, data: new Uint8Array([1, 2, 3]) }], 1000));
    expect(header).toEqual({ codec: "h264", video: 7, audio: 0 });
    expect(frames).toEqual([{ video: 1, rtp: 0xffffffff, at: 2.5, data: [1, 2, 3] }]);
  });
});

function read(body: Uint8Array): { header: unknown; frames: { video: number; rtp: number; at: number; data: number[] }[] } {
  expect(new TextDecoder().decode(body.slice(0, 4))).toBe("FILL");
  const view = new DataView(body.buffer);
  let at = 6 + view.getUint16(4);
  const header: unknown = JSON.parse(new TextDecoder().decode(body.slice(6, at)));
  const frames = [];
  while (at < body.length) {
    const length = view.getUint32(at + 13);
    frames.push({ video: view.getUint8(at), rtp: view.getUint32(at + 1), at: view.getFloat64(at + 5), data: [...body.slice(at + 17, at + 17 + length)] });
    at += 17 + length;
  }
  return { header, frames };
}

describe("the path", () => {
  const connection = (stats: () => Record<string, unknown>[]): Pick<RTCPeerConnection, "getStats"> => ({
    getStats: () => Promise.resolve(new Map(stats().map((report) => [report["id"], report])) as unknown as RTCStatsReport),
  });
  const pair = (heard: number): Record<string, unknown>[] => [
    { id: "T", type: "transport", selectedCandidatePairId: "P" },
    { id: "P", type: "candidate-pair", bytesReceived: heard, localCandidateId: "L" },
    { id: "L", type: "local-candidate", address: "10.0.0.7" },
  ];

  it("is silent since the last time that something more had come", async () => {
    let heard = 10;
    const path = new Path(connection(() => pair(heard)), 0);
    expect(await path.silent(100)).toBe(0);
    expect(await path.silent(1100)).toBe(1000);
    heard += 1;
    expect(await path.silent(1600)).toBe(0);
    expect(await path.silent(3600)).toBe(SILENT_MS);
    expect(path.address).toBe("10.0.0.7");
  });

  it("is not called silent by a browser that does not tell, but when the pair is gone that was there", async () => {
    let reports: Record<string, unknown>[] = [];
    const path = new Path(connection(() => reports), 0);
    expect(await path.silent(10_000)).toBe(0);
    reports = pair(1);
    expect(await path.silent(11_000)).toBe(0);
    reports = [];
    expect(await path.silent(14_000)).toBe(3000);
  });

  it("has a moment after sleep", async () => {
    const path = new Path(connection(() => pair(1)), 0);
    await path.silent(0);
    path.wake(20_000);
    expect(await path.silent(20_000)).toBeLessThan(SILENT_MS);
    expect(await path.silent(21_100)).toBeGreaterThanOrEqual(SILENT_MS);
  });
});
