/** Back-fill: says why the page was away, asks the box what is missing, and brings what the ring still has. See docs/api.md. */

import type { Door } from "../lib/types";
import type { Frame, Ring } from "./ring";

/** As in `exam.gap.Cause`, those that only a page can know; "" for none. */
export type Why = "" | "network_lost" | "network_changed" | "device_slept" | "page_reloaded" | "browser_crashed";

interface Answer {
  now: number;
  open: boolean;
  holes: [number, number][];
}

/** What a page has of the world; tests have their own. */
export interface World {
  fetch: typeof fetch;
  /** Milliseconds of the clock that frames are stamped with. */
  now: () => number;
  sleep: (ms: number) => Promise<void>;
}

/** At most so much, so that the live stream does not suffer. */
const BYTES_A_MS = 500;
const AGAIN_MS = 1000;
const ROUNDS = 30;
/** A page may be back before the box has noticed that it was gone. */
const QUIET_ROUNDS = 3;
const ANSWER_MS = 15_000;
const TRIES = 3;

/** Until nothing more can be brought; -> bytes that were. Throws what `fetch` throws when the box is away: whoever connects
 * again begins again. */
export async function fill(ring: Ring | null, door: Door, why: Why, world: World, signal: AbortSignal): Promise<number> {
  const url = door.url.replace("/whip/", "/fill/");
  const ask = (body: BodyInit, type: string): Promise<Response> =>
    world.fetch(url, {
      method: "POST",
      body,
      headers: { "Content-Type": type, Authorization: `Bearer ${door.token}` },
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
  const tried = new Set<string>();
  let sent = 0;
  let quiet = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = world.now();
    const response = await ask(JSON.stringify({ why }), "application/json");
    if (response.status !== 200) return sent;
    const { now, open, holes } = (await response.json()) as Answer;
    if (!ring) return sent;
    const ahead = now * 1000 - (before + world.now()) / 2; // of the box's clock before ours: half a round trip exact
    const fresh = holes.filter((hole) => !tried.has(String(hole)));
    quiet = open || fresh.length > 0 ? 0 : quiet + 1;
    if (quiet >= QUIET_ROUNDS) return sent;
    for (const [from, to] of fresh) {
      tried.add(String([from, to]));
      for (const piece of ring.pieces(from * 1000 - ahead, to * 1000 - ahead)) sent += await bring(piece, ahead, ask, world);
    }
    if (fresh.length === 0) await world.sleep(AGAIN_MS);
  }
  return sent;
}

async function bring(piece: Frame[], ahead: number, ask: (body: BodyInit, type: string) => Promise<Response>, world: World): Promise<number> {
  const body = pack(piece, ahead);
  for (let again = 0; again < TRIES; again += 1) {
    const began = world.now();
    const response = await ask(body, "application/octet-stream");
    await world.sleep(Math.max(0, body.byteLength / BYTES_A_MS - (world.now() - began)));
    if (response.status === 200) return body.byteLength;
    console.warn(`a piece was not taken: ${response.status} ${(await response.text()).slice(0, 200)}`);
    if (response.status !== 503) return 0;
    await world.sleep(2 * AGAIN_MS);
  }
  return 0;
}

const FRAME_BYTES = 17;

/** The body of one request; `ahead`: what the box's clock has more than this page's, in milliseconds. */
export function pack(piece: readonly Frame[], ahead: number): Uint8Array<ArrayBuffer> {
  const picture = piece.find((frame) => frame.video);
  const sound = piece.find((frame) => !frame.video);
  const said = { codec: picture?.mime.split("/")[1]?.toLowerCase() ?? "", video: picture?.ssrc ?? 0, audio: sound?.ssrc ?? 0 };
  const header = new TextEncoder().encode(JSON.stringify(said));
  const size = piece.reduce((sum, frame) => sum + FRAME_BYTES + frame.data.byteLength, 6 + header.byteLength);
  const body = new Uint8Array(size);
  const view = new DataView(body.buffer);
  body.set(new TextEncoder().encode("FILL"));
  view.setUint16(4, header.byteLength);
  body.set(header, 6);
  let at = 6 + header.byteLength;
  for (const frame of piece) {
    view.setUint8(at, frame.video ? 1 : 0);
    view.setUint32(at + 1, frame.rtp);
    view.setFloat64(at + 5, (frame.at + ahead) / 1000);
    view.setUint32(at + 13, frame.data.byteLength);
    body.set(frame.data, at + FRAME_BYTES);
    at += FRAME_BYTES + frame.data.byteLength;
  }
  return body;
}
