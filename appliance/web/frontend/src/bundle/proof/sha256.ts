/** SHA-256 of bytes and of files, in hex. The browser's own where it has one (not over plain http), and for what fits in memory. */

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes } from "@noble/hashes/utils.js";

/** Larger files are read in slices. */
const AT_ONCE = 64 << 20;
const SLICE = 4 << 20;

export function sha256Hex(...parts: Uint8Array[]): string {
  return bytesToHex(sha256(concatBytes(...parts)));
}

export async function bytes(file: Blob): Promise<Uint8Array> {
  return new Uint8Array(await file.arrayBuffer());
}

export async function sha256Of(file: Blob): Promise<string> {
  if (file.size <= AT_ONCE && globalThis.crypto?.subtle) return bytesToHex(new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer())));
  const state = sha256.create();
  for (let at = 0; at < file.size; at += SLICE) state.update(await bytes(file.slice(at, at + SLICE)));
  return bytesToHex(state.digest());
}
