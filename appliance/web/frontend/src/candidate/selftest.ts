/** The self-test of this computer: some seconds of measuring what is shared, and the way to the box. Nothing but the results leaves
 * the page. */

import { post } from "../lib/api";
import { watchLevel } from "../lib/meter";
import { browserOf } from "../lib/words";
import type { MyPlan, TestResult } from "../lib/checkin";
import type { Own } from "../lib/types";
import type { Equipment } from "./equipment";
import * as judge from "./judge";
import type { Results, TestName } from "./judge";
import type { Settings } from "./settings";

const LISTEN_MS = 3000;
const PROBES = 5;
const CHUNK = 384 * 1024;
const CHUNKS = 2;

interface Batteried {
  getBattery?(): Promise<{ level: number; charging: boolean }>;
}
interface Linked {
  connection?: { type?: string };
}

export class SelfTest extends EventTarget {
  results: Results = {};
  running = false;
  done = false;

  constructor(
    private readonly equipment: Equipment,
    private readonly plan: Pick<MyPlan, "feeds" | "room_scan">,
    private readonly settings: Settings,
  ) {
    super();
    const lacks = judge.lacking(plan, judge.abilities());
    this.results.browser = { state: lacks.length ? "fail" : "pass", value: lacks.length ? lacks.join(" ") : browserOf(navigator.userAgent) };
  }

  /** Measure everything anew, and tell the box. Throws a Problem when the box does not take it. */
  async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    this.done = false;
    this.results = this.results.browser ? { browser: this.results.browser } : {};
    this.changed();
    try {
      await this.measure();
      const { results } = await post<{ results: Results }>("/api/me/selftest", { results: this.results });
      this.results = results; // with what the box measured itself
      this.done = true;
    } finally {
      this.running = false;
      this.changed();
    }
  }

  private needs(kind: Own): boolean {
    return this.plan.feeds.includes(kind);
  }

  private async measure(): Promise<void> {
    this.say("applications", judge.NOT_ASSESSABLE); // no browser tells what else runs
    this.say("link", judge.link((navigator as Linked).connection?.type));
    this.say("screen", this.needs("screen") ? judge.screen(this.equipment.streams.screen !== undefined, this.equipment.surface) : judge.NOT_REQUIRED);
    const heard = this.listen();
    const seen = this.look();
    this.say("battery", judge.battery(await charge()));
    await this.line();
    this.say("microphone", await heard);
    await seen;
    this.say("loss", this.needs("webcam") ? judge.NOT_ASSESSABLE : judge.NOT_REQUIRED); // the box counts what does not come
  }

  /** Round trip, clock and throughput, by a few small questions and some hundred kilobytes. */
  private async line(): Promise<void> {
    const asked: { took: number; ahead: number }[] = [];
    for (let n = 0; n < PROBES; n += 1) asked.push(await probe(new Uint8Array(1)));
    const best = asked.reduce((a, b) => (b.took < a.took ? b : a)); // the quickest says most: the others waited somewhere
    this.say("round_trip", judge.roundTrip(best.took));
    this.say("clock", judge.clock(best.ahead));
    let fastest = Infinity;
    for (let n = 0; n < CHUNKS; n += 1) fastest = Math.min(fastest, (await probe(noise(CHUNK))).took);
    const megabits = (8 * CHUNK) / Math.max(1, fastest - best.took / 2) / 1000;
    const needed = (this.needs("webcam") ? this.settings.webcam_bitrate : 0) + (this.needs("screen") ? this.settings.screen_bitrate : 0);
    this.say("throughput", judge.throughput(megabits, Math.max(needed, 100_000) / 1e6));
  }

  private async listen(): Promise<TestResult> {
    if (!this.needs("webcam")) return judge.NOT_REQUIRED;
    const stream = this.equipment.streams.webcam;
    const track = stream?.getAudioTracks()[0];
    if (!stream || !track) return judge.microphone(false, false, 0);
    let loudest = 0;
    const stop = watchLevel(stream, (level) => { loudest = Math.max(loudest, level); });
    await new Promise((resolve) => setTimeout(resolve, LISTEN_MS));
    stop();
    return judge.microphone(true, track.muted, loudest);
  }

  /** The own picture: is there one, and is there light. */
  private async look(): Promise<void> {
    if (!this.needs("webcam")) {
      this.say("camera", judge.NOT_REQUIRED);
      return this.say("light", judge.NOT_REQUIRED);
    }
    const stream = this.equipment.streams.webcam;
    const video = document.createElement("video");
    video.muted = true;
    video.srcObject = stream ?? null;
    const side = stream ? await picture(video) : 0;
    this.say("camera", judge.camera(side, stream?.getVideoTracks()[0]?.muted ?? true));
    this.say("light", side ? judge.light(brightness(video)) : judge.NOT_ASSESSABLE);
    video.srcObject = null;
  }

  private say(name: TestName, result: TestResult): void {
    this.results[name] = result;
    this.changed();
  }

  private changed(): void {
    this.dispatchEvent(new Event("change"));
  }
}

/** How long the box takes to answer, in milliseconds, and by how many seconds this clock is ahead of its. */
async function probe(body: Uint8Array<ArrayBuffer>): Promise<{ took: number; ahead: number }> {
  const token = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
  const headers = { "X-CSRFToken": token, "Content-Type": "application/octet-stream" };
  const [begun, at] = [performance.now(), Date.now() / 1000];
  const answer = await fetch("/api/me/probe", { method: "POST", body, headers, credentials: "same-origin", signal: AbortSignal.timeout(10_000) });
  const { now } = (await answer.json()) as { now?: number };
  const took = performance.now() - begun;
  return { took, ahead: now === undefined ? 0 : at + took / 2000 - now };
}

/** Nothing that could be made smaller on the way. */
function noise(bytes: number): Uint8Array<ArrayBuffer> {
  const made = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += 65_536) crypto.getRandomValues(made.subarray(at, Math.min(bytes, at + 65_536)));
  return made;
}

async function charge(): Promise<{ level: number; charging: boolean } | null> {
  try {
    return (await (navigator as Batteried).getBattery?.()) ?? null;
  } catch {
    return null;
  }
}

/** The height of its first picture; 0 when none comes within two seconds. */
async function picture(video: HTMLVideoElement): Promise<number> {
  const late = new Promise<void>((resolve) => setTimeout(resolve, 2000));
  await Promise.race([late, video.play().catch(() => undefined)]);
  for (let n = 0; n < 10 && !video.videoHeight; n += 1) await new Promise((resolve) => setTimeout(resolve, 100));
  return video.videoHeight;
}

function brightness(video: HTMLVideoElement): number {
  const canvas = document.createElement("canvas");
  canvas.width = 32;
  canvas.height = 18;
  const pen = canvas.getContext("2d");
  if (!pen) return 128;
  pen.drawImage(video, 0, 0, canvas.width, canvas.height);
  const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
  let sum = 0;
  for (let at = 0; at < data.length; at += 4) sum += 0.299 * (data[at] ?? 0) + 0.587 * (data[at + 1] ?? 0) + 0.114 * (data[at + 2] ?? 0);
  return sum / (data.length / 4);
}
