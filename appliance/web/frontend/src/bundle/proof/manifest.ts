/** The manifest of a bundle, as `bundle/manifest.py` writes it. Pure. */

import { numbered } from "./place";

const SCHEMA = "appliance.manifest/1";

export interface FileOf {
  file: string;
  kind: string;
  size: number;
  sha256: string;
}

export interface Missing {
  file: string;
  sha256: string;
  reason: string;
}

export interface Reference {
  file: string;
  sha256: string;
  position: number;
  hash: string;
}

export interface Manifest {
  number: number;
  site: string;
  box: string;
  exam: string;
  attempt: string | null;
  key: string;
  ledger: { file: string; chain: string; after: number; after_hash: string; position: number; hash: string };
  files: FileOf[];
  missing: Missing[];
  withheld?: Missing[];
  open_feeds: string[];
  attempts: Record<string, Reference>;
  previous: Reference | null;
}

/** A manifest that is signed, with what it was read from. */
export interface Signed {
  manifest: Manifest;
  name: string;
  sha256: string;
}

/** Null with a reason where it cannot be read. */
export function read(data: Uint8Array): { manifest: Manifest } | { problem: string } {
  let said: Manifest & { schema?: unknown };
  try {
    said = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(data)) as typeof said;
    if (said.schema !== SCHEMA) return { problem: `it is not of the kind ${SCHEMA}: a newer bundle's page, or a newer \`appliance verify\`, may read it` };
    const outside = said.files.find((one) => !inside(one.file));
    if (outside) return { problem: `it names ${outside.file}, which is not inside its folder` };
    if (typeof said.ledger.file !== "string" || !Array.isArray(said.missing) || typeof said.attempts !== "object") return { problem: "it cannot be read" };
  } catch {
    return { problem: "it cannot be read" };
  }
  return { manifest: said };
}

/** What SHA256SUMS must say of it, byte by byte. */
export function sums({ manifest, name, sha256 }: Signed): string {
  const lines = new Map(manifest.files.map((one) => [one.file, one.sha256]));
  lines.set(name, sha256);
  for (const other of [...Object.values(manifest.attempts), ...(manifest.previous ? [manifest.previous] : [])]) lines.set(other.file, other.sha256);
  return [...lines].sort(([a], [b]) => (a < b ? -1 : 1)).map(([file, hash]) => `${hash}  ${file}\n`).join("");
}

/** What closes the bundle of this number, the key aside. */
export function closing(number: number): { manifest: string; signature: string; sums: string; sumsSignature: string } {
  return {
    manifest: numbered("manifest.json", number), signature: numbered("manifest.sig", number),
    sums: numbered("SHA256SUMS", number), sumsSignature: numbered("SHA256SUMS.sig", number),
  };
}

function inside(file: unknown): file is string {
  return typeof file === "string" && file !== "" && !file.startsWith("/") && file.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}
