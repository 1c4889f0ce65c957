/** The worker of one feed: sees every encoded frame on its way out, keeps a copy for a minute, and fills what a drop lost. The
 * page's own thread has nothing to do with any of it. */

import type { Door } from "../lib/types";
import { fill, type Why } from "./fill";
import { Ring } from "./ring";

/** What the page says: fill now. */
export interface Order {
  door: Door;
  why: Why;
}

/** TypeScript's library has no encoded transform in workers yet (WebRTC Encoded Transform, W3C). */
interface EncodedFrame {
  readonly type?: "key" | "delta" | "empty";
  readonly timestamp: number;
  readonly data: ArrayBuffer;
  getMetadata(): { rtpTimestamp?: number; synchronizationSource?: number; mimeType?: string };
}

interface Transformer {
  readonly readable: ReadableStream<EncodedFrame>;
  readonly writable: WritableStream<EncodedFrame>;
  readonly options: { connection: number; video: boolean };
}

interface Scope {
  onrtctransform: ((event: { transformer: Transformer }) => void) | null;
  onmessage: ((event: MessageEvent<Order>) => void) | null;
}

const scope = globalThis as unknown as Scope;
const ring = new Ring();
const world = {
  fetch: globalThis.fetch.bind(globalThis),
  now: () => performance.now(),
  sleep: (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms)),
};
let filling = new AbortController();

scope.onrtctransform = ({ transformer: { readable, writable, options } }) => {
  const passing = new TransformStream<EncodedFrame, EncodedFrame>({
    transform(frame, sink) {
      keep(frame, options, performance.now());
      sink.enqueue(frame);
    },
  });
  readable.pipeThrough(passing).pipeTo(writable).catch(() => {
    // the connection was closed: there is nothing to keep any more
  });
};

scope.onmessage = ({ data: { door, why } }) => {
  filling.abort();
  filling = new AbortController();
  fill(ring, door, why, world, filling.signal).catch((error: unknown) => console.warn("not filled", error));
};

function keep(frame: EncodedFrame, options: Transformer["options"], at: number): void {
  const said = frame.getMetadata();
  ring.push({
    connection: options.connection,
    video: options.video,
    key: frame.type === "key",
    ssrc: said.synchronizationSource ?? 0,
    rtp: said.rtpTimestamp ?? frame.timestamp,
    at,
    mime: said.mimeType ?? "",
    data: new Uint8Array(frame.data.slice(0)),
  });
}
