import { describe, expect, it } from "vitest";
import { clipType } from "../src/candidate/clip";
import * as judge from "../src/candidate/judge";
import { shownOf } from "../src/candidate/outline";
import { stepsOf } from "../src/candidate/step";
import { extent } from "../src/candidate/steps/equipment";
import { waitsFor } from "../src/candidate/steps/waiting";
import type { MyCheckin, MyPlan } from "../src/lib/checkin";
import type { Me } from "../src/lib/types";

const PLAN = { feeds: ["webcam", "screen"], room_scan: false, position: false, briefed: false, check_out: "none", second: "optional" } as unknown as MyPlan;
const ID = { wanted: false, compares: false, shown: false, declined: false, decided: false, refused: false };
const CHECKIN: MyCheckin = { returned: [], scan: { asked: null, number: 0, verdict: null, shortest: 15, longest: 60 }, selftest: null };

describe("the steps of an exam", () => {
  it("are those that its plan has", () => {
    expect(stepsOf({ plan: PLAN, identity: ID })).toEqual(["name", "agreement", "equipment", "waiting", "exam", "finished"]);
    const all = { ...PLAN, room_scan: true, position: true, briefed: true, check_out: "proctor" as const };
    expect(stepsOf({ plan: all, identity: { ...ID, wanted: true } })).toEqual(["name", "agreement", "equipment", "identity", "room_scan", "position", "briefing", "waiting", "exam", "check_out", "finished"]);
  });

  it("say what is shared as it is", () => {
    expect([extent(["webcam", "screen"]), extent(["webcam"]), extent([])]).toEqual(["full", "camera", "none"]);
  });

  it("say who waits for what", () => {
    const me = (more: Partial<Me>): Me => ({ identity: ID, plan: PLAN, checkin: CHECKIN, phone: null, ...more }) as Me;
    expect(waitsFor(me({}))).toEqual([{ what: "admission", done: false }]);
    const plan = { ...PLAN, room_scan: true, second: "required" as const };
    const known = me({ plan, identity: { ...ID, wanted: true, decided: true }, checkin: { ...CHECKIN, scan: { ...CHECKIN.scan, number: 1, verdict: "clear" } } });
    expect(waitsFor(known)).toEqual([{ what: "id", done: true }, { what: "scan", done: true }, { what: "second", done: false }, { what: "admission", done: false }]);
  });
});

describe("the self-test", () => {
  const able = { secure: true, webrtc: true, camera: true, screen: true, recorder: true };

  it("M7: says at once which ability a browser lacks, and only what this exam needs", () => {
    expect(judge.lacking(PLAN, able)).toEqual([]);
    expect(judge.lacking(PLAN, { ...able, screen: false, recorder: false })).toEqual(["screen"]);
    expect(judge.lacking({ feeds: ["webcam"], room_scan: true }, { ...able, screen: false, recorder: false })).toEqual(["recorder"]);
    expect(judge.lacking({ feeds: [], room_scan: false }, { secure: false, webrtc: false, camera: false, screen: false, recorder: false })).toEqual([]);
  });

  it("M3: judges what is measured", () => {
    const states = (...results: { state: string }[]): string[] => results.map((result) => result.state);
    expect(states(judge.camera(720, false), judge.camera(240, false), judge.camera(0, false), judge.camera(720, true))).toEqual(["pass", "warn", "fail", "fail"]);
    expect(states(judge.microphone(true, false, 40), judge.microphone(true, false, 2), judge.microphone(true, true, 40), judge.microphone(false, false, 0))).toEqual(["pass", "warn", "fail", "fail"]);
    expect(states(judge.screen(true, "monitor"), judge.screen(true, "window"), judge.screen(true, ""), judge.screen(false, ""))).toEqual(["pass", "fail", "not_assessable", "fail"]);
    expect(states(judge.light(120), judge.light(40), judge.light(5), judge.light(250))).toEqual(["pass", "warn", "fail", "fail"]);
    expect(states(judge.throughput(20, 1.4), judge.throughput(2, 1.4), judge.throughput(1, 1.4))).toEqual(["pass", "warn", "fail"]);
    expect(states(judge.roundTrip(9), judge.roundTrip(200), judge.roundTrip(900))).toEqual(["pass", "warn", "fail"]);
  });

  it("warns of a clock that is an hour off, and goes on", () => {
    expect(judge.clock(0.4)).toEqual({ state: "pass", value: 0.4 });
    expect(judge.clock(-3600.04)).toEqual({ state: "warn", value: -3600 });
    expect(judge.blocking({ clock: judge.clock(3600), light: judge.light(5), throughput: judge.throughput(0.1, 1) })).toEqual([]);
    expect(judge.blocking({ microphone: judge.microphone(false, false, 0), screen: judge.screen(true, "tab") })).toEqual(["microphone", "screen"]);
  });

  it("M5, M6: does not guess what a browser does not tell", () => {
    expect([judge.link("ethernet").state, judge.link("wifi").state, judge.link(undefined).state, judge.link("unknown").state]).toEqual(["pass", "warn", "not_assessable", "not_assessable"]);
    expect([judge.battery(null).state, judge.battery({ level: 0.2, charging: false }).state, judge.battery({ level: 0.2, charging: true }).state]).toEqual(["not_assessable", "warn", "pass"]);
  });
});

describe("position and room", () => {
  it("a person's tick counts more than what the box does not see", () => {
    const said = { seen: { face: "seen" as const, hands: "not_seen" as const }, ticked: ["hands" as const], missing: [], box: null, second: false };
    expect([shownOf("face", said), shownOf("hands", said), shownOf("screen", said), shownOf("face", null)]).toEqual(["seen", "ticked", "not_assessable", "unknown"]);
  });

  it("records what the browser can", () => {
    expect([clipType(() => true), clipType((type) => type === "video/mp4"), clipType(() => false)]).toEqual(["video/webm;codecs=vp8", "video/mp4", null]);
  });
});
