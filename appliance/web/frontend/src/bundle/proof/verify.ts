/** Is a folder what its box signed? An attempt's, or an exam's with all its attempts. The same as `proof/verify.py`. */

import { prove, type Find, type Progress, type Proof } from "./bundle";
import type { Folder } from "./folder";
import type { Reference } from "./manifest";
import { sha256Hex } from "./sha256";

export interface Finding {
  file: string;
  what: string;
}

export interface Outcome {
  attempts: number;
  exams: number;
  files: number;
  bytes: number;
  events: number;
  erased: number;
  fingerprint: string | null;
  remarks: string[];
  /** The first is the one to tell. */
  findings: Finding[];
}

/** Whose page asks: its bundle is what must lie in the folder. */
export interface Subject {
  site: string;
  box: string;
  exam: string;
  attempt: string | null;
  number: number;
}

/** `trusted`: the fingerprint of the box's key from another place, or null. */
export async function verify(folder: Folder, subject: Subject, trusted: string | null, progress: Progress): Promise<Outcome> {
  const outcome: Outcome = { attempts: 0, exams: 0, files: 0, bytes: 0, events: 0, erased: 0, fingerprint: null, remarks: [], findings: [] };
  const root = rooted(folder, subject);
  const find = (prefix: string): Find => (file, what) => { outcome.findings.push({ file: prefix + file, what }); };
  const proof = await proved(root, "", outcome, find(""), trusted, progress);
  if (!proof) return outcome;
  const { manifest } = proof;
  if (manifest.site !== subject.site || manifest.box !== subject.box || manifest.exam !== subject.exam || manifest.attempt !== subject.attempt) {
    find("")("manifest.json", `it is of ${[manifest.site, manifest.box, manifest.exam, ...(manifest.attempt ? [manifest.attempt] : [])].join("/")}, and this page is of something else: another folder was chosen, or the page was moved`);
  }
  if (manifest.number > subject.number) outcome.remarks.push(`this page shows the bundle as it was at number ${subject.number}; index-${manifest.number}.html is the newest`);
  if (manifest.attempt === null) await attempts(root, proof, outcome, find, trusted, progress);
  return outcome;
}

/** Somebody may choose the folder above it. */
function rooted(folder: Folder, subject: Subject): Folder {
  const names = folder.names();
  const own = subject.attempt ?? subject.exam;
  return names && !names.includes("manifest.json") && names.includes(`${own}/manifest.json`) ? folder.under(own) : folder;
}

async function proved(folder: Folder, prefix: string, outcome: Outcome, find: Find, trusted: string | null, progress: Progress): Promise<Proof | null> {
  const proof = await prove(folder, trusted, find, (done, all, file) => progress(done, all, prefix + file));
  if (!proof) return null;
  if (proof.manifest.attempt === null) outcome.exams += 1;
  else outcome.attempts += 1;
  outcome.files += proof.files;
  outcome.bytes += proof.size;
  outcome.events += proof.hashes.size;
  outcome.erased += proof.erased;
  outcome.fingerprint ??= proof.fingerprint;
  outcome.remarks.push(...proof.remarks.map((remark) => prefix + remark));
  return proof;
}

/** Exactly the attempts that the exam's manifest names. */
async function attempts(root: Folder, exam: Proof, outcome: Outcome, find: (prefix: string) => Find, trusted: string | null, progress: Progress): Promise<void> {
  const names = root.names();
  for (const [name, reference] of Object.entries(exam.manifest.attempts).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (names && !names.some((file) => file.startsWith(`${name}/`))) {
      find("")(name, "it is missing: the exam's manifest names this attempt");
      continue;
    }
    const attempt = await proved(root.under(name), `${name}/`, outcome, find(`${name}/`), trusted, progress);
    if (attempt) await belongs(root, name, reference, attempt, exam, find);
  }
}

/** One of them: under its own name, of this exam and box, as the exam's manifest and chain have it. */
async function belongs(root: Folder, name: string, reference: Reference, attempt: Proof, exam: Proof, find: (prefix: string) => Find): Promise<void> {
  const [mine, its] = [attempt.manifest, exam.manifest];
  if (mine.attempt !== name || mine.exam !== its.exam) return find("")(name, `it is attempt ${mine.attempt} of exam ${mine.exam}: it was moved here`);
  if (mine.key !== its.key || mine.site !== its.site || mine.box !== its.box) find("")(name, "it is of another box than its exam");
  const file = await root.read(reference.file);
  if (!file) find("")(reference.file, "it is missing: the exam's manifest names it");
  else if (sha256Hex(file) !== reference.sha256) find("")(reference.file, "it is not the manifest that the exam's manifest names");
  const heads = [[reference.position, reference.hash] as const, ...exam.anchors.flatMap((heads) => (heads[name] ? [heads[name]] : []))];
  const wrong = heads.find(([position, hash]) => attempt.hashes.get(position) !== hash);
  if (!wrong) return;
  const said = attempt.hashes.has(wrong[0]) ? "has another event there" : "ends before it";
  find(`${name}/`)(mine.ledger.file, `the box vouched for event ${wrong[0]} of this attempt, and this ${said}`);
}
