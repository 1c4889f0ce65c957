/** The files of one attempt's recording, by HTTP: lists of parts, headers, ranges of bytes. */

import type { Kind } from "../../lib/types";
import type { Parts } from "../types";

export type Trouble = "missing" | "damaged" | "unsupported" | "unreachable" | "outdated";

/** Why bytes did not come, or are of no use. "outdated": nobody wants them any more. */
export class Fault extends Error {
  constructor(
    readonly trouble: Trouble,
    said = "",
  ) {
    super(`${trouble} ${said}`);
  }
}

export const faultOf = (error: unknown): Fault => (error instanceof Fault ? error : new Fault("damaged", String(error)));

const TIMEOUT_MS = 8_000;
/** So many lists and headers are kept: a day of three feeds. */
const KEPT = 9_000;

export class Files {
  private readonly lists = new Map<string, Parts>();
  private readonly headers = new Map<string, Uint8Array<ArrayBuffer>>();

  /** `folder`: /media/EXAM/ATTEMPT; `api`: /api/review/ATTEMPT. */
  constructor(
    private readonly folder: string,
    private readonly api: string,
  ) {}

  /** What is known of a file's parts without asking. */
  known(kind: Kind, file: string): Parts | null {
    return this.lists.get(key(kind, file)) ?? null;
  }

  async parts(kind: Kind, file: string, signal: AbortSignal, fresh = false): Promise<Parts> {
    const known = this.known(kind, file);
    if (known && !fresh) return known;
    const response = await load(`${this.api}/${kind}/parts/${encodeURIComponent(file)}`, { Accept: "application/json" }, signal);
    const parts = (await body(response.json(), signal)) as Parts;
    if (!Array.isArray(parts.parts) || !(parts.init_bytes > 0)) throw new Fault("damaged", "no list of parts");
    keep(this.lists, key(kind, file), parts);
    return parts;
  }

  async header(kind: Kind, file: string, length: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const known = this.headers.get(key(kind, file));
    if (known?.length === length) return known;
    const bytes = await this.range(kind, file, 0, length, signal);
    keep(this.headers, key(kind, file), bytes);
    return bytes;
  }

  async range(kind: Kind, file: string, offset: number, length: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const response = await load(`${this.folder}/${kind}/${encodeURIComponent(file)}`, { Range: `bytes=${offset}-${offset + length - 1}` }, signal);
    const bytes = new Uint8Array(await body(response.arrayBuffer(), signal));
    const wanted = response.status === 206 ? bytes : bytes.slice(offset, offset + length);
    if (wanted.length !== length) throw new Fault("damaged", "the file is shorter than its list of parts");
    return wanted;
  }

  /** A file was closed, came back or changed: ask again. */
  forget(kind: Kind, file: string): void {
    this.lists.delete(key(kind, file));
    this.headers.delete(key(kind, file));
  }
}

function key(kind: Kind, file: string): string {
  return `${kind}/${file.replace(/\.open$/, "")}`;
}

function keep<V>(map: Map<string, V>, name: string, value: V): void {
  map.delete(name);
  map.set(name, value);
  if (map.size > KEPT) map.delete(map.keys().next().value ?? "");
}

async function load(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    // the browser's own cache lets one range of a file wait for another
    response = await fetch(path, { headers, credentials: "same-origin", cache: "no-store", signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) });
  } catch {
    throw new Fault(signal.aborted ? "outdated" : "unreachable");
  }
  if (response.ok) return response;
  if (response.status === 404 || response.status === 410) throw new Fault("missing");
  throw new Fault(response.status === 409 || response.status === 416 || response.status === 422 ? "damaged" : "unreachable", String(response.status));
}

async function body<T>(reading: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof SyntaxError) throw new Fault("damaged", "no JSON");
    throw new Fault(signal.aborted ? "outdated" : "unreachable");
  }
}
