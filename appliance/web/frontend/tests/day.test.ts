import { describe, expect, it } from "vitest";
import type { DayOfTile, Plan } from "../src/lib/day";
import type { Attempt, Identity, LedgerEvent, Pulse, Stage, WallSnapshot } from "../src/lib/types";
import { lacks } from "../src/wall/admission";
import { usualBreak } from "../src/wall/conduct";
import { count, roomsOf } from "../src/wall/counts";
import { columns, LARGEST, SMALLEST, widest } from "../src/wall/density";
import { remapped } from "../src/lib/keymap";
import { keymap, USUAL } from "../src/wall/keymap";
import { queue, type Item } from "../src/wall/queue";
import { lasting, missing, PATIENCE } from "../src/wall/recording";
import { behind } from "../src/wall/stills";
import { apply, dayOfAttempt, fromSnapshot, possible, type State } from "../src/wall/store";
import { fitted } from "../src/look/outline";
import { best } from "../src/look/position";

const exam = { exam: "bio", title: "Biology", minutes: 90, starts_at: 0, admission: "proctor" as const, warnings_before_end: 1, ended_at: null };
const IDENTITY: Identity = {
  wanted: false, declined_at: null, photo_sha256: null, pictured_at: null, score: null, limit: null, reason: "", compared_at: null, decision: null, note: "", decided_by: null, decided_at: null,
};

interface One {
  seat: string;
  stage?: Stage;
  at?: number;
  day?: Partial<DayOfTile>;
  identity?: Partial<Identity>;
}

function wall(rows: One[], plan: Partial<Plan> = {}): State {
  const attempts = rows.map(({ seat, stage = "in_exam", at = 0, day = {}, identity = {} }) => {
    const attempt: Attempt = { attempt: `a${seat}`, seat, name: `Name ${seat}`, candidate: seat, stage, stage_at: at, ends_at: 5000, proctor: "pat" };
    return { ...attempt, ...day, pictures: {}, health: {}, phones: [], identity: { ...IDENTITY, ...identity } };
  });
  const snapshot: WallSnapshot = { exam, now: 0, seq: 0, attempts, flags: [], messages: [], calls: [], rooms: [], room_events: [], plan: plan as Plan };
  return fromSnapshot(snapshot);
}

let seq = 0;
function event(type: string, payload: Record<string, unknown>, chain = "a1", at = 100): LedgerEvent {
  seq += 1;
  return { seq, chain, type, wall: at, actor: "x", payload };
}
const run = (state: State, ...events: LedgerEvent[]): State => events.reduce(apply, state);
const keys = (items: Item[]): string[] => items.map((item) => item.key);
const day = (state: State): ReturnType<typeof dayOfAttempt> => dayOfAttempt(state, "a1");

describe("the attention rule", () => {
  it("says at 90 % of the time who was not opened, and more urgently when it is over", () => {
    const state = wall([{ seat: "1" }, { seat: "2", day: { attention: { looked_at: 400, looked_by: "pat", listened_at: 590, listened_by: "pat" } } }], { attention_minutes: 10, spot_check_minutes: 0 });
    expect(queue(state, { now: 539 })).toEqual([]);
    const [soon] = queue(state, { now: 541 });
    expect(soon?.key).toBe("attention:a1");
    const [late] = queue(state, { now: 601 });
    expect(late?.rank).toBeLessThan(soon?.rank ?? 0);
    expect(queue(run(state, event("attention.given", { kind: "look", by: "pat" }, "a1", 600)), { now: 602 })).toEqual([]);
  });

  it("asks for one sound check at a time, whoever was not heard for longest first", () => {
    const heard = (at: number): Partial<DayOfTile> => ({ attention: { looked_at: 2000, looked_by: "", listened_at: at, listened_by: "" } });
    const state = wall([{ seat: "1", day: heard(900) }, { seat: "2", day: heard(500) }, { seat: "3", day: heard(1900) }], { attention_minutes: 60, spot_check_minutes: 15 });
    expect(keys(queue(state, { now: 2000 }))).toEqual(["listen:a2"]);
    expect(keys(queue(run(state, event("attention.given", { kind: "listen", by: "pat" }, "a2", 2000)), { now: 2001 }))).toEqual(["listen:a1"]);
  });

  it("rests where nobody watches live, and on a break", () => {
    expect(queue(wall([{ seat: "1" }], { mode: "record_review" }), { now: 99_999 })).toEqual([]);
    expect(queue(wall([{ seat: "1", stage: "on_break" }]), { now: 99_999 })).toEqual([]);
  });
});

describe("the check-in as a queue of people", () => {
  it("says who waits for what: ID, scan, position, admission", () => {
    const shown = { wanted: true, pictured_at: 30, photo_sha256: "x" };
    const state = wall([
      { seat: "1", stage: "room_scan", at: 40, identity: shown }, { seat: "2", stage: "position", at: 50 },
      { seat: "3", stage: "briefing", at: 60 }, { seat: "4", stage: "waiting", at: 10 }, { seat: "5", stage: "position", at: 95 },
    ]);
    const recorded = run(state, event("scan.recorded", { scan: "s1", number: 2, seconds: 20, delete_at: 9 }, "a3", 70));
    expect(keys(queue(recorded, { now: 100 }))).toEqual(["admit:a4", "identity:a1", "position:a2", "scan:s1"]);
    const clear = run(recorded, event("scan.reviewed", { scan: "s1", verdict: "clear", note: "", by: "pat" }, "a3"));
    expect(keys(queue(clear, { now: 100 }))).not.toContain("scan:s1");
  });

  it("I12: says what keeps somebody out: the ID, the scan, the second camera", () => {
    const state = wall([{ seat: "1", stage: "waiting", identity: { wanted: true, pictured_at: 30 } }], { room_scan: true, second: "required" });
    const decided = run(state, event("identity.decided", { decision: "matched", note: "", by: "pat" }));
    const scanned = run(decided, event("scan.recorded", { scan: "s1", number: 1, seconds: 20, delete_at: 9 }), event("scan.reviewed", { scan: "s1", verdict: "clear", note: "", by: "pat" }));
    const joined = run(scanned, event("phone.scanned", { pairing: "p1", browser: "" }), event("phone.confirmed", { pairing: "p1", by: "pat" }));
    expect([state, decided, scanned, joined].map((one) => lacks(one, "a1"))).toEqual(["identity", "scan", "second", null]);
  });

  it("counts how often somebody was sent back, and says why", () => {
    const back = (reason: string): LedgerEvent => event("attempt.moved", { stage: "identification", step: "send_back", by: "pat", reason });
    const state = run(wall([{ seat: "1", stage: "waiting" }]), back("glare"), back("dark"));
    expect(day(state).checkin.returned).toMatchObject([{ stage: "identification", times: 2, reason: "dark" }]);
    expect(state.attempts.get("a1")?.stage).toBe("identification");
  });

  it("keeps whom the box turned away until the candidate goes on", () => {
    const state = run(wall([{ seat: "1", stage: "equipment" }]), event("capacity.refused", { attempt: "a1", kind: "webcam", reason: "seats", limit: 30 }, "box"));
    expect(keys(queue(state))).toEqual(["capacity:a1"]);
    expect(queue(state, { settled: new Set(["capacity:a1"]) })).toEqual([]);
    expect(keys(queue(run(state, event("attempt.equipped", { stage: "waiting" }))))).toEqual(["admit:a1"]);
  });

  it("looks at what any camera sees", () => {
    expect(best({ webcam: { face: "seen", hands: "not_seen" }, phone: { hands: "seen" } }, "hands")).toBe("seen");
    expect(best({ webcam: { hands: "not_seen" }, phone: { hands: "not_assessable" } }, "hands")).toBe("not_seen");
    expect(best({}, "face")).toBe("not_assessable");
    expect(fitted([0, 0, 1, 1], 4 / 3)).toEqual([0.125, 0, 0.75, 1]);
  });
});

describe("the sitting", () => {
  it("M98: says when a break is over, unless a flag does", () => {
    const away = run(wall([{ seat: "1" }]), event("break.begun", { minutes: 5, until: 400, by: "pat" }));
    expect(away.attempts.get("a1")?.stage).toBe("on_break");
    expect(queue(away, { now: 399 })).toEqual([]);
    expect(keys(queue(away, { now: 401 }))).toEqual(["overrun:a1"]);
    const flagged = run(away, event("flag.raised", { flag: "f", code: "break_overrun", category: "technical", severity: "medium", kind: "webcam", source: "inference", onset_at: 400, position: 1, true: 1, assessable: 1, ticks: 1, score: null, snapshots: [] }));
    expect(keys(queue(flagged, { now: 402 }))).toEqual(["flag:f"]);
    const back = run(away, event("break.ended", { overrun: 3, by: "pat" }), event("attempt.time_set", { ends_at: 5300, extra_minutes: 0, cause: "break", by: "pat" }));
    expect(day(back).pause).toBeNull();
    expect(back.attempts.get("a1")).toMatchObject({ stage: "in_exam", ends_at: 5300 });
  });

  it("M14, M97: says who is not recorded, after a moment's patience", () => {
    const state = wall([{ seat: "1" }, { seat: "2", stage: "equipment" }, { seat: "3", stage: "check_out" }]);
    const good = { silent_s: 0.1, fps: 15 };
    const pulse = (now: number): Pulse => ({ now, processes: {}, attempts: { a1: { pictures: {}, health: { webcam: good } }, a3: { pictures: {}, health: { webcam: good, screen: good } } } });
    const first = missing(state, pulse(10), new Map());
    expect([...first]).toEqual([["a1", { feeds: ["screen"], since: 10 }]]);
    const later = missing(state, pulse(10 + PATIENCE), first);
    expect(lasting(first, 11).size).toBe(0);
    expect(keys(queue(state, { now: 20, unrecorded: lasting(later, 10 + PATIENCE) }))).toEqual(["trouble:a1"]);
    expect(missing(wall([{ seat: "1" }], { feeds: ["webcam"] }), pulse(10), new Map()).size).toBe(0);
  });

  it("M57: counts who has read an announcement, of those that one sees", () => {
    const said = event("exam.announced", { announcement: "n1", text: "Ten minutes", spoken: true, by: "pat", by_name: "Pat", attempts: ["a1", "a2", "a9"] }, "box");
    const state = run(wall([{ seat: "1" }, { seat: "2" }]), said, event("announcement.read", { announcement: "n1" }, "a2"));
    expect(state.hall.announcements).toMatchObject([{ told: 2, read: 1 }]);
    expect(day(state).announcements).toMatchObject([{ announcement: "n1", read_at: null }]);
  });

  it("I8: knows what fits as soon as the stage changes", () => {
    const conduct = { in_exam: ["give_break" as const], on_break: ["end_break" as const] };
    const before = wall([{ seat: "1" }], { conduct });
    const after = run(before, event("break.begun", { minutes: 5, until: 400, by: "pat" }));
    expect([possible(before, "a1", "give_break"), possible(after, "a1", "give_break"), possible(after, "a1", "end_break")]).toEqual([true, false, true]);
  });

  it("offers the longest break of the sections", () => {
    const section = { number: 1, title: "A", minutes: 30, break_minutes: 15, released_at: null };
    expect([usualBreak({ sections: [section] }), usualBreak({ sections: [] })]).toEqual([15, 10]);
  });
});

describe("the check-out", () => {
  it("asks for pages that cannot be read first, then for the release", () => {
    const state = wall([{ seat: "1", stage: "check_out", at: 5 }], { check_out: "proctor" });
    expect(keys(queue(state))).toEqual(["release:a1"]);
    const page = (readable: boolean): LedgerEvent => event("page.photographed", { page: `p${seq}`, number: 1, sharpness: 3, light: 90, readable });
    const blurred = run(state, page(false));
    expect(keys(queue(blurred))).toEqual(["pages:a1"]);
    expect(keys(queue(run(blurred, page(true))))).toEqual(["release:a1"]);
    expect(queue(run(wall([{ seat: "1", stage: "check_out" }], { check_out: "candidate" })))).toEqual([]);
  });
});

describe("who is where", () => {
  it("M45: counts expected, arrived, checked in and absent, by room", () => {
    const at = (room: string): Partial<DayOfTile> => ({ room });
    const state = wall([{ seat: "1", stage: "invited", day: at("B2") }, { seat: "2", stage: "equipment", day: at("B2") }, { seat: "3", stage: "waiting", day: at("A1") }, { seat: "4", day: at("B2") }], { onboarding_minutes: 30 });
    expect(roomsOf(state)).toEqual(["A1", "B2"]);
    expect(count(state, 60)).toMatchObject({ expected: 4, arrived: 3, checkedIn: 2, absent: 0, inExam: 1, waiting: 1 });
    expect(count(state, 1801, "B2")).toMatchObject({ expected: 3, arrived: 2, checkedIn: 1, absent: 1 });
    expect(roomsOf(wall([{ seat: "1", day: at("B2") }]))).toEqual([]);
  });
});

describe("keys that somebody chose", () => {
  it("change places with the command that had them, and leave out what makes no sense", () => {
    const map = remapped(USUAL, "confirm", "F");
    expect([map.confirm, map.flag]).toEqual(["f", "c"]);
    expect(new Set(Object.values(map)).size).toBe(Object.keys(map).length);
    expect(keymap('{"confirm":"y","flag":"12","nothing":"z","dismiss":"3"}')).toEqual({ ...USUAL, confirm: "y" });
    expect(keymap("{broken")).toEqual(USUAL);
  });
});

describe("tiles in a window", () => {
  it.each([[4, 890, 640], [8, 890, 640], [15, 890, 640], [24, 1070, 820], [1, 890, 640]])("%i fit into %i x %i", (n, width, height) => {
    const across = columns(n, width, height);
    const wide = widest(n, across, width, height);
    const rows = Math.ceil(n / across);
    expect(wide).toBeGreaterThanOrEqual(SMALLEST);
    expect(wide).toBeLessThanOrEqual(LARGEST);
    expect(rows * ((wide * 9) / 16 + 66) + (rows - 1) * 8).toBeLessThanOrEqual(height + 1);
    expect(across * wide + (across - 1) * 8).toBeLessThanOrEqual(width + 1);
  });

  it("scroll where they would become too small to see anybody", () => {
    expect(widest(60, columns(60, 600, 400), 600, 400)).toBe(SMALLEST);
    expect(columns(3, 120, 500)).toBe(1);
  });
});

describe("pictures on a line that cannot carry all of them", () => {
  it("come in turns: what was never shown, cameras before screens, and no screen waits for ever", () => {
    const newest = { taken_at: 100 };
    const order = [["a/screen", 95], ["b/webcam", 99], ["c/screen", 70], ["d/webcam", null], ["e/screen", null]] as const;
    const sorted = [...order].sort(([a, at], [b, bt]) => behind(b, bt === null ? undefined : { takenAt: bt }, newest) - behind(a, at === null ? undefined : { takenAt: at }, newest));
    expect(sorted.map(([key]) => key)).toEqual(["d/webcam", "e/screen", "c/screen", "a/screen", "b/webcam"]);
  });
});
