/** The hash chain of a ledger, as `ledger/chain.py` and `bundle/chain_lines.py` make it. Pure. */

import { sha256Hex } from "./sha256";
import { hexToBytes } from "@noble/hashes/utils.js";

export interface Link {
  body: string;
  hash: string;
  payload: string | null;
  salt: string | null;
}

/** The body of an event, as far as it is needed here. */
export interface Envelope {
  chain: string;
  position: number;
  type: string;
  exam?: string | null;
  prev: string;
  payload: string;
}

export interface Event {
  type: string;
  exam: string | null;
  hash: string;
  /** Null: it was erased, or is withheld. */
  payload: Record<string, unknown> | null;
}

/** What is wrong, in a sentence. */
export class Broken extends Error {}

const utf8 = new TextEncoder();
/** So many events, then the page may draw. */
const BREATH = 400;

export function parse(data: Uint8Array): Link[] {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    throw new Broken("it is not text");
  }
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line, n) => {
    const link = read(line);
    if (!link) throw new Broken(`line ${n + 1} is not an event`);
    return link;
  });
}

/** Walks the chain from the event at `position` whose hash is `after`; Broken names the first event that is changed, missing or moved. */
export async function check(links: readonly Link[], chain: string, after: string, position: number): Promise<Event[]> {
  const events: Event[] = [];
  for (const link of links) {
    position += 1;
    if (events.length % BREATH === 0) await new Promise((resolve) => setTimeout(resolve));
    const where = `event ${position} of chain ${chain}`;
    if (sha256Hex(utf8.encode(link.body)) !== link.hash) throw new Broken(`${where} was changed: its hash does not fit`);
    const envelope = said<Envelope>(link.body);
    if (!envelope) throw new Broken(`${where} cannot be read`);
    if (envelope.chain !== chain || envelope.position !== position) throw new Broken(`${where} is not where it belongs: an event before it is missing or was moved`);
    if (envelope.prev !== after) throw new Broken(`${where} does not follow from the one before it`);
    if ((link.payload === null) !== (link.salt === null)) throw new Broken(`the payload of ${where} was changed: it is half erased`);
    if (link.payload !== null && link.salt !== null && sha256Hex(hexToBytes(link.salt), utf8.encode(link.payload)) !== envelope.payload) throw new Broken(`the payload of ${where} was changed`);
    after = link.hash;
    events.push({ type: envelope.type, exam: envelope.exam ?? null, hash: link.hash, payload: link.payload === null ? null : said<Record<string, unknown>>(link.payload) });
  }
  return events;
}

function read(line: string): Link | null {
  const found = said<Record<string, unknown>>(line);
  if (!found) return null;
  const { body, hash, payload, salt } = found;
  const hex = (value: unknown): value is string => typeof value === "string" && /^(?:[0-9a-f]{2})*$/.test(value);
  if (typeof body !== "string" || !hex(hash) || !(payload === null || typeof payload === "string") || !(salt === null || hex(salt))) return null;
  return { body, hash, payload, salt };
}

function said<T>(text: string): T | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as T) : null;
  } catch {
    return null;
  }
}
