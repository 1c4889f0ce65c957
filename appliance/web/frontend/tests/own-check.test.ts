import { describe, expect, it } from "vitest";
import { browser, clock, line, room, voice } from "../src/own-check/checks";

const answer = (ms: number, ahead = 0) => ({ ms, ahead });

describe("a proctor's own equipment", () => {
  it("calls a line good, slow, lossy or gone", () => {
    expect(line([answer(10), answer(20), answer(30)])).toEqual({ state: "pass", values: { ms: 20, lost: 0, all: 3 } });
    expect(line([answer(10), null]).state).toBe("warn");
    expect(line([answer(900)]).state).toBe("warn");
    expect(line([null, null]).state).toBe("fail");
  });

  it("says when the clock is an hour off, and nothing without an answer", () => {
    expect(clock([answer(5, -3600)])).toEqual({ state: "warn", values: { seconds: 3600 } });
    expect(clock([answer(5, 0.4)]).state).toBe("pass");
    expect(clock([null]).state).toBe("open");
  });

  it("knows what is missing in a browser, a small window and a silent microphone", () => {
    expect(browser({ RTCPeerConnection: 1, WebSocket: 1, AudioContext: 1 }).state).toBe("pass");
    expect(browser({ WebSocket: 1 }).state).toBe("fail");
    expect([room(1440, 900).state, room(800, 600).state]).toEqual(["pass", "warn"]);
    expect([voice(40).state, voice(3).state]).toEqual(["pass", "warn"]);
  });
});
