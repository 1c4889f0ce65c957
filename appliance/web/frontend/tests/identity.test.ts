import { beforeAll, describe, expect, it } from "vitest";
import { phase } from "../src/candidate/challenge";
import { stepOf } from "../src/candidate/step";
import { use } from "../src/lib/strings";
import type { AttemptDetail, Flag, Identity, LedgerEvent } from "../src/lib/types";
import { comparison } from "../src/look/identity";
import { rows, unlooked } from "../src/look/judged";
import { facts, ruleNumbers } from "../src/look/why";
import { queue } from "../src/wall/queue";
import { apply, fromDetail, identityOf, undecided, type State } from "../src/wall/store";

beforeAll(() => {
  use({
    "look.identity.above": "{score} above {limit}", "look.identity.below": "{score} below {limit}", "look.identity.declined": "declined",
    "look.identity.not_shown": "not shown", "look.identity.comparing": "comparing", "look.identity.not_compared": "not compared",
    "look.identity.unassessable": "no: {reason}", "look.identity.reason.no_face": "no face", "common.unknown": "unknown",
    "why.fact.threshold": "Limit", "why.fact.seconds": "For", "why.fact.share": "Share", "why.fact.hits": "Times", "why.fact.judged": "Judged", "why.fact.light": "Light",
    "why.percent": "{n} %", "why.judged_of": "{assessable} of {ticks} ({percent})", "why.light_of": "{light} of 255", "duration.seconds": "{n} s",
    "flag.looking_away.threshold": "Degrees to the side", "rule.up": "Degrees up", "why.said.direction": "Direction", "why.value.left": "to the left",
  });
});

const NOBODY: Identity = {
  wanted: true, declined_at: null, photo_sha256: null, pictured_at: null, score: null, limit: null, reason: "", compared_at: null,
  decision: null, note: "", decided_by: null, decided_at: null,
};

const exam = { exam: "bio", title: "Biology", minutes: 90, starts_at: 0, admission: "proctor" as const, warnings_before_end: 1, ended_at: null };

function looked(admission: "proctor" | "automatic" = "proctor"): State {
  return fromDetail({
    attempt: "a1", seat: "1", name: "Ada", candidate: "c1", stage: "waiting", stage_at: 10, ends_at: null, proctor: "pat", exam: { ...exam, admission }, now: 100, seq: 10,
    pictures: {}, health: {}, flags: [], messages: [], gaps: [], segments: [], calls: [], phones: [], positions: {}, identity: NOBODY, challenges: [], tickable: ["headphones", "smart_wearable"],
  } satisfies AttemptDetail);
}

let seq = 10;
function event(type: string, payload: Record<string, unknown>): LedgerEvent {
  seq += 1;
  return { seq, chain: "a1", type, wall: 100 + seq, actor: "x", payload };
}

const run = (state: State, ...events: LedgerEvent[]): State => events.reduce(apply, state);
const pictured = (sha: string): LedgerEvent => event("identity.pictured", { photo: "p", photo_sha256: sha, face: "f", face_sha256: "2" });
const compared = (sha: string): LedgerEvent => event("identity.compared", { photo_sha256: sha, score: 0.61, limit: 0.36, reason: "", model: "m" });

describe("who a candidate is, as the events say it", () => {
  it("is pictured, compared and decided", () => {
    const after = run(looked(), pictured("1"), compared("1"), event("identity.decided", { decision: "known", by: "pia", note: "" }));
    expect(identityOf(after, "a1")).toMatchObject({ wanted: true, score: 0.61, limit: 0.36, decision: "known", decided_by: "pia" });
    expect(undecided(identityOf(after, "a1"))).toBe(false);
  });

  it("forgets what was said of a picture when another comes", () => {
    const after = run(looked(), pictured("1"), compared("1"), event("identity.decided", { decision: "refused", by: "pia", note: "blurred" }), pictured("2"), compared("1"));
    expect(identityOf(after, "a1")).toMatchObject({ photo_sha256: "2", score: null, decision: null, note: "" });
  });

  it("waits in the list until somebody has decided, also where the exam admits by itself", () => {
    const item = queue(looked("automatic"))[0];
    expect(item?.kind).toBe("admit");
    expect(queue(run(looked("automatic"), event("identity.decided", { decision: "matched", by: "pia", note: "" })))).toEqual([]);
    expect(queue(run(looked("automatic"), event("identity.decided", { decision: "refused", by: "pia", note: "x" })))).toHaveLength(1);
  });

  it("says the comparison in words and figures, and never that it is somebody else", () => {
    const shown = { ...NOBODY, photo_sha256: "1", pictured_at: 100 };
    expect(comparison(NOBODY, 100)).toBe("not shown");
    expect(comparison({ ...NOBODY, declined_at: 90 }, 100)).toBe("declined");
    expect([comparison(shown, 110), comparison(shown, 170)]).toEqual(["comparing", "not compared"]);
    expect(comparison({ ...shown, compared_at: 105, score: 0.612, limit: 0.363 }, 110)).toBe("0.61 above 0.36");
    expect(comparison({ ...shown, compared_at: 105, score: 0.2, limit: 0.363 }, 110)).toBe("0.20 below 0.36");
    expect(comparison({ ...shown, compared_at: 105, reason: "no_face" }, 110)).toBe("no: no face");
    expect(comparison({ ...shown, compared_at: 105, reason: "new_kind" }, 110)).toBe("no: new kind");
  });
});

describe("the candidate's page", () => {
  it("asks for the ID in its own step, and once more from the waiting room", () => {
    expect([stepOf({ stage: "equipment" }, true), stepOf({ stage: "identification" }), stepOf({ stage: "waiting" }, true), stepOf({ stage: "waiting" }), stepOf({ stage: "in_exam" }, true)]).toEqual(["equipment", "identity", "identity", "waiting", "exam"]);
  });

  it("shows the steps of a challenge one after the other and goes by itself", () => {
    const asked = { steps: ["left" as const, "blink" as const], seconds: { ready: 3, step: 5 } };
    expect([0, 2.9, 3, 7.9, 8, 12.9, 13, 14.9, 15].map((at) => phase(asked, at))).toEqual(["ready", "ready", 0, 0, 1, 1, "thanks", "thanks", "over"]);
  });
});

describe("a challenge, as staff see it", () => {
  it("is asked, then answered", () => {
    const after = run(looked(), event("challenge.asked", { challenge: "c", steps: ["left"], by: "pia" }));
    expect(after.challenges).toEqual([{ challenge: "c", steps: ["left"], seen: null, asked_at: 100 + seq }]);
    expect(run(after, event("challenge.answered", { challenge: "c", seen: ["done"] })).challenges[0]?.seen).toEqual(["done"]);
  });
});

describe("why a flag is there", () => {
  const base = { code: "looking_away", source: "inference", facts: { true: 3, assessable: 4, ticks: 5, score: 0.8, snapshots: [] } } as unknown as Flag;

  it("says the numbers in force, the light, the coverage and what was seen", () => {
    const flag = { ...base, facts: { ...base.facts, threshold: 30, light: 90.4, numbers: { seconds: 5, share: 0.7, hits: 3, up: 20 }, why: { direction: "left", yaw: 41.25, seat: "9", severity: "medium" } } };
    expect(facts(flag)).toEqual([["Limit", "30"], ["For", "5 s"], ["Share", "70 %"], ["Times", "3"], ["Judged", "4 of 5 (80 %)"], ["Light", "90 of 255"], ["Direction", "to the left"], ["yaw", "41.25"], ["seat", "9"]]);
    expect(ruleNumbers(flag)).toEqual([["Degrees to the side", "30"], ["seconds", "5"], ["share", "0.7"], ["hits", "3"], ["Degrees up", "20"]]);
  });

  it("says nothing of numbers where a person raised it", () => {
    expect(facts({ ...base, source: "pia", facts: { ...base.facts, ticks: 0, assessable: 0, threshold: 0, light: null } })).toEqual([]);
  });

  it("is ticked once", () => {
    const raised = event("flag.raised", { flag: "f", code: "headphones", category: "uncertain", severity: "medium", kind: "webcam", source: "pia", onset_at: 1, snapshots: [] });
    expect(run(looked(), raised).tickable).toEqual(["smart_wearable"]);
  });
});

describe("what could be judged", () => {
  it("begins with what could be judged least, and names what was not looked at", () => {
    const said = { ticks: { webcam: { face_absent: [9, 10] as [number, number], phone_visible: [1, 10] as [number, number] }, screen: { popup_seen: [0, 0] as [number, number] } }, on: ["noise", "face_absent", "popup_seen"] };
    expect(rows(said).map((row) => row.code)).toEqual(["phone_visible", "face_absent"]);
    expect(unlooked(said)).toEqual(["noise", "popup_seen"]);
  });
});
