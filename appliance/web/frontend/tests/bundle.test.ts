import { describe, expect, it } from "vitest";
import { zoneOf, type Boot, type Said } from "../src/bundle/boot";
import { numbered, placeOf } from "../src/bundle/proof/place";
import { reviewOf } from "../src/bundle/story";
import { emptiness } from "../src/review/story";

const SAID: Said = {
  name: "Ada", seat: "7", stage: "submitted", written_at: "2026-03-01T10:30:00.000-03:30", gaps: [{ kind: "webcam", cause: "network_lost", filled: 4, starts_at: "1970-01-01T00:01:00.000+00:00", ends_at: "1970-01-01T00:01:10.000+00:00" }],
  unseen: [{ kind: "webcam", cause: "late", sense: "sight", starts_at: "1970-01-01T00:01:20.000+00:00", ends_at: null }],
  flags: [{
    flag: "f", code: "face_absent", category: "integrity", severity: "high", kind: "webcam", onset_at: "1970-01-01T00:01:15.000+00:00", raised_at: "1970-01-01T00:01:16.000+00:00", ended_at: null, raised_by: "Pia", remark: "",
    decision: "confirmed", reason: null, decided_by: "Pia", decided_at: "1970-01-01T00:02:00.000+00:00", note: null, notes: [], true: 0, assessable: 0, ticks: 0, score: null, snapshots: [],
  }],
  breaks: [], announcements: [], irregularities: [], kept: [], never_watched: [{ starts_at: "1970-01-01T00:00:30.000+00:00", ends_at: "1970-01-01T00:01:00.000+00:00" }], positions: { webcam: "front" },
};

const BOOT: Boot = {
  site: "north", box: "box-1", exam: "bio", attempt: "a1", number: 2, made_at: 500, synchronised: true, key: "ab", reports: [], withheld: [], open_feeds: [], words: {}, report: SAID,
  segments: [["media/screen/1.mp4", 31, 61], ["media/webcam/2.mp4", 70, 100], ["media/webcam/1.mp4", 30, 60]],
  gaps: [["webcam", "network_lost", 60, 70]], stages: [[10, "waiting"], [40, "in_exam"], [200, "submitted"]],
};

describe("what a bundle's page was told", () => {
  it("is a review of its recordings, in order, from the first picture to the last", () => {
    const review = reviewOf(BOOT);
    expect([review.starts_at, review.ends_at]).toEqual([30, 100]);
    expect(review.feeds.map((feed) => [feed.kind, feed.segments.map((one) => one.file)])).toEqual([["webcam", ["media/webcam/1.mp4", "media/webcam/2.mp4"]], ["screen", ["media/screen/1.mp4"]]]);
    expect(review.feeds[0]?.gaps).toEqual([{ cause: "network_lost", starts_at: 60, ends_at: 70, filled: 4 }]);
    expect(review.stages).toEqual([{ stage: "waiting", starts_at: 30, ends_at: 40 }, { stage: "in_exam", starts_at: 40, ends_at: 100 }]);
    expect(review.missed).toMatchObject([{ starts_at: 80, ends_at: 100, cause: "late" }]);
    expect(review.flags).toMatchObject([{ flag: "f", onset_at: 75, source: "Pia", state: "confirmed" }]);
    expect(review.watched).toMatchObject([{ starts_at: 60, ends_at: 61 }, { starts_at: 70, ends_at: 100 }]);
  });

  it("can be a room's cameras, of which there is no report, or nothing at all", () => {
    const { report: _, ...room } = BOOT;
    expect(reviewOf(room)).toMatchObject({ flags: [], name: "", messages: [] });
    expect(emptiness(reviewOf({ ...room, segments: [], gaps: [], stages: [] }))).toEqual({ state: "none" });
    expect(zoneOf(room)).toBeNull();
  });

  it("says times as the lab's clock had them", () => {
    expect(zoneOf(BOOT)).toBe(-3.5 * 3600);
  });

  it("knows where a file of the box stands", () => {
    expect(placeOf("bio/a1/webcam/1.mp4", "bio", "a1")).toBe("media/webcam/1.mp4");
    expect(placeOf("bio/a1/identity/id.jpg", "bio", "a1")).toBe("identity/id.jpg");
    expect(placeOf("bio/a2/webcam/1.mp4", "bio", "a1")).toBeNull();
    expect(numbered("media/webcam/playlist.m3u8", 3)).toBe("media/webcam/playlist-3.m3u8");
    expect(numbered("SHA256SUMS", 2)).toBe("SHA256SUMS-2");
  });
});
