import { beforeAll, describe, expect, it } from "vitest";
import { level } from "../src/lib/meter";
import { backoff } from "../src/candidate/publish";
import { stepOf } from "../src/candidate/step";
import { same } from "../src/candidate/steps/agreement";
import { cameraTrouble, screenTrouble } from "../src/candidate/trouble";
import { countdown, duration } from "../src/lib/clock";
import { preferred } from "../src/lib/peer";
import { countNeeded, csv } from "../src/lib/roster";
import { plural, t, use } from "../src/lib/strings";
import { browserOf, healthOf, microphoneOf, numbers, severityOf } from "../src/lib/words";
import type { Flag } from "../src/lib/types";
import { closed, covered, length, mediaTime, parse, wallTime } from "../src/look/timeline";

beforeAll(() => {
  use({
    "a.b": "{n} of {all}", "common.unknown": "unknown", "x.one": "one", "x.other": "{n} things",
    "duration.seconds": "{n} s", "duration.minutes": "{m}:{s} min", "duration.hours": "{h}:{m} h",
    "numbers.looks": "{true} of {assessable} looks", "numbers.score": "{looks} · {score}",
  });
});

describe("words", () => {
  it("puts values into sentences and shows a missing key", () => {
    expect(t("a.b", { n: 1, all: 2 })).toBe("1 of 2");
    expect(t("a.b", { n: 1 })).toBe("1 of {all}");
    expect(t("nowhere")).toBe("nowhere");
    expect([plural("x", 1), plural("x", 3)]).toEqual(["one", "3 things"]);
  });

  it("says lengths as people do", () => {
    expect([duration(9.9), duration(72), duration(3900), duration(-1)]).toEqual(["9 s", "1:12 min", "1:05 h", "0 s"]);
    expect([countdown(4685), countdown(59.2), countdown(-5)]).toEqual(["1:18:05", "01:00", "00:00"]);
  });

  it("says numbers of a flag only where something was counted", () => {
    const flag = { category: "integrity", severity: "high", facts: { true: 3, assessable: 3, ticks: 4, score: 0.8123, snapshots: [] } } as unknown as Flag;
    expect(numbers(flag)).toBe("3 of 3 looks · 0.81");
    expect(numbers({ ...flag, facts: { ...flag.facts, score: null } })).toBe("3 of 3 looks");
    expect(numbers({ ...flag, facts: { ...flag.facts, assessable: 0 } })).toBe("");
    expect(severityOf({ category: "technical", severity: "medium" })).toBe("technical");
  });

  it("calls a stream good only when it arrives", () => {
    expect([healthOf("webcam", null), healthOf("webcam", { silent_s: null, fps: 0 }), healthOf("webcam", { silent_s: 0.1, fps: 15, gap: "storage_full" }), healthOf("webcam", { silent_s: 9, fps: 15 }), healthOf("webcam", { fps: 3 }), healthOf("webcam", { fps: 15, silent_s: 0.2 }), healthOf("screen", { fps: 2 })]).toEqual(["none", "none", "none", "none", "weak", "good", "good"]);
    expect([microphoneOf({ fps: 15, codecs: ["h264", "opus"] }), microphoneOf({ fps: 15, codecs: ["h264"] }), microphoneOf({ silent_s: 9, codecs: ["opus"] })]).toEqual(["good", "none", "none"]);
  });
});

describe("the candidate's page", () => {
  it("comes back to the same step", () => {
    const stages = ["invited", "consent", "equipment", "room_scan", "position", "briefing", "waiting", "printing", "on_break", "check_out", "refused", "ended"] as const;
    expect(stages.map((stage) => stepOf({ stage }))).toEqual(["name", "agreement", "equipment", "room_scan", "position", "briefing", "waiting", "exam", "exam", "check_out", "finished", "finished"]);
  });

  it("takes a signature that is the name but for accents, capitals and spaces", () => {
    expect(same("  zoe  o'brien-muller ", "Zoë O’Brien Müller")).toBe(true);
    expect(same("Zoe", "Zoë O’Brien")).toBe(false);
    expect(same("", "")).toBe(true);
  });

  it("says why there is no camera", () => {
    const error = (name: string, message = ""): DOMException => new DOMException(message, name);
    expect(["NotAllowedError", "NotFoundError", "NotReadableError", "TypeError"].map((name) => cameraTrouble(error(name)))).toEqual(["denied", "missing", "busy", "unknown"]);
    expect(screenTrouble(error("NotAllowedError", "Permission denied by system"))).toBe("screen_denied");
    expect(screenTrouble(error("NotAllowedError", "Permission denied"))).toBe("declined");
  });

  it("tries again soon, then not so soon, never all at once", () => {
    expect([1, 2, 5, 50].map((n) => backoff(n, true, 0.5))).toEqual([1000, 2000, 5000, 5000]);
    expect([1, 2, 5, 50].map((n) => backoff(n, false, 0.5))).toEqual([750, 750, 750, 750]); // the box comes back soon
    expect(backoff(1, true, 0)).toBeLessThan(backoff(1, true, 1));
  });

  it("prefers H.264 with packetization mode 1, then VP8, and nothing that the box cannot take", () => {
    const codec = (mimeType: string, sdpFmtpLine = ""): { mimeType: string; sdpFmtpLine: string } => ({ mimeType, sdpFmtpLine });
    const order = preferred([codec("video/VP8"), codec("video/rtx"), codec("video/AV1"), codec("video/H264", "packetization-mode=0;profile-level-id=42e01f"), codec("video/H264", "packetization-mode=1;profile-level-id=640034"), codec("video/H264", "packetization-mode=1;profile-level-id=42e01f")]);
    expect(order.map((c) => `${c.mimeType} ${c.sdpFmtpLine.slice(-6)}`.trim())).toEqual(["video/H264 42e01f", "video/H264 640034", "video/VP8", "video/rtx"]);
  });

  it("hears silence as nothing and a loud tone as much", () => {
    expect(level(new Float32Array(512))).toBe(0);
    expect(level(new Float32Array(512).map((_, n) => Math.sin(n / 3)))).toBeGreaterThan(90);
  });
});

describe("the planner's page", () => {
  it("counts proctors and writes CSV that no spreadsheet runs", () => {
    expect([countNeeded(24, 8), countNeeded(25, 8)]).toEqual([3, 4]);
    expect(csv([["Seat", "Name"], ["1", 'O"Neil, Ann'], ["2", "=1+1"]])).toBe('Seat,Name\r\n1,"O""Neil, Ann"\r\n2,\'=1+1\r\n');
  });
});

const PLAYLIST = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:31
#EXT-X-MAP:URI="a-1.mp4",BYTERANGE="1056@0"
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T01:00:00.000Z
#EXTINF:10.000,
#EXT-X-BYTERANGE:46@1056
a-1.mp4
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="a-2.mp4",BYTERANGE="1056@0"
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T01:01:00.000Z
#EXTINF:20.000,
#EXT-X-BYTERANGE:46@1056
a-2.mp4
`;
const START = Date.parse("2026-11-22T01:00:00Z") / 1000;

describe("the recording's time", () => {
  const { spans, over, files } = parse(PLAYLIST);

  it("is read from the playlist", () => {
    expect(spans).toEqual([{ start: START, duration: 10 }, { start: START + 60, duration: 20 }]);
    expect([over, files, length(spans)]).toEqual([false, ["a-1.mp4", "a-2.mp4"], 30]);
    expect(parse("").spans).toEqual([]);
  });

  it("covers a gap as far as late pieces lie in it", () => {
    expect(covered(START + 5, START + 65, spans)).toBe(10);
    expect(covered(START + 20, START + 30, spans)).toBe(0);
  });

  it("leaves gaps out, there and back", () => {
    expect([-5, 4, 30, 65, 500].map((at) => mediaTime(spans, START + at))).toEqual([0, 4, 10, 15, 30]);
    expect([4, 10, 15, 99].map((at) => (wallTime(spans, at) ?? 0) - START)).toEqual([4, 60, 65, 80]);
    expect(wallTime([], 3)).toBeNull();
  });

  it("can be closed, with whole addresses", () => {
    const whole = closed(PLAYLIST, "http://box/media/webcam/playlist.m3u8");
    expect(whole).toContain('URI="http://box/media/webcam/a-1.mp4"');
    expect(whole.endsWith("http://box/media/webcam/a-2.mp4\n#EXT-X-ENDLIST\n")).toBe(true);
    expect(parse(whole)).toMatchObject({ over: true, spans });
  });
});

describe("a browser in words", () => {
  it.each([
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1", "Safari, iPhone"],
    ["Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36", "Chrome, Android"],
    ["Mozilla/5.0 (Android 15; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0", "Firefox, Android"],
    ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36", "Chrome, Linux"],
    ["", "unknown"],
  ])("%s", (agent, words) => expect(browserOf(agent)).toBe(words));
});
