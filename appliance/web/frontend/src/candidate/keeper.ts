/** Keeps what a feed's encoders make, in a worker, where the browser has the encoded transform; else only speaks for the page. */

import type { Door } from "../lib/types";
import { fill, type Why } from "./fill";
import type { Order } from "./keeper-worker";

type ScriptTransform = new (worker: Worker, options: { connection: number; video: boolean }) => RTCRtpTransform;

/** Not in TypeScript's library: RTCRtpScriptTransform (WebRTC Encoded Transform, W3C). */
const Transform = (globalThis as { RTCRtpScriptTransform?: ScriptTransform }).RTCRtpScriptTransform;

type RTCRtpTransform = object;

/** Not in TypeScript's library: setParameters with encodingOptions (WebRTC Extensions, W3C). */
interface Cuttable {
  getParameters(): RTCRtpSendParameters;
  setParameters(parameters: RTCRtpSendParameters, options: { encodingOptions: { keyFrame: boolean }[] }): Promise<void>;
}

export class Keeper {
  private readonly worker = Transform ? new Worker(new URL("./keeper-worker.ts", import.meta.url), { type: "module" }) : null;
  private connections = 0;

  /** Every frame of this connection is kept from now on. */
  keep(connection: RTCPeerConnection): void {
    if (!this.worker || !Transform) return;
    const number = (this.connections += 1);
    for (const sender of connection.getSenders()) {
      const options = { connection: number, video: sender.track?.kind === "video" };
      (sender as { transform?: RTCRtpTransform | null }).transform = new Transform(this.worker, options);
    }
  }

  /** Nobody asks for key frames while the line is gone; without them what is kept cannot be cut into pieces. */
  cut(connection: RTCPeerConnection): void {
    const sender = connection.getSenders().find((each) => each.track?.kind === "video") as Cuttable | undefined;
    if (!this.worker || !sender) return;
    sender.setParameters(sender.getParameters(), { encodingOptions: [{ keyFrame: true }] }).catch((error: unknown) => console.warn("no key frame", error));
  }

  /** The line is there again: tell the box why it was not, and bring what it misses. */
  back(door: Door, why: Why): void {
    if (this.worker) return this.worker.postMessage({ door, why } satisfies Order);
    const world = { fetch: window.fetch.bind(window), now: () => performance.now(), sleep: () => Promise.resolve() };
    fill(null, door, why, world, new AbortController().signal).catch((error: unknown) => console.warn("not told", error));
  }
}
