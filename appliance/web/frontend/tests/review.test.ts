import { beforeAll, describe, expect, it } from "vitest";
import { Problem } from "../src/lib/api";
import { useZone } from "../src/lib/clock";
import { use } from "../src/lib/strings";
import type { Flag, LedgerEvent } from "../src/lib/types";
import { alignment } from "../src/review/alignment";
import { here, itemsOf, startOf, unwatched } from "../src/review/items";
import { remapped } from "../src/lib/keymap";
import { keymap, USUAL } from "../src/review/keymap";
import { wallOf } from "../src/review/moments";
import { quiet, speech } from "../src/review/quiet";
import { decibels, loudest, soundOf, usual, type Sound } from "../src/review/sound";
import { union, without } from "../src/review/spans";
import { applied, beside, emptiness } from "../src/review/story";
import { speedBeside } from "../src/review/transport";
import type { Review, Segment } from "../src/review/types";
import { around, following, moved, ticks } from "../src/review/view";
import { Watched } from "../src/review/watching";

const BEGAN = 1_800_000_000;

beforeAll(() => {
  use({ "duration.seconds": "{n} s", "duration.minutes": "{m}:{s} min", "reviewing.align.spread": "within {ms} ms", "reviewing.align.clocks": "clocks: {feeds}", "reviewing.align.known": "{kind} ±{ms}", "reviewing.align.unknown": "{kind} ?",
    "kind.webcam": "camera", "kind.screen": "screen", "reviewing.item.unwatched": "not watched", "reviewing.item.gap": "Not recorded, {kind}: {cause}", "reviewing.item.deleted": "deleted {kind}", "cause.network_lost": "no network" });
  useZone(0);
});

function segment(from: number, duration: number, state: Segment["state"] = "there"): Segment {
  return { file: `1-webcam-20270115T080000.000Z-00001.mp4`, starts_at: BEGAN + from, position: from, duration, bytes: 1, late: false, state };
}

function flag(name: string, at: number, changes: Partial<Flag> = {}): Flag {
  return { flag: name, attempt: "a", code: "noise", category: "integrity", severity: "high", kind: "webcam", source: "inference", onset_at: BEGAN + at, raised_at: BEGAN + at, ended_at: BEGAN + at, position: at,
    state: "open", reason: "", decided_by: null, facts: { true: 0, assessable: 0, ticks: 0, score: null, snapshots: [] }, ...changes };
}

function review(changes: Partial<Review> = {}): Review {
  return {
    seq: 10, now: BEGAN + 600, attempt: "a", exam: { exam: "e", title: "E", mode: "exam" }, seat: "1", name: "Ada", stage: "submitted", live: false, starts_at: BEGAN, ends_at: BEGAN + 600,
    feeds: [{ kind: "webcam", begins_at: BEGAN, position: null, uncertainty_ms: 12, delay_ms: null, segments: [segment(0, 600)], gaps: [], damaged: [] }],
    missed: [], stages: [], breaks: [], calls: [], messages: [], announcements: [], irregularities: [], kept: [], flags: [], notes: [], recommendations: [], outcome: null, watched: [], overlaps: [], sample: null,
    may: { decide: true, raise: true, discuss: true, recommend: true, outcome: false, export: true, mute: false, sample: true }, ...changes,
  };
}

function event(type: string, payload: Record<string, unknown>, seq = 11): LedgerEvent {
  return { seq, chain: "a", type, wall: BEGAN + 300, actor: "rob", payload };
}

function sound(levels: number[], done = true): Sound {
  return { kind: "webcam", begins_at: BEGAN, per_second: 1, levels: Uint8Array.from(levels), done };
}

describe("quiet parts", () => {
  const still = Array.from({ length: 600 }, () => 60);

  it("is everything where nothing stands on the timeline and nobody speaks", () => {
    expect(quiet(review(), [sound(still)])).toEqual([{ starts_at: BEGAN, ends_at: BEGAN + 600 }]);
  });

  it("leaves ten seconds around flags, chat, calls and irregularities", () => {
    const said = review({
      flags: [flag("f", 100, { ended_at: BEGAN + 120 })],
      messages: [{ message: "m", attempt: "a", kind: "chat", sender: "candidate", sender_name: "Ada", text: "?", sent_at: BEGAN + 300, read_at: null, acknowledged_at: null }],
    });
    expect(quiet(said, [sound(still)]).map((span) => [span.starts_at - BEGAN, span.ends_at - BEGAN])).toEqual([[0, 90], [130, 290], [310, 600]]);
  });

  it("does not skip what stands out from the room, and skips what is only the room", () => {
    const spoken = still.map((level, n) => (n >= 200 && n < 205 ? 200 : level));
    expect(quiet(review(), [sound(spoken)]).map((span) => [span.starts_at - BEGAN, span.ends_at - BEGAN])).toEqual([[0, 198], [207, 600]]);
    expect(quiet(review(), [sound(still.map(() => 190))])).toHaveLength(1);
  });

  it("calls nothing quiet that was not measured yet, and does not jump over a few seconds", () => {
    expect(speech(sound(still.slice(0, 100), false), BEGAN + 600)).toEqual([[BEGAN + 100, BEGAN + 600]]);
    expect(quiet(review({ flags: [flag("f", 12), flag("g", 37)] }), [sound(still)]).map((span) => span.starts_at - BEGAN)).toEqual([47]);
  });
});

describe("sound", () => {
  it("reads bytes as decibels, of nothing as nothing", () => {
    expect([decibels(0), decibels(1), decibels(255)]).toEqual([-Infinity, -90, 0]);
    const read = soundOf("webcam", BEGAN, { per_second: 10, levels: btoa(String.fromCharCode(0, 7, 200)), done: false });
    expect([...read.levels]).toEqual([0, 7, 200]);
    expect([loudest(read, BEGAN, BEGAN + 0.3), loudest(read, BEGAN + 5, BEGAN + 6), usual(read)]).toEqual([200, null, 7]);
  });
});

describe("spans", () => {
  it("joins what touches and takes away what is taken", () => {
    expect(union([[5, 7], [1, 3], [3, 5], [9, 9]])).toEqual([[1, 7]]);
    expect(without([[0, 10]], [[2, 3], [8, 20]])).toEqual([[0, 2], [3, 8]]);
  });
});

describe("what stands on the timeline", () => {
  it("draws as not looked at what is recorded and was played by nobody", () => {
    const said = review({ watched: [{ by: "rob", starts_at: BEGAN + 100, ends_at: BEGAN + 200, kinds: ["webcam"] }] });
    expect(unwatched(said)).toEqual([[BEGAN, BEGAN + 100], [BEGAN + 200, BEGAN + 600]]);
    expect(itemsOf(said).filter((one) => one.look === "unwatched")).toHaveLength(2);
  });

  it("says gaps with their cause and what was deleted, of which nothing has to be watched", () => {
    const feed = { ...review().feeds[0]!, segments: [segment(0, 100), segment(100, 50, "deleted"), segment(150, 50, "deleted")], gaps: [{ starts_at: BEGAN + 40, ends_at: BEGAN + 50, cause: "network_lost", filled: 0 }] };
    const found = itemsOf(review({ feeds: [feed] }));
    expect(found.map((one) => [one.look, one.from - BEGAN, one.to - BEGAN])).toEqual([["unwatched", 0, 100], ["gap", 40, 50], ["deleted", 100, 200]]);
    expect(here(found, BEGAN + 45).map((one) => one.words)).toContain("Not recorded, camera: no network");
  });

  it("knows when a file began by its name", () => {
    expect(startOf("14-webcam-20260301T094107.250Z-00003.mp4")).toBe(Date.UTC(2026, 2, 1, 9, 41, 7, 250) / 1000);
    expect(startOf("anything.mp4")).toBeNull();
  });

  it("says that nothing was recorded, or that all of it was deleted and when", () => {
    const none = review({ feeds: [] });
    const gone = review({ feeds: [{ ...review().feeds[0]!, segments: [{ ...segment(0, 10, "deleted"), deleted_at: 77 }] }] });
    expect([emptiness(none), emptiness(gone), emptiness(review())]).toEqual([{ state: "none" }, { state: "deleted", at: 77 }, null]);
  });
});

describe("what others do while the page is open", () => {
  it("shows their flags, notes and decisions at once", () => {
    const raised = applied(review(), event("flag.raised", { flag: "f", code: "noise", category: "integrity", severity: "low", kind: "webcam", source: "rob", onset_at: BEGAN + 5, position: 5, score: null, true: 0, assessable: 0, ticks: 0, snapshots: [], note: "seen" })) as Review;
    expect(raised.flags.map((one) => [one.flag, one.state, one.facts.note])).toEqual([["f", "open", "seen"]]);
    const decided = applied(raised, event("flag.decided", { flag: "f", decision: "inconclusive", reason: "unclear_picture", note: "", by: "lea" }, 12)) as Review;
    expect(decided.flags[0]).toMatchObject({ state: "inconclusive", decided_by: "lea" });
    const noted = event("flag.noted", { note: "n", flag: "f", text: "look again", by: "lea", by_name: "Lea" }, 13);
    expect((applied(decided, noted) as Review).notes).toMatchObject([{ text: "look again", by_name: "Lea" }]);
  });

  it("shows none of it to who watches a random minute", () => {
    const blind = review({ sample: { sample: "s", starts_at: BEGAN, ends_at: BEGAN + 60 } });
    expect((applied(blind, event("flag.raised", { flag: "f" })) as Review).flags).toEqual([]);
  });

  it("asks the box again for what only it can put together, and for nothing that is old", () => {
    expect(applied(review(), event("recommendation.made", {}))).toBe("soon");
    expect(applied(review(), event("segment.closed", {}))).toBe("later");
    expect(applied(review(), { ...event("flag.raised", { flag: "f" }), seq: 9 })).toEqual(review());
  });
});

describe("walking", () => {
  const flags = [flag("b", 50), flag("a", 10), flag("c", 90)];

  it("goes from flag to flag, or from where it plays", () => {
    expect([beside(flags, 0, 1, "b")?.flag, beside(flags, 0, -1, "b")?.flag, beside(flags, 0, 1, "c")]).toEqual(["c", "a", null]);
    expect([beside(flags, BEGAN + 60, 1, null)?.flag, beside(flags, BEGAN + 60, -1, null)?.flag]).toEqual(["c", "b"]);
  });

  it("zooms around a moment, never past an end, and turns the page while it plays", () => {
    const whole = { from: 0, to: 7200 };
    expect([around(whole, 300, 1000), around(whole, 300, 10), around(whole, 1800, 7199)]).toEqual([{ from: 850, to: 1150 }, { from: 0, to: 300 }, { from: 5400, to: 7200 }]);
    expect(moved(whole, { from: 0, to: 300 }, -50)).toEqual({ from: 0, to: 300 });
    expect(following(whole, { from: 0, to: 300 }, 310)).toEqual({ from: 280, to: 580 });
    expect(ticks({ from: 0, to: 600 }, 600, 0)).toEqual([0, 120, 240, 360, 480, 600]);
  });

  it("steps through the speeds and stays within them", () => {
    expect([speedBeside(1, 1), speedBeside(1, -1), speedBeside(8, 1), speedBeside(0.5, -1)]).toEqual([1.25, 0.75, 8, 0.5]);
  });

  it("takes a time of day as the one nearest to where it plays", () => {
    const midnight = Math.floor(BEGAN / 86_400) * 86_400;
    expect(wallOf("00:00:05", midnight - 10)).toBe(midnight + 5);
    expect(wallOf("23:59:50", midnight + 10)).toBe(midnight - 10);
    expect([wallOf("9:5", 0), wallOf("25:00:00", 0), wallOf("", 0)]).toEqual([null, null, null]);
  });
});

describe("keys", () => {
  it("can be others, and swap with what had them", () => {
    expect(remapped(USUAL, "confirm", "D")).toMatchObject({ confirm: "d", dismiss: "c" });
    expect(keymap('{"confirm":"5","flag":"y"}')).toEqual({ ...USUAL, flag: "y" });
    expect(new Set(Object.values(USUAL)).size).toBe(Object.keys(USUAL).length);
  });
});

describe("alignment", () => {
  it("is said in words: how far the pictures are apart, and how well each clock is known", () => {
    const two = review({ feeds: [review().feeds[0]!, { ...review().feeds[0]!, kind: "screen", uncertainty_ms: null }] });
    expect(alignment(two, 23.4)).toBe("within 23 ms clocks: camera ±12, screen ?");
    expect(alignment(review(), 23.4)).toBe("clocks: camera ±12");
  });
});

describe("what was played", () => {
  const span = (from: number, to: number) => ({ starts_at: from, ends_at: to, kinds: ["webcam" as const], speed: 1 });

  it("is told as one, again when the box is away, and bounded", async () => {
    const told: unknown[][] = [];
    let away = true;
    const watched = new Watched(async (spans) => {
      if (away) throw new Problem(0, "", "");
      told.push(spans);
    }, 1e6);
    watched.add(span(0, 10));
    watched.add(span(10, 20));
    await watched.flush();
    away = false;
    await watched.flush();
    expect(told).toEqual([[span(0, 20)]]);
    for (let n = 0; n < 60; n++) watched.add(span(n * 100, n * 100 + 1));
    expect(watched.lost).toBe(10);
  });
});
