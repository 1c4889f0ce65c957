import { describe, expect, it } from "vitest";
import type { Feed, Parts, Segment, SegmentState } from "../types";
import { Clock } from "./clock";
import { content, evenly, opening, silent } from "./container";
import { Coverage, type Mark } from "./coverage";
import { begin, cut, end, keyAfter } from "./cut";
import { correct, spread } from "./drift";
import { leap, stop } from "./leap";
import { Watched, type Watch } from "./watched";

/** Parts of a second, a key frame in each fourth; 1000 bytes each, after a header of 500. */
const parts = (from: number, count: number): Parts["parts"] => Array.from({ length: count }, (_, n) => [500 + 1000 * n, 1000, from + n, 1, n % 4 === 0 ? 1 : 0]);

function segment(position: number, duration: number, state: SegmentState = "there", late = false): Segment {
  return { file: `${position}.mp4`, starts_at: 1000 + position, position, duration, bytes: 1, late, state };
}

function feed(segments: Segment[], gaps: Feed["gaps"] = []): Feed {
  return { kind: "webcam", begins_at: 1000, position: null, uncertainty_ms: null, delay_ms: null, segments, gaps, damaged: [] };
}

describe("which bytes are fetched", () => {
  it("begins at the key frame at or before the moment, and goes on for as long as is wanted, in one range", () => {
    expect(cut(parts(30, 30), { from: 39.5, to: 41.5, bytes: 1e9 })).toMatchObject({ offset: 8500, length: 4000, begins: 38, ends: 42, next: 12 });
  });

  it("goes on with the next part where a decoder has the ones before", () => {
    expect(cut(parts(30, 30), { from: 42, to: 44, bytes: 1e9, next: 12 })).toMatchObject({ offset: 12500, length: 2000, ends: 44, next: 14 });
  });

  it("keeps a bound of bytes, but always holds the moment itself", () => {
    expect(cut(parts(0, 30), { from: 3.5, to: 20, bytes: 2500 })).toMatchObject({ begins: 0, ends: 4 });
    expect(cut(parts(0, 30), { from: 0.5, to: 20, bytes: 2500 })).toMatchObject({ begins: 0, ends: 2 });
  });

  it("never ends amid pictures that are there already, for what follows up to the next key frame would be lost", () => {
    expect(cut(parts(0, 30), { from: 3, to: 5.5, bytes: 1e9, held: (at) => at >= 4 })).toMatchObject({ begins: 0, ends: 8 });
    expect(cut(parts(0, 30), { from: 3, to: 5.5, bytes: 1e9, held: () => false })).toMatchObject({ begins: 0, ends: 6 });
  });

  it("says when a file has nothing more, and where it ends", () => {
    expect(cut(parts(0, 4), { from: 4, to: 9, bytes: 1e9 })).toBeNull();
    expect(cut([], { from: 0, to: 9, bytes: 1e9 })).toBeNull();
    expect([end(parts(30, 4)), end([])]).toEqual([34, null]);
  });

  it("begins at the first key frame of a file where none is earlier", () => {
    const list = parts(0, 8).slice(1);
    expect([begin(list, 2), keyAfter(list, 4), keyAfter(list, 3.9)]).toEqual([3, null, 4]);
  });
});

describe("what there is of a moment", () => {
  it("is a picture, a gap with its cause, or a file that is missing, deleted or damaged", () => {
    const mark: Mark = { file: "30.mp4", from: 34, to: 38, absence: { what: "damaged" } };
    const said = new Coverage(feed([segment(0, 10), { ...segment(20, 10, "deleted"), deleted_at: 7 }, segment(30, 10), segment(40, 5, "missing")],
      [{ starts_at: 1010, ends_at: 1020, cause: "connection_lost", filled: 0 }]), false, [mark]);
    expect([5, 12, 22, 31, 35, 41, 50].map((at) => said.at(at))).toMatchObject([
      { what: "picture" }, { what: "gap", cause: "connection_lost" }, { what: "deleted", at: 7 }, { what: "picture", piece: { file: "30.mp4" } }, { what: "damaged" }, { what: "missing" }, { what: "none" },
    ]);
    expect([said.next(12), said.next(35), said.next(40)]).toEqual([30, 38, null]);
  });

  it("is the late piece inside a gap, and of two files that overlap the one that was there first", () => {
    const said = new Coverage(feed([segment(0, 10), segment(12, 4, "there", true), segment(15, 10)], [{ starts_at: 1010, ends_at: 1015, cause: "no_media", filled: 4 }]), false);
    expect([11, 13, 15.5, 16.5].map((at) => { const found = said.at(at); return found.what === "picture" ? found.piece.file : found.what; })).toEqual(["gap", "12.mp4", "12.mp4", "15.mp4"]);
  });

  it("takes a frame that is missing between two files for no gap", () => {
    expect(new Coverage(feed([segment(0, 10), segment(10.2, 10)]), false).at(10.1)).toMatchObject({ what: "picture", piece: { file: "10.2.mp4" } });
  });

  it("lets an open file grow while the exam runs; after a crash it ends where it ends", () => {
    const open = feed([segment(0, 10, "open")]);
    expect([new Coverage(open, true).at(99).what, new Coverage(open, false).at(99).what]).toEqual(["picture", "none"]);
    expect(new Coverage(feed([segment(0, 10, "open"), segment(20, 10)]), true).at(12).what).toBe("none");
  });
});

describe("the clock", () => {
  it("runs at its speed, holds, and follows the feed that leads", () => {
    const clock = new Clock(100);
    expect(clock.at(5)).toBe(100);
    clock.run(5);
    expect(clock.at(7)).toBe(102);
    clock.accelerate(4, 7);
    expect(clock.at(8)).toBe(106);
    clock.follow(105.9, 8);
    expect(clock.at(9)).toBeCloseTo(109.9);
    clock.hold(9);
    clock.follow(50, 10);
    expect(clock.at(20)).toBeCloseTo(109.9);
  });
});

describe("staying in step", () => {
  it("leaves alone what is in step, corrects a little what is not, seeks what is far", () => {
    expect(correct(0.01, 1, false)).toEqual({ rate: 1, seek: false });
    expect(correct(0.03, 1, false).rate).toBeCloseTo(1.075, 3);
    expect(correct(-0.09, 1, false).rate).toBeCloseTo(0.92);
    expect(correct(-0.3, 1, false).rate).toBeCloseTo(0.75);
    expect(correct(0.09, 1, false, false).rate).toBeCloseTo(1.225, 3);
    expect(correct(0.6, 1, false)).toEqual({ rate: 1, seek: true });
    expect(correct(0.6, 2, false).seek).toBe(false);
  });

  it("goes on until it is exact, so that it does not begin anew all the time", () => {
    expect([correct(0.01, 1, true).rate > 1, correct(0.005, 1, true).rate]).toEqual([true, 1]);
  });

  it("tells how far the pictures are apart", () => {
    expect(spread([0.01, -0.02, 0.03])).toBeCloseTo(50);
    expect([spread([]), spread([3])]).toEqual([0, 0]);
  });
});

describe("what playing jumps over, and where it stops", () => {
  const quiet = [{ starts_at: 10, ends_at: 20 }, { starts_at: 19, ends_at: 30 }, { starts_at: 50, ends_at: 50.2 }, { starts_at: 60, ends_at: null }];

  it("jumps from the beginning of a quiet part to the end of those that touch it", () => {
    expect([leap(9.9, 10.1, quiet), leap(8, 9, quiet)]).toEqual([30, null]);
  });

  it("plays a quiet part into which somebody sought, one that is very short, and one that goes on", () => {
    expect([leap(12, 12.1, quiet), leap(49.9, 50, quiet), leap(59.9, 60.1, quiet)]).toEqual([null, null, null]);
  });

  it("stops at the first flag it comes to, and not again where it begins at one", () => {
    expect([stop(4, 6, [5.5, 5, 9]), stop(5, 5.4, [5.5, 5, 9]), stop(9, 10, [5.5, 5, 9])]).toEqual([5, null, null]);
  });
});

describe("what was watched", () => {
  function watching(): [Watched, Watch[]] {
    const told: Watch[] = [];
    return [new Watched((span) => told.push(span)), told];
  }

  it("is told in spans that follow each other, each 20 s and at the end", () => {
    const [watched, told] = watching();
    for (let n = 0; n <= 500; n += 1) watched.note(100 + n / 10, ["webcam"], 1, n / 10);
    watched.flush();
    expect(told.map((span) => [span.starts_at, span.ends_at].map(Math.round))).toEqual([[100, 120], [120, 140], [140, 150]]);
  });

  it("is another span where the speed or the feeds change, and begins anew after a jump", () => {
    const [watched, told] = watching();
    const seen: [number, Watch["kinds"], number][] = [[0, ["webcam"], 1], [1, ["webcam"], 1], [2, ["webcam", "screen"], 1], [3, ["webcam", "screen"], 1], [5, ["webcam", "screen"], 2], [7, ["webcam", "screen"], 2], [90, ["webcam"], 2], [91, ["webcam"], 2]];
    for (const [n, [wall, kinds, speed]] of seen.entries()) watched.note(wall, kinds, speed, n);
    watched.flush();
    expect(told).toEqual([
      { starts_at: 0, ends_at: 1, kinds: ["webcam"], speed: 1 }, { starts_at: 1, ends_at: 3, kinds: ["webcam", "screen"], speed: 1 },
      { starts_at: 3, ends_at: 7, kinds: ["webcam", "screen"], speed: 2 }, { starts_at: 90, ends_at: 91, kinds: ["webcam"], speed: 2 },
    ]);
  });

  it("is nothing where no picture was shown", () => {
    const [watched, told] = watching();
    for (let n = 0; n < 9; n += 1) watched.note(n, [], 1, n);
    watched.flush();
    expect(told).toEqual([]);
  });
});

// --- bytes, as `recording/mp4.py` writes them ---

const u32 = (...values: number[]): number[] => values.flatMap((value) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255));
const box = (type: string, ...content: number[][]): number[] => [...u32(8 + content.flat().length), ...[...type].map((letter) => letter.charCodeAt(0)), ...content.flat()];
const traf = (track: number, position: number, offset: number, samples: [number, number][]): number[] =>
  box("traf", box("tfhd", u32(0x20000, track)), box("tfdt", u32(0x1000000, 0, position)), box("trun", u32(0x701, samples.length, offset), samples.flatMap(([lasts, size]) => u32(lasts, size, 0x2000000))));

function part(pictures: [number, number][], sound: [number, number][]): Uint8Array<ArrayBuffer> {
  const made = (at: number): number[] => box("moof", box("mfhd", u32(0, 1)), traf(1, 90_000, at, pictures), ...(sound.length ? [traf(2, 48_000, at + pictures.reduce((sum, [, size]) => sum + size, 0), sound)] : []));
  const bytes = pictures.flatMap(([, size]) => Array.from({ length: size }, () => 7)).concat(sound.flatMap(([, size]) => (size === 3 ? [0xfc, 0xff, 0xfe] : Array.from({ length: size }, () => 9))));
  return new Uint8Array([...made(made(0).length + 8), ...box("mdat", bytes)]);
}

const trak = (type: string, ...entry: number[][]): number[] => box("trak", box("mdia", box("hdlr", u32(0, 0), [...type].map((letter) => letter.charCodeAt(0))), box("stsd", ...entry)));
const trex = (track: number): number[] => box("trex", u32(0, track, 1, 0, 0, 0));
const header = new Uint8Array([...box("ftyp"), ...box("moov", box("mvhd"), trak("vide", box("avc1", box("avcC", [1, 0x42, 0xe0, 0x1f, 0xff]))), trak("soun", box("Opus")), box("mvex", trex(1), trex(2)))]);

describe("the bytes of a recording", () => {
  it("are named for the browser by their own header", () => {
    expect(opening(header, "mp4")).toEqual({ mime: 'video/mp4; codecs="avc1.42e01f, opus"', picture: true, sound: true });
    expect(opening(new TextEncoder().encode("..V_VP8.."), "webm")).toEqual({ mime: 'video/webm; codecs="vp8"', picture: true, sound: false });
    expect(opening(new Uint8Array(40), "mp4")).toBeNull();
  });

  it("can be had without the track of sound that a header promises", () => {
    const without = silent(header);
    expect(opening(without, "mp4")).toEqual({ mime: 'video/mp4; codecs="avc1.42e01f"', picture: true, sound: false });
    expect(new DataView(without.buffer).getUint32(8)).toBe(without.length - 8);
  });

  it("say when each picture stands, and whether there is sound", () => {
    expect(content(part([[6000, 4], [3000, 2]], []))).toEqual({ pictures: [1, 1 + 6000 / 90_000], sound: false });
    expect(content(part([[6000, 4]], [[960, 20]])).sound).toBe(true);
    expect(content(new Uint8Array(33))).toEqual({ pictures: [], sound: false });
  });

  it("hold silence as long as they say, in packets of 20 ms", () => {
    const made = evenly(part([[6000, 4]], [[960, 20], [48_000, 3], [960, 20]]));
    const view = new DataView(made.buffer);
    const moof = view.getUint32(0);
    const at = [...made].map((_, n) => String.fromCharCode(...made.subarray(n, n + 4))).lastIndexOf("trun") + 4;
    expect([view.getUint32(at + 4), view.getUint32(moof)]).toEqual([52, made.length - moof]);
    expect(view.getInt32(at + 8)).toBe(moof + 8 + 4);
    expect([...made.subarray(made.length - 23, made.length - 20)]).toEqual([0xfc, 0xff, 0xfe]);
    expect(made.length - moof - 8).toBe(4 + 20 + 50 * 3 + 20);
  });

  it("are left as they are where sound came", () => {
    const whole = part([[6000, 4]], [[960, 20], [960, 3]]);
    expect(evenly(whole)).toBe(whole);
  });
});
