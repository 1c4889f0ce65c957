import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { beforeEach, describe, expect, it } from "vitest";
import { Chosen, type Folder } from "../src/bundle/proof/folder";
import { numbered } from "../src/bundle/proof/place";
import { sha256Hex } from "../src/bundle/proof/sha256";
import { verify, type Outcome } from "../src/bundle/proof/verify";

const utf8 = new TextEncoder();
const SECRET = new Uint8Array(32).fill(7);
const DER = Uint8Array.from([0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00, ...ed25519.getPublicKey(SECRET)]);
const PEM = utf8.encode(`-----BEGIN PUBLIC KEY-----\n${btoa(String.fromCharCode(...DER))}\n-----END PUBLIC KEY-----\n`);
const SUBJECT = { site: "north", box: "box-1", exam: "bio", attempt: "a1" as string | null, number: 1 };
const GENESIS = "0".repeat(64);

type Files = Map<string, Uint8Array>;
type Said = [type: string, payload: Record<string, unknown>][];

const VIDEO = utf8.encode("a film");
const SAID: Said = [
  ["attempt.arrived", { browser: "test" }],
  ["segment.closed", { path: "bio/a1/webcam/1.mp4", sha256: sha256Hex(VIDEO) }],
  ["flag.raised", { flag: "f", snapshots: [{ path: "bio/a1/snapshots/f.jpg", sha256: sha256Hex(utf8.encode("a picture")) }] }],
];

/** The lines of a chain, as a box writes them. */
function chained(chain: string, said: Said, after = GENESIS, from = 0): { lines: string[]; position: number; hash: string } {
  let [prev, position] = [after, from];
  const lines = said.map(([type, payload]) => {
    const [salt, text] = [sha256Hex(utf8.encode(`salt ${position}`)).slice(0, 32), JSON.stringify(payload)];
    const hashed = sha256Hex(Uint8Array.from(salt.match(/../g)!, (pair) => parseInt(pair, 16)), utf8.encode(text));
    const body = JSON.stringify({ chain, exam: "bio", payload: hashed, position: ++position, prev, type });
    prev = sha256Hex(utf8.encode(body));
    return JSON.stringify({ body, hash: prev, payload: text, salt });
  });
  return { lines, position, hash: prev };
}

interface Changes {
  number?: number;
  previous?: object | null;
  said?: Said;
  missing?: object[];
  attempt?: string | null;
  attempts?: object;
  /** Of the events, what is done to their lines before they are written. */
  lines?: (lines: string[]) => string[];
}

/** A whole bundle, signed. */
function bundle({ number = 1, previous = null, said = SAID, missing = [], attempt = "a1", attempts = {}, lines = (all) => all }: Changes = {}): Files {
  const chain = chained(attempt ?? "box", said);
  const ledger = numbered("ledger.jsonl", number);
  const files: Files = new Map([[ledger, utf8.encode(lines(chain.lines).map((line) => `${line}\n`).join(""))], [numbered("index.html", number), utf8.encode(`page ${number}`)]]);
  if (attempt) files.set("media/webcam/1.mp4", VIDEO).set("snapshots/f.jpg", utf8.encode("a picture"));
  const manifest = {
    schema: "appliance.manifest/1", number, site: "north", box: "box-1", exam: "bio", attempt, key: sha256Hex(DER), files: [...files].map(([file, data]) => ({ file, kind: "other", size: data.length, sha256: sha256Hex(data) })),
    ledger: { file: ledger, chain: attempt ?? "box", after: 0, after_hash: GENESIS, position: chain.position, hash: chain.hash }, missing, open_feeds: [], attempts, previous,
  };
  return sealed(files, manifest);
}

function sealed(files: Files, manifest: { number: number; files: { file: string; sha256: string }[]; attempts: object; previous: object | null }): Files {
  const named = (name: string): string => numbered(name, manifest.number);
  const data = utf8.encode(JSON.stringify(manifest));
  const listed = [...manifest.files, { file: named("manifest.json"), sha256: sha256Hex(data) }, ...Object.values(manifest.attempts), ...(manifest.previous ? [manifest.previous] : [])] as { file: string; sha256: string }[];
  const sums = utf8.encode(listed.sort((a, b) => (a.file < b.file ? -1 : 1)).map((one) => `${one.sha256}  ${one.file}\n`).join(""));
  const sign = (message: Uint8Array): Uint8Array => ed25519.sign(message, SECRET);
  for (const [name, content] of [["box.pub", PEM], [named("manifest.json"), data], [named("manifest.sig"), sign(data)], [named("SHA256SUMS"), sums], [named("SHA256SUMS.sig"), sign(sums)]] as const) files.set(name, content);
  return files;
}

function chosen(files: Files): Folder {
  return new Chosen(new Map([...files].map(([name, data]) => [name, new Blob([new Uint8Array(data)])])));
}

async function check(files: Files, trusted: string | null = null, subject = SUBJECT): Promise<Outcome> {
  return verify(chosen(files), subject, trusted, () => undefined);
}

async function first(files: Files): Promise<string> {
  const [found] = (await check(files)).findings;
  return found ? `${found.file}: ${found.what}` : "OK";
}

describe("a bundle in a browser", () => {
  let files: Files;
  beforeEach(() => { files = bundle(); });

  it("is proved as a whole, with the key's fingerprint", async () => {
    const outcome = await check(files);
    expect(outcome.findings).toEqual([]);
    expect(outcome).toMatchObject({ attempts: 1, exams: 0, files: 4, events: 3, erased: 0, fingerprint: sha256Hex(DER) });
    expect((await check(files, sha256Hex(DER))).findings).toEqual([]);
  });

  it("may have a site's signature beside the box's, which it leaves to others", async () => {
    const outcome = await check(new Map(files).set("manifest.p7s", VIDEO).set("manifest.tsr", VIDEO));
    expect(outcome.findings).toEqual([]);
    expect(outcome.remarks.map((one) => one.split(" ")[0])).toEqual(["manifest.p7s", "manifest.tsr"]);
    expect(await first(new Map(files).set("manifest-2.p7s", VIDEO))).toMatch("manifest-2.json: it is missing");
  });

  it("is found in the folder above it, too", async () => {
    const above = new Map([...files].map(([name, data]) => [`a1/${name}`, data]));
    expect((await check(above)).findings).toEqual([]);
  });

  it("names any file of which one bit was changed", async () => {
    for (const [name, whole] of bundle()) {
      const changed = new Uint8Array(whole);
      changed[changed.length >> 1]! ^= 1;
      expect(await first(new Map(files).set(name, changed))).toMatch(`${name}: `);
    }
  });

  it("names any file that was taken away, and one that nobody signed", async () => {
    for (const name of files.keys()) {
      const left = new Map(files);
      left.delete(name);
      expect(await first(left)).toMatch(`${name}: it is missing`);
    }
    expect(await first(new Map(files).set("media/webcam/2.mp4", VIDEO))).toBe("media/webcam/2.mp4: it is in no manifest");
  });

  it("says which event was changed, moved, taken out of the middle or cut off", async () => {
    const chain = (lines: (all: string[]) => string[]): Promise<string> => first(bundle({ lines }));
    expect(await chain(([a, b, c]) => [a!, b!.replace("segment.closed", "segment.opened"), c!])).toBe("ledger.jsonl: event 2 of chain a1 was changed: its hash does not fit");
    expect(await chain(([a, b, c]) => [a!, b!.replace("1.mp4", "2.mp4"), c!])).toBe("ledger.jsonl: the payload of event 2 of chain a1 was changed");
    expect(await chain(([a, b, c]) => [a!, c!, b!])).toMatch("event 2 of chain a1 is not where it belongs");
    expect(await chain(([a, , c]) => [a!, c!])).toMatch("event 2 of chain a1 is not where it belongs");
    expect(await chain(([a, b]) => [a!, b!])).toBe("ledger.jsonl: it ends with event 2, the manifest says 3");
    expect(await chain(([a, b, c]) => [a!, b!, c!, "{}"])).toBe("ledger.jsonl: line 4 is not an event");
  });

  it("lets an erased event stand, and counts it", async () => {
    const erased = bundle({ lines: ([a, ...rest]) => [JSON.stringify({ ...JSON.parse(a!), payload: null, salt: null }), ...rest] });
    expect(await check(erased)).toMatchObject({ findings: [], erased: 1 });
    expect(await first(bundle({ lines: ([a, ...rest]) => [JSON.stringify({ ...JSON.parse(a!), payload: null }), ...rest] }))).toMatch("half erased");
  });

  it("does not say OK of what the ledger names and the manifest does not have, or says is missing", async () => {
    const said: Said = [...SAID, ["segment.closed", { path: "bio/a1/phone/1.mp4", sha256: "ab" }], ["identity.pictured", { photo: "bio/a1/identity/id.jpg", photo_sha256: "cd" }]];
    expect((await check(bundle({ said }))).findings.map((one) => one.file)).toEqual(["media/phone/1.mp4", "identity/id.jpg"]);
    expect(await first(bundle({ missing: [{ file: "media/phone/1.mp4", sha256: "ab", reason: "the disk" }] }))).toBe("media/phone/1.mp4: it is missing: the box said so when it signed (the disk)");
  });

  it("does not believe another key, nor a folder of something else", async () => {
    expect((await check(files, "ab".repeat(32))).findings[0]).toMatchObject({ file: "box.pub", what: expect.stringMatching("not the key that was given") });
    expect((await check(files, null, { ...SUBJECT, attempt: "a2" })).findings[0]?.what).toMatch("this page is of something else");
    expect(await first(new Map([["photo.jpg", VIDEO]]))).toBe("box.pub: it is missing");
  });

  it("refuses a manifest from the future by name", async () => {
    const manifest = JSON.parse(new TextDecoder().decode(files.get("manifest.json"))) as Parameters<typeof sealed>[1];
    expect(await first(sealed(files, { ...manifest, schema: "appliance.manifest/9" } as typeof manifest))).toMatch("manifest.json: it is not of the kind appliance.manifest/1");
  });

  it("follows numbered manifests, each from the one before", async () => {
    const [head, said] = [chained("a1", SAID), [...SAID, ["flag.decided", { flag: "f" }]] as Said];
    const previous = { file: "manifest.json", sha256: sha256Hex(files.get("manifest.json")!), position: 3, hash: head.hash };
    const second = (changes: Changes): Files => new Map([...files, ...bundle({ number: 2, previous, said, ...changes })]);
    const outcome = await check(second({}));
    expect(outcome).toMatchObject({ findings: [], files: 6, events: 4, remarks: ["this page shows the bundle as it was at number 1; index-2.html is the newest"] });
    const gone = second({});
    gone.delete("manifest.json");
    expect(await first(gone)).toMatch("manifest.json: it is missing");
    expect(await first(second({ previous: null }))).toBe("manifest-2.json: it does not follow manifest.json");
    expect(await first(second({ previous: { ...previous, sha256: "ab" } }))).toBe("manifest.json: it is not the manifest that manifest-2.json follows");
    expect(await first(second({ said: SAID.slice(0, 2) }))).toBe("manifest-2.json: its ledger is shorter than that of manifest.json");
    const other: Said = [["attempt.arrived", { browser: "another" }], ...said.slice(1)];
    expect(await first(second({ said: other }))).toBe("ledger-2.jsonl: it is not the same chain as that of manifest.json");
  });

  it("holds an exam's attempts against what the exam and the box's chain say of them", async () => {
    const attempt = [...bundle()].map(([name, data]): [string, Uint8Array] => [`a1/${name}`, data]);
    const head = chained("a1", SAID);
    const reference = { file: "a1/manifest.json", sha256: sha256Hex(bundle().get("manifest.json")!), position: 3, hash: head.hash };
    const exam = (said: Said, of: object = reference): Files => new Map([...bundle({ attempt: null, said, attempts: { a1: of } }), ...attempt]);
    const all = async (files: Files): Promise<Outcome> => check(files, null, { ...SUBJECT, attempt: null });
    const over: Said[number] = ["exam.ended", { reason: "plan" }];
    expect(await all(exam([["chain.anchored", { heads: { a1: [3, head.hash] } }], over]))).toMatchObject({ findings: [], attempts: 1, exams: 1, events: 5 });
    const contradicted = await all(exam([["chain.anchored", { heads: { a1: [2, "00"] } }], over]));
    expect(contradicted.findings).toEqual([{ file: "a1/ledger.jsonl", what: "the box vouched for event 2 of this attempt, and this has another event there" }]);
    const other = await all(exam([over], { ...reference, sha256: bytesToHex(new Uint8Array(32)) }));
    expect(other.findings[0]).toEqual({ file: "a1/manifest.json", what: "it is not the manifest that the exam's manifest names" });
    const gone = new Map([...exam([over])].filter(([name]) => !name.startsWith("a1/")));
    expect((await all(gone)).findings[0]).toEqual({ file: "a1", what: "it is missing: the exam's manifest names this attempt" });
    expect((await all(exam([["process.started", {}]]))).findings).toEqual([{ file: "ledger.jsonl", what: "TRUNCATED: it ends with event 1, before the end of the exam" }]);
  });
});
