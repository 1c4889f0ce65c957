/** The public half of a box's key: Ed25519. */

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256Hex } from "./sha256";

/** What stands before the 32 bytes of an Ed25519 key in DER (RFC 8410). */
const HEAD = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
const PEM = /^-----BEGIN PUBLIC KEY-----\n([A-Za-z0-9+/=]{60})\n-----END PUBLIC KEY-----\n$/;

export class Key {
  private constructor(private readonly key: Uint8Array, readonly fingerprint: string) {}

  /** Null unless it is written byte by byte as a box writes its key. */
  static from(pem: Uint8Array): Key | null {
    const body = PEM.exec(new TextDecoder("latin1").decode(pem))?.[1];
    if (!body) return null;
    const raw = atob(body);
    const der = Uint8Array.from(raw, (character) => character.charCodeAt(0));
    if (der.length !== 44 || HEAD.some((byte, n) => der[n] !== byte) || btoa(raw) !== body) return null;
    return new Key(der.slice(12), sha256Hex(der));
  }

  verifies(signature: Uint8Array, data: Uint8Array): boolean {
    try {
      return signature.length === 64 && ed25519.verify(signature, data, this.key, { zip215: false });
    } catch {
      return false; // bytes that are no point on the curve
    }
  }
}
