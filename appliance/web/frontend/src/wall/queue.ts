/** Everything that wants a decision, most urgent first. Pure. */

import { missingOf, type Need } from "../lib/checkout";
import type { PaperPage, Scan } from "../lib/day";
import { CHECK_IN, CLOSED, type Attempt, type Flag, type Identity, type Kind, type Message, type StaffPhone } from "../lib/types";
import { lacks, type Lack } from "./admission";
import { dayOfAttempt, identityOf, messagesOf, openFlags, undecided, type State } from "./store";

interface Common {
  key: string;
  attempt: Attempt;
  since: number;
  rank: number;
}

export type Item = Common & (
  | { kind: "flag"; flag: Flag }
  | { kind: "message"; messages: Message[] }
  | { kind: "admit"; identity: Identity; lacks: Lack | null }
  | { kind: "identity"; identity: Identity }
  | { kind: "phone"; phone: StaffPhone }
  | { kind: "scan"; scan: Scan; times: number }
  | { kind: "position" }
  | { kind: "capacity" }
  | { kind: "trouble"; feeds: readonly Kind[] }
  | { kind: "overrun"; until: number }
  | { kind: "attention"; due: number }
  | { kind: "listen" }
  | { kind: "pages"; pages: readonly PaperPage[] }
  | { kind: "release"; missing: readonly Need[] }
);

export type ItemOf<K extends Item["kind"]> = Extract<Item, { kind: K }>;

/** What the queue is made of besides the ledger: the time, what a proctor said needs nothing, which feeds do not arrive. */
export interface Around {
  now: number;
  /** Messages, and whom the box turned away, that need no more. */
  settled: ReadonlySet<string>;
  /** attempt -> feeds that should be recorded and are not, and since when. */
  unrecorded: ReadonlyMap<string, { feeds: readonly Kind[]; since: number }>;
}

const NOTHING_AROUND: Around = { now: 0, settled: new Set(), unrecorded: new Map() };

/** Who waits longest comes first within a rank. */
const RANK = { high: 0, trouble: 1, unread: 1, capacity: 1, medium: 2, overrun: 2, overdue: 3, door: 3, low: 4, due: 5, answered: 5, listen: 6 } as const;

/** So long somebody tries to take position alone before it is worth a proctor's look (s). */
const COACH_AFTER = 20;
/** From this share of the time on, a candidate who was not opened stands in the list. */
const SOON = 0.9;

/** `around.settled`: what needs no answer. Within a rank who waits longest comes first. */
export function queue(state: State, around: Partial<Around> = {}): Item[] {
  const all = { ...NOTHING_AROUND, ...around };
  const items = [...flagItems(state), ...[...state.attempts.values()].filter((attempt) => !CLOSED.includes(attempt.stage)).flatMap((attempt) => itemsOf(state, attempt, all))];
  const listen = longestUnheard(state, all.now);
  if (listen) items.push(listen);
  return items.sort((a, b) => a.rank - b.rank || a.since - b.since || a.key.localeCompare(b.key));
}

function flagItems(state: State): Item[] {
  return [...state.flags.values()].flatMap((flag): Item[] => {
    const attempt = state.attempts.get(flag.attempt);
    return flag.state === "open" && attempt ? [{ key: `flag:${flag.flag}`, kind: "flag", attempt, since: flag.raised_at, rank: RANK[flag.severity], flag }] : [];
  });
}

function itemsOf(state: State, attempt: Attempt, around: Around): Item[] {
  return [...doorItems(state, attempt, around), ...messageItems(state, attempt, around), ...troubleItems(state, attempt, around), ...sittingItems(state, attempt, around), ...checkOutItems(state, attempt)];
}

/** The check-in: who waits, since when, for what. What has to be looked at before somebody can be admitted stands there first, alone. */
function doorItems(state: State, attempt: Attempt, around: Around): Item[] {
  const identity = identityOf(state, attempt.attempt);
  const day = dayOfAttempt(state, attempt.attempt);
  const at = (kind: string, since: number): Common => ({ key: `${kind}:${attempt.attempt}`, attempt, since, rank: RANK.door });
  const items: Item[] = [];
  const scan = day.checkin.scans.findLast((one) => one.recorded_at !== null);
  const unseen = scan !== undefined && scan.verdict === null && scan.there;
  if (unseen) items.push({ ...at("scan", scan.recorded_at ?? 0), key: `scan:${scan.scan}`, kind: "scan", scan, times: scan.number ?? 1 });
  if (attempt.stage === "waiting" && !unseen && (state.exam.admission !== "automatic" || undecided(identity))) {
    items.push({ ...at("admit", attempt.stage_at), kind: "admit", identity, lacks: lacks(state, attempt.attempt) });
  } else if (CHECK_IN.includes(attempt.stage) && shown(identity)) {
    items.push({ ...at("identity", identity.pictured_at ?? identity.declined_at ?? attempt.stage_at), kind: "identity", identity });
  }
  if (attempt.stage === "position" && around.now - attempt.stage_at >= COACH_AFTER) items.push({ ...at("position", attempt.stage_at), kind: "position" });
  const waits = state.phones.filter((phone) => phone.attempt === attempt.attempt && phone.state === "scanned");
  return [...items, ...waits.map((phone): Item => ({ ...at("phone", phone.state_at), key: `phone:${phone.pairing}`, kind: "phone", phone }))];
}

/** There is something to decide about who this is. */
function shown(identity: Identity): boolean {
  return identity.wanted && identity.decision === null && (identity.pictured_at !== null || identity.declined_at !== null);
}

function messageItems(state: State, attempt: Attempt, { settled }: Around): Item[] {
  const messages = unanswered(messagesOf(state, attempt.attempt), settled);
  const [first] = messages;
  if (!first) return [];
  const rank = messages.some((message) => message.read_at === null) ? RANK.unread : RANK.answered;
  return [{ key: `message:${attempt.attempt}`, kind: "message", attempt, since: first.sent_at, rank, messages }];
}

function troubleItems(state: State, attempt: Attempt, { settled, unrecorded }: Around): Item[] {
  const items: Item[] = [];
  const missing = unrecorded.get(attempt.attempt);
  if (missing) items.push({ key: `trouble:${attempt.attempt}`, kind: "trouble", attempt, since: missing.since, rank: RANK.trouble, feeds: missing.feeds });
  const away = state.turnedAway.get(attempt.attempt);
  const key = `capacity:${attempt.attempt}`;
  if (away !== undefined && !settled.has(key)) items.push({ key, kind: "capacity", attempt, since: away, rank: RANK.capacity });
  return items;
}

function sittingItems(state: State, attempt: Attempt, { now }: Around): Item[] {
  const { pause, attention } = dayOfAttempt(state, attempt.attempt);
  const { plan } = state.hall;
  const items: Item[] = [];
  const overrun = pause?.kind === "break" && pause.until !== null && now > pause.until ? pause.until : null;
  const flagged = openFlags(state, attempt.attempt).some((flag) => flag.code === "break_overrun");
  if (overrun !== null && attempt.stage === "on_break" && !flagged) items.push({ key: `overrun:${attempt.attempt}`, kind: "overrun", attempt, since: overrun, rank: RANK.overrun, until: overrun });
  if (attempt.stage !== "in_exam" || plan.mode !== "live") return items;
  const since = Math.max(attention.looked_at ?? 0, attempt.stage_at);
  const due = since + plan.attention_minutes * 60;
  if (now >= since + SOON * (due - since)) items.push({ key: `attention:${attempt.attempt}`, kind: "attention", attempt, since, rank: now >= due ? RANK.overdue : RANK.due, due });
  return items;
}

function checkOutItems(state: State, attempt: Attempt): Item[] {
  if (attempt.stage !== "check_out") return [];
  const { checkout } = dayOfAttempt(state, attempt.attempt);
  const pages = checkout.pages.filter((page) => !page.readable && page.accepted_by === null);
  const common = { attempt, since: attempt.stage_at, rank: RANK.door };
  if (pages.length) return [{ ...common, key: `pages:${attempt.attempt}`, kind: "pages", pages }];
  const missing = missingOf(state.hall.plan, checkout);
  return state.hall.plan.check_out === "proctor" ? [{ ...common, key: `release:${attempt.attempt}`, kind: "release", missing }] : [];
}

/** Whose sound nobody has listened to for longest: one at a time. */
function longestUnheard(state: State, now: number): Item | null {
  const { mode, level, spot_check_minutes } = state.hall.plan;
  if (mode !== "live" || level === "none" || !spot_check_minutes) return null;
  const heard = (attempt: Attempt): number => Math.max(dayOfAttempt(state, attempt.attempt).attention.listened_at ?? 0, attempt.stage_at);
  const due = [...state.attempts.values()].filter((attempt) => attempt.stage === "in_exam" && now - heard(attempt) >= spot_check_minutes * 60);
  const [first] = due.sort((a, b) => heard(a) - heard(b) || bySeat(a, b));
  return first ? { key: `listen:${first.attempt}`, kind: "listen", attempt: first, since: heard(first), rank: RANK.listen } : null;
}

/** What the candidate wrote since staff wrote last, unless it needs no answer. */
export function unanswered(messages: readonly Message[], settled: ReadonlySet<string>): Message[] {
  const last = messages.findLastIndex((message) => message.sender !== "candidate");
  return messages.slice(last + 1).filter((message) => !settled.has(message.message));
}

/** The item to stand on after the list has changed: the same one, else the one that took its place. */
export function keepPlace(items: readonly Item[], key: string | null, index: number): { key: string | null; index: number } {
  const found = items.findIndex((item) => item.key === key);
  if (found >= 0) return { key, index: found };
  const at = Math.min(Math.max(0, index), items.length - 1);
  return { key: items[at]?.key ?? null, index: Math.max(0, at) };
}

const SEVERITY = { high: 3, medium: 2, low: 1 } as const;

/** Tiles with open incidents first, the gravest and oldest ahead; calm ones keep their place by seat. */
export function tileOrder(state: State): Attempt[] {
  const urgency = new Map<string, { grave: number; since: number }>();
  for (const flag of state.flags.values()) {
    if (flag.state !== "open") continue;
    const before = urgency.get(flag.attempt);
    const grave = Math.max(before?.grave ?? 0, SEVERITY[flag.severity]);
    urgency.set(flag.attempt, { grave, since: Math.min(before?.since ?? Infinity, flag.raised_at) });
  }
  const of = (attempt: Attempt): { grave: number; since: number } => urgency.get(attempt.attempt) ?? { grave: 0, since: 0 };
  return [...state.attempts.values()].sort(
    (a, b) => of(b).grave - of(a).grave || of(a).since - of(b).since || bySeat(a, b),
  );
}

export function bySeat(a: Pick<Attempt, "seat">, b: Pick<Attempt, "seat">): number {
  return a.seat.localeCompare(b.seat, undefined, { numeric: true });
}
