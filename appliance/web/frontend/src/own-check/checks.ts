/** What a proctor's own computer can do: each check gives a state and the sentence for it. */

export type State = "pass" | "warn" | "fail" | "open";
export type Name = "browser" | "line" | "clock" | "window" | "sound" | "microphone";

export interface Found {
  state: State;
  values: Record<string, string | number>;
}

export const NAMES: readonly Name[] = ["browser", "line", "clock", "window", "sound", "microphone"];

const ASKED = 8;
const SLOW_MS = 250;
const CLOCK_SECONDS = 5;
const SMALLEST = { width: 1180, height: 680 };
const QUIET = 12;

/** One question to the box: how long it took, and by how much the box's clock is ahead. Null: no answer. */
export interface Answer {
  ms: number;
  ahead: number;
}

export const found = (state: State, values: Found["values"] = {}): Found => ({ state, values });

export function browser(scope: object): Found {
  return found("RTCPeerConnection" in scope && "WebSocket" in scope && "AudioContext" in scope ? "pass" : "fail");
}

export function line(answers: readonly (Answer | null)[]): Found {
  const came = answers.filter((answer) => answer !== null);
  if (!came.length) return found("fail");
  const ms = Math.round(median(came.map((answer) => answer.ms)));
  const lost = answers.length - came.length;
  return found(ms > SLOW_MS || lost > 0 ? "warn" : "pass", { ms, lost, all: answers.length });
}

export function clock(answers: readonly (Answer | null)[]): Found {
  const came = answers.filter((answer) => answer !== null);
  if (!came.length) return found("open");
  const seconds = Math.round(Math.abs(median(came.map((answer) => answer.ahead))));
  return found(seconds > CLOCK_SECONDS ? "warn" : "pass", { seconds });
}

export function room(width: number, height: number): Found {
  return found(width >= SMALLEST.width && height >= SMALLEST.height ? "pass" : "warn", { width, height });
}

/** The loudest level (0 to 100) of some seconds of speaking. */
export function voice(loudest: number): Found {
  return found(loudest > QUIET ? "pass" : "warn");
}

/** The box says its own time in the Date header, to the second. */
export async function ask(times = ASKED): Promise<(Answer | null)[]> {
  const answers: (Answer | null)[] = [];
  for (let n = 0; n < times; n += 1) answers.push(await one());
  return answers;
}

async function one(): Promise<Answer | null> {
  const began = performance.now();
  try {
    const answer = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(2000) });
    const ms = performance.now() - began;
    const said = Date.parse(answer.headers.get("Date") ?? "");
    return { ms, ahead: Number.isNaN(said) ? 0 : (said + 500 - (Date.now() - ms / 2)) / 1000 };
  } catch {
    return null;
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
