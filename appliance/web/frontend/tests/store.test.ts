import { describe, expect, it } from "vitest";
import type { Attempt, Identity, LedgerEvent, WallSnapshot } from "../src/lib/types";
import { keepPlace, queue, tileOrder, unanswered } from "../src/wall/queue";
import { acknowledgedWarnings, apply, callOf, changesWho, fromSnapshot, lately, openFlags, phonesOf, unreadOf, type State } from "../src/wall/store";

const exam = { exam: "bio", title: "Biology", minutes: 90, starts_at: 0, admission: "proctor" as const, warnings_before_end: 1, ended_at: null };

function attempt(seat: string): Attempt {
  return { attempt: `a${seat}`, seat, name: `Name ${seat}`, candidate: `c${seat}`, stage: "in_exam", stage_at: 10, ends_at: 5000, proctor: "pat" };
}

const NOBODY: Identity = {
  wanted: false, declined_at: null, photo_sha256: null, pictured_at: null, score: null, limit: null, reason: "", compared_at: null,
  decision: null, note: "", decided_by: null, decided_at: null,
};

function wall(...seats: string[]): State {
  const attempts = seats.map((seat) => ({ ...attempt(seat), pictures: {}, health: {}, phones: [], identity: NOBODY }));
  const snapshot: WallSnapshot = { exam, now: 100, seq: 10, attempts, flags: [], messages: [], calls: [], rooms: [], room_events: [] };
  return fromSnapshot(snapshot);
}

let seq = 10;
function event(type: string, payload: Record<string, unknown> | null, chain = "a1", wall = 100 + seq): LedgerEvent {
  seq += 1;
  return { seq, chain, type, wall, actor: "x", payload };
}

function flag(id: string, severity: string, chain = "a1"): LedgerEvent {
  return event("flag.raised", { flag: id, code: "phone_visible", category: "integrity", severity, kind: "webcam", source: "inference", onset_at: 95, position: 3, true: 3, assessable: 3, ticks: 4, score: 0.8, snapshots: [] }, chain);
}

const run = (state: State, ...events: LedgerEvent[]): State => events.reduce(apply, state);

describe("what is known of an exam", () => {
  it("takes each event once", () => {
    const raised = flag("f1", "high");
    const once = run(wall("1"), raised);
    expect(openFlags(once, "a1")).toHaveLength(1);
    expect(apply(once, raised)).toBe(once);
  });

  it("keeps what the room does for a while after it is over", () => {
    const noticed = { event: "r1", exam: "bio", code: "lighting_poor", attempts: ["a1", "a2", "a9"], onset_at: 95, ended_at: null };
    const begun = run(wall("1", "2"), event("room.noticed", noticed, "box"));
    expect(lately(begun, 5000, 120).map(({ event: name }) => name)).toEqual(["r1"]);
    const over = run(begun, event("room.noticed", { ...noticed, ended_at: 130 }, "box"));
    expect(lately(over, 200, 120)).toHaveLength(1);
    expect(lately(over, 300, 120)).toHaveLength(0);
    expect(openFlags(over, "a1")).toHaveLength(0);
  });

  it("keeps a gap as it is when it is filled late", () => {
    const gap = { gap: "g1", kind: "webcam", cause: "network_lost", starts_at: 50, ends_at: 58 };
    const filled = { gap: "g1", kind: "webcam", path: "x-late.mp4", starts_at: 51, ends_at: 55 };
    const after = run(wall("1"), event("gap.opened", { ...gap, cause: "no_media", ends_at: undefined }), event("gap.closed", gap), event("gap.filled", filled));
    expect(after.gaps.get("g1")).toEqual({ ...gap, attempt: "a1" });
  });

  it("counts events of others without taking them in", () => {
    const after = run(wall("1"), flag("f1", "high", "somebody else"));
    expect(after.flags.size).toBe(0);
    expect(after.seq).toBe(seq);
  });

  it("follows an attempt through its stages", () => {
    const state = wall("1");
    const stages = ["attempt.signed", "attempt.equipped", "attempt.admitted", "attempt.started", "attempt.finished"].map((type) => {
      Object.assign(state, apply(state, event(type, { "attempt.started": { ends_at: 7777 }, "attempt.equipped": { stage: "waiting" } }[type] ?? {})));
      return state.attempts.get("a1")?.stage;
    });
    expect(stages).toEqual(["equipment", "waiting", "admitted", "in_exam", "submitted"]);
    expect(state.attempts.get("a1")?.ends_at).toBe(7777);
  });

  it("does not take a candidate back who comes again with the code", () => {
    expect(run(wall("1"), event("attempt.arrived", { browser: "x" })).attempts.get("a1")?.stage).toBe("in_exam");
  });

  it("closes, decides and undoes flags", () => {
    const raised = run(wall("1"), flag("f1", "high"));
    const closed = run(raised, event("flag.closed", { flag: "f1", ended_at: 99, score: 0.9, true: 7, assessable: 8, ticks: 9, snapshots: [{ moment: "peak", at: 96 }] }));
    expect(closed.flags.get("f1")).toMatchObject({ ended_at: 99, state: "open", facts: { true: 7, score: 0.9 } });
    const dismissed = run(closed, event("flag.decided", { flag: "f1", decision: "dismissed", reason: "detector_error", note: "", by: "pat" }));
    expect(openFlags(dismissed, "a1")).toEqual([]);
    expect(openFlags(run(dismissed, event("flag.decided", { flag: "f1", decision: "open", reason: "", note: "", by: "pat" })), "a1")).toHaveLength(1);
  });

  it("keeps an event whose payload was erased from doing harm", () => {
    expect(() => run(wall("1"), event("flag.raised", null), event("message.sent", null), event("attempt.started", null))).not.toThrow();
  });

  it("marks as read what the other side has read, up to there", () => {
    const said = (message: string, sender: string, at: number): LedgerEvent => event("message.sent", { message, kind: "chat", sender, sender_name: "", text: message }, "a1", at);
    const state = run(wall("1"), said("m1", "candidate", 200), said("m2", "pat", 201), said("m3", "candidate", 202), event("message.read", { message: "m1", reader: "pat" }));
    expect(unreadOf(state, "a1").map((m) => m.message)).toEqual(["m3"]);
    expect(state.messages.find((m) => m.message === "m2")?.read_at).toBeNull();
  });

  it("counts acknowledged warnings", () => {
    const state = run(wall("1"), event("message.sent", { message: "w1", kind: "warning", sender: "pat", sender_name: "", text: "x" }));
    expect(acknowledgedWarnings(state, "a1")).toBe(0);
    expect(acknowledgedWarnings(run(state, event("warning.acknowledged", { message: "w1" })), "a1")).toBe(1);
  });

  it("knows when the wall must be asked for anew", () => {
    expect(changesWho(event("attempt.assigned", { proctor: "pat" }))).toBe(true);
    expect(changesWho(flag("f9", "low"))).toBe(false);
  });
});

describe("the list Next", () => {
  const said = (message: string, chain: string, at: number, sender = "candidate"): LedgerEvent => event("message.sent", { message, kind: "chat", sender, sender_name: "", text: message }, chain, at);

  it("puts what is most urgent first, then who waits longest", () => {
    const state = run(wall("1", "2", "3", "4"), flag("low", "low", "a1"), flag("medium", "medium", "a2"), said("help", "a3", 150), flag("high", "high", "a4"), flag("high2", "high", "a1"), event("attempt.equipped", { stage: "waiting" }, "a3"));
    expect(queue(state).map((item) => item.key)).toEqual(["flag:high", "flag:high2", "message:a3", "flag:medium", "admit:a3", "flag:low"]);
  });

  it("lets a message go once it is answered, or needs no answer", () => {
    const asked = run(wall("1"), said("m1", "a1", 200));
    expect(queue(asked)).toHaveLength(1);
    expect(queue(asked, { settled: new Set(["m1"]) })).toHaveLength(0);
    expect(queue(run(asked, said("m2", "a1", 201, "pat")))).toHaveLength(0);
    expect(unanswered(run(asked, said("m3", "a1", 202, "pat"), said("m4", "a1", 203)).messages, new Set()).map((m) => m.message)).toEqual(["m4"]);
  });

  it("admits nobody by hand where the exam does it", () => {
    const state = run(wall("1"), event("attempt.equipped", { stage: "waiting" }));
    expect(queue(state)).toHaveLength(1);
    expect(queue({ ...state, exam: { ...exam, admission: "automatic" } })).toHaveLength(0);
  });

  it("keeps the place: the same item, else the one that took its place", () => {
    const items = queue(run(wall("1", "2", "3"), flag("x", "high", "a1"), flag("y", "high", "a2"), flag("z", "high", "a3")));
    expect(keepPlace(items, "flag:y", 1)).toEqual({ key: "flag:y", index: 1 });
    expect(keepPlace(items.filter((item) => item.key !== "flag:y"), "flag:y", 1)).toEqual({ key: "flag:z", index: 1 });
    expect(keepPlace(items.slice(0, 1), "flag:z", 2)).toEqual({ key: "flag:x", index: 0 });
    expect(keepPlace([], "flag:x", 0)).toEqual({ key: null, index: 0 });
  });
});

describe("the order of the tiles", () => {
  it("is by seat while all is calm, 9 before 10", () => {
    expect(tileOrder(wall("10", "9", "1")).map((a) => a.seat)).toEqual(["1", "9", "10"]);
  });

  it("takes open incidents to the front and lets calm ones keep their order", () => {
    const state = run(wall("1", "2", "3", "4"), flag("m", "medium", "a2"), flag("h", "high", "a4"));
    expect(tileOrder(state).map((a) => a.seat)).toEqual(["4", "2", "1", "3"]);
  });
});

describe("calls", () => {
  const started = (call: string, by = "pia"): LedgerEvent => event("call.started", { call, by, by_name: "Pia" });

  it("knows who talks until the call is over", () => {
    const going = run(wall("1", "2"), started("c1"));
    expect(callOf(going, "a1")?.by_name).toBe("Pia");
    expect(callOf(going, "a2")).toBeUndefined();
    const over = run(going, event("call.ended", { call: "c1", by: "box", reason: "line lost" }));
    expect(callOf(over, "a1")).toBeUndefined();
    expect(over.calls[0]?.ended_at).toBeGreaterThan(over.calls[0]?.started_at ?? Infinity);
  });

  it("ends only the call that is named", () => {
    const state = run(wall("1"), started("c1"), event("call.ended", { call: "c1" }), started("c2"), event("call.ended", { call: "c1" }));
    expect(callOf(state, "a1")?.call).toBe("c2");
  });
});

describe("a phone as a second camera", () => {
  const scanned = (pairing: string): LedgerEvent => event("phone.scanned", { pairing, browser: "Chrome" });
  const states = (state: State): string[] => phonesOf(state, "a1").map((phone) => `${phone.pairing} ${phone.state}`);

  it("waits for a decision, is in, and goes", () => {
    const waiting = run(wall("1"), scanned("p1"));
    expect(states(waiting)).toEqual(["p1 scanned"]);
    expect(queue(waiting).map((item) => item.key)).toEqual(["phone:p1"]);
    const joined = run(waiting, event("phone.confirmed", { pairing: "p1", by: "pat" }));
    expect(states(joined)).toEqual(["p1 confirmed"]);
    expect(queue(joined)).toEqual([]);
    expect(states(run(joined, event("phone.refused", { pairing: "p1", by: "pat", reason: "x" })))).toEqual([]);
  });

  it("is nobody's business once the attempt is over", () => {
    expect(queue(run(wall("1"), scanned("p1"), event("attempt.finished", {})))).toEqual([]);
  });

  it("is not there as long as nobody has used its code", () => {
    expect(states(run(wall("1"), event("phone.invited", { pairing: "p1", by: "candidate", expires_at: 1 })))).toEqual([]);
  });

  it("stands where the ledger says", () => {
    expect(run(wall("1"), event("feed.positioned", { kind: "phone", position: "paper", by: "pat" })).places.get("phone")).toBe("paper");
  });
});
