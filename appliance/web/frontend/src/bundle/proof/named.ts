/** The files that events name, and that a bundle must have or say where they are. Pure. */

import type { Event } from "./chain";
import type { Manifest } from "./manifest";
import { placeOf } from "./place";

const NAMED: Readonly<Record<string, readonly (readonly [path: string, sha256: string])[]>> = {
  "identity.pictured": [["photo", "photo_sha256"], ["face", "face_sha256"]],
  "identity.enrolled": [["face", "face_sha256"]],
  "evidence.kept": [["still", "still_sha256"], ["clip", "clip_sha256"]],
  "page.photographed": [["path", "sha256"]],
  "paper.uploaded": [["path", "sha256"]],
};

interface Snapshot {
  path: string;
  sha256: string;
}

/** Hands over (file, what is wrong) for whatever the events of an attempt name and its manifest does not have. */
export function unaccounted(events: readonly Event[], manifest: Manifest, attempt: string, find: (file: string, what: string) => void): void {
  const place = (path: unknown): string => placeOf(String(path), manifest.exam, attempt) ?? String(path);
  const known = new Map([...manifest.files, ...manifest.missing].map((one) => [one.file, one.sha256]));
  const hashes = new Set(known.values());
  const keptBack = new Map((manifest.withheld ?? []).map((one) => [one.file, one.sha256]));
  const snapshots = new Map<unknown, Snapshot[]>();
  const files = new Map<string, unknown>();
  const scans = new Map<string, unknown>();
  for (const { type, payload } of events) {
    if (payload === null) continue;
    if (type === "segment.closed" && known.get(place(payload["path"])) !== payload["sha256"]) find(place(payload["path"]), "the ledger says that it was recorded, and the manifest does not have it");
    if (type === "flag.raised" || type === "flag.closed") snapshots.set(payload["flag"], (payload["snapshots"] ?? []) as Snapshot[]); // a closed flag names those of the whole episode
    if (type === "scan.recorded") scans.set(place(payload["path"]), payload["sha256"]);
    for (const [path, sha256] of NAMED[type] ?? []) if (payload[path]) files.set(place(payload[path]), payload[sha256]);
  }
  for (const one of [...snapshots.values()].flat()) if (!hashes.has(one.sha256)) find(place(one.path), "a flag names this snapshot, and the manifest does not have it");
  for (const [file, sha256] of files) if (known.get(file) !== sha256) find(file, "the ledger names this file, and the manifest does not have it");
  for (const [file, sha256] of scans) if (keptBack.get(file) !== sha256) find(file, "the ledger names this room scan, and the manifest does not say where it is");
}
