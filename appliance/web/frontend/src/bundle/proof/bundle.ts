/** The proof of one bundle: key, signatures, manifests, files, chain. The same as `proof/bundle_proof.py`, with the same sentences. */

import { Broken, check, parse } from "./chain";
import type { Folder } from "./folder";
import { Key } from "./key";
import { closing, read, sums, type FileOf, type Manifest, type Signed } from "./manifest";
import { unaccounted } from "./named";
import { numbered } from "./place";
import { sha256Hex } from "./sha256";

export type Find = (file: string, what: string) => void;

/** `done` of `all` bytes; `file`: what is being read. */
export type Progress = (done: number, all: number, file: string) => void;

export interface Proof {
  manifest: Manifest;
  fingerprint: string;
  own: Set<string>;
  files: number;
  size: number;
  erased: number;
  /** Position -> hash of every event. */
  hashes: Map<number, string>;
  /** Heads of attempts that the box's chain vouches for. */
  anchors: Record<string, [number, string]>[];
  remarks: string[];
}

const NUMBERED = /^(?:manifest|SHA256SUMS|ledger|index)-([1-9][0-9]{0,4})(?:\.json|\.jsonl|\.sig|\.html|\.p7s|\.tsr)?$/;
/** Manifests of one bundle, where nobody can say how many there are. */
const MOST = 10_000;
/** Beside the box's own signatures a site may add its certificate's and a time stamp. This page knows neither's authorities. */
const BESIDE = ["manifest.p7s", "manifest.tsr"];

/** Null when there is no manifest that can be believed; the reason was found. `trusted`: fingerprint from another place, or null. */
export async function prove(folder: Folder, trusted: string | null, find: Find, progress: Progress): Promise<Proof | null> {
  const key = await keyOf(folder, trusted, find);
  if (!key) return null;
  const manifests = await manifestsOf(folder, key, find);
  const newest = manifests.at(-1);
  if (!newest) return null;
  const proof: Proof = { manifest: newest.manifest, fingerprint: key.fingerprint, own: new Set(["box.pub"]), files: 0, size: 0, erased: 0, hashes: new Map(), anchors: [], remarks: [] };
  for (const { manifest } of manifests) for (const name of [...manifest.files.map((one) => one.file), ...Object.values(closing(manifest.number))]) proof.own.add(name);
  await filesOf(folder, manifests, proof, find, progress);
  await beside(folder, manifests, proof);
  extra(folder, proof, find);
  order(manifests, find);
  await ledgerOf(folder, manifests, proof, find);
  const { manifest } = proof;
  for (const one of manifest.missing) find(one.file, `it is missing: the box said so when it signed (${one.reason})`);
  proof.remarks.push(...(manifest.withheld ?? []).map((one) => `${one.file} is not here: ${one.reason}`));
  if (manifest.open_feeds.length) proof.remarks.push(`the recording of ${manifest.open_feeds.join(", ")} had not been closed when this was signed`);
  return proof;
}

async function keyOf(folder: Folder, trusted: string | null, find: Find): Promise<Key | null> {
  const pem = await folder.read("box.pub");
  const key = pem && Key.from(pem);
  if (!pem) find("box.pub", "it is missing");
  else if (!key) find("box.pub", "it was changed: it is not written as a box writes its key");
  else if (trusted !== null && key.fingerprint !== trusted) {
    find("box.pub", "it is not the key that was given: another box signed this, or the file was changed");
    return null;
  }
  return key;
}

/** Every manifest from number 1 on that is signed, as far as they reach without a hole. */
async function manifestsOf(folder: Folder, key: Key, find: Find): Promise<Signed[]> {
  const names = folder.names();
  const newest = names && Math.max(1, ...names.map((name) => Number(NUMBERED.exec(name)?.[1] ?? 1)));
  const found: Signed[] = [];
  for (let number = 1; number <= (newest ?? MOST); number++) {
    if (newest === null && number > 1 && !(await any(folder, Object.values(closing(number))))) break; // of a store, as many as there are
    const signed = await manifestOf(folder, number, key, find);
    if (!signed) return [];
    found.push(signed);
  }
  return found;
}

async function any(folder: Folder, names: readonly string[]): Promise<boolean> {
  for (const name of names) if (await folder.read(name)) return true;
  return false;
}

/** One manifest, if it is signed. Which of the four files was changed follows from the other three. */
async function manifestOf(folder: Folder, number: number, key: Key, find: Find): Promise<Signed | null> {
  const names = closing(number);
  const got = await Promise.all([names.manifest, names.signature, names.sums, names.sumsSignature].map(async (name) => [name, await folder.read(name)] as const));
  for (const [name, content] of got) if (!content) find(name, "it is missing: the bundle was not stored completely, or the file was removed");
  const [data, signature, list, listSignature] = got.map(([, content]) => content);
  if (!data || !signature || !list || !listSignature) return null;
  const [signed, listSigned] = [key.verifies(signature, data), key.verifies(listSignature, list)];
  const [sha256, listed] = [sha256Hex(data), new TextDecoder("latin1").decode(list)];
  if (!signed && !listSigned) {
    find("box.pub", `neither ${names.manifest} nor ${names.sums} was signed by this key: one of the three was changed`);
    return null;
  }
  if (!signed) {
    find(listed.split("\n").includes(`${sha256}  ${names.manifest}`) ? names.signature : names.manifest, "it was changed: the signature does not fit");
    return null;
  }
  const understood = read(data);
  if ("problem" in understood) {
    find(names.manifest, understood.problem);
    return null;
  }
  const found: Signed = { manifest: understood.manifest, name: names.manifest, sha256 };
  const same = listed === sums(found);
  if (!listSigned) find(same ? names.sumsSignature : names.sums, "it was changed: the signature does not fit");
  else if (!same) find(names.sums, `it does not say what ${names.manifest} says`);
  if (found.manifest.number !== number || found.manifest.key !== key.fingerprint) find(names.manifest, "it is the manifest of something else");
  return found;
}

/** Every file that any of the manifests names; one hash for each. */
async function filesOf(folder: Folder, manifests: readonly Signed[], proof: Proof, find: Find, progress: Progress): Promise<void> {
  const named = new Map<string, FileOf>();
  for (const { manifest, name } of manifests) {
    for (const file of manifest.files) {
      const before = named.get(file.file);
      if (!before) named.set(file.file, file);
      else if (before.sha256 !== file.sha256) find(name, `it names other content for ${file.file} than the manifest before it`);
    }
  }
  const all = [...named.values()].reduce((sum, one) => sum + one.size, 0);
  let done = 0;
  for (const [name, file] of [...named].sort(([a], [b]) => (a < b ? -1 : 1))) {
    progress(done, all, name);
    const found = await folder.hash(name);
    done += file.size;
    if (!found) {
      find(name, "it is missing");
      continue;
    }
    if (found.size !== file.size) find(name, `it was changed: it has ${found.size} bytes instead of ${file.size}`);
    else if (found.sha256 !== file.sha256) find(name, "it was changed: its SHA-256 is not the one in the manifest");
    proof.files += 1;
    proof.size += found.size;
  }
  progress(all, all, "");
}

async function beside(folder: Folder, manifests: readonly Signed[], proof: Proof): Promise<void> {
  for (const { manifest } of manifests) {
    for (const name of BESIDE.map((each) => numbered(each, manifest.number))) {
      proof.own.add(name);
      if (manifest === proof.manifest && (await folder.read(name))) proof.remarks.push(`${name} is not checked here: \`verify.sh\` and \`appliance verify\` do`);
    }
  }
}

/** Nothing that nobody signed. The folders of an exam's attempts are looked at by themselves. */
function extra(folder: Folder, proof: Proof, find: Find): void {
  const names = folder.names();
  if (!names) {
    proof.remarks.push("files that nobody signed cannot be looked for here, nor a later manifest that was taken away: choose a copy of the folder on this computer");
    return;
  }
  for (const name of names) {
    const [first = "", ...rest] = name.split("/");
    if (rest.length && first in proof.manifest.attempts) continue;
    if (!proof.own.has(name)) find(name, "it is in no manifest");
  }
}

/** Each manifest goes on where the one before it ended, and vouches for it. */
function order(manifests: readonly Signed[], find: Find): void {
  manifests.slice(1).forEach((signed, n) => {
    const before = manifests[n]!;
    const { manifest, name } = signed;
    const subject = (one: Manifest): string => JSON.stringify([one.site, one.box, one.exam, one.attempt]);
    if (subject(manifest) !== subject(before.manifest)) find(name, `it is of something else than ${before.name}`);
    else if (manifest.previous?.file !== before.name) find(name, `it does not follow ${before.name}`);
    else if (manifest.previous.sha256 !== before.sha256) find(before.name, `it is not the manifest that ${name} follows`);
    else if (manifest.ledger.position < before.manifest.ledger.position) find(name, `its ledger is shorter than that of ${before.name}`);
  });
}

/** The newest chain holds, reaches what each manifest says, and everything that it names is there. */
async function ledgerOf(folder: Folder, manifests: readonly Signed[], proof: Proof, find: Find): Promise<void> {
  const { manifest } = proof;
  const head = manifest.ledger;
  const data = await folder.read(head.file);
  if (!data) return; // found with the files
  try {
    const events = await check(parse(data), head.chain, head.after_hash, head.after);
    const position = head.after + events.length;
    if (position !== head.position || (events.at(-1)?.hash ?? head.after_hash) !== head.hash) return find(head.file, `it ends with event ${position}, the manifest says ${head.position}`);
    proof.hashes = new Map(events.map((event, n) => [head.after + n + 1, event.hash]));
    proof.erased = events.filter((event) => event.payload === null).length;
    for (const { manifest: before, name } of manifests.slice(0, -1)) if (proof.hashes.get(before.ledger.position) !== before.ledger.hash) find(head.file, `it is not the same chain as that of ${name}`);
    if (manifest.attempt !== null) return unaccounted(events, manifest, manifest.attempt, find);
    for (const { type, payload } of events) if (type === "chain.anchored" && payload) proof.anchors.push(payload["heads"] as Proof["anchors"][number]);
    if (!events.some((event) => event.type === "exam.ended" && event.exam === manifest.exam)) find(head.file, `TRUNCATED: it ends with event ${position}, before the end of the exam`);
  } catch (error) {
    if (error instanceof Broken) find(head.file, error.message);
    else if (error instanceof TypeError) find(head.file, "an event in it cannot be understood"); // signed, and not what such an event says
    else throw error;
  }
}
