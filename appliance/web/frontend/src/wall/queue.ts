/** Everything that wants a decision, most urgent first. Pure. */

import { CLOSED, type Attempt, type Flag, type Identity, type Message, type StaffPhone } from "../lib/types";
import { identityOf, messagesOf, undecided, type State } from "./store";

export type Item =
  | { key: string; kind: "flag"; attempt: Attempt; since: number; rank: number; flag: Flag }
  | { key: string; kind: "message"; attempt: Attempt; since: number; rank: number; messages: Message[] }
  | { key: string; kind: "admit"; attempt: Attempt; since: number; rank: number; identity: Identity }
  | { key: string; kind: "phone"; attempt: Attempt; since: number; rank: number; phone: StaffPhone };

const FLAG_RANK = { high: 0, medium: 2, low: 4 } as const;
const UNREAD_RANK = 1;
/** Somebody waits at the door: a candidate, or a phone. */
const ADMIT_RANK = 3;
const UNANSWERED_RANK = 5;

/** `settled`: messages that a proctor said need no answer. Within a rank who waits longest comes first. */
export function queue(state: State, settled: ReadonlySet<string> = new Set()): Item[] {
  const items: Item[] = [];
  for (const flag of state.flags.values()) {
    const attempt = state.attempts.get(flag.attempt);
    if (flag.state === "open" && attempt) {
      items.push({ key: `flag:${flag.flag}`, kind: "flag", attempt, since: flag.raised_at, rank: FLAG_RANK[flag.severity], flag });
    }
  }
  for (const attempt of state.attempts.values()) {
    const identity = identityOf(state, attempt.attempt);
    if (attempt.stage === "waiting" && (state.exam.admission !== "automatic" || undecided(identity))) {
      items.push({ key: `admit:${attempt.attempt}`, kind: "admit", attempt, since: attempt.stage_at, rank: ADMIT_RANK, identity });
    }
    const asked = unanswered(messagesOf(state, attempt.attempt), settled);
    const [first] = asked;
    if (first && !CLOSED.includes(attempt.stage)) {
      const rank = asked.some((message) => message.read_at === null) ? UNREAD_RANK : UNANSWERED_RANK;
      items.push({ key: `message:${attempt.attempt}`, kind: "message", attempt, since: first.sent_at, rank, messages: asked });
    }
  }
  for (const phone of state.phones) {
    const attempt = state.attempts.get(phone.attempt);
    if (phone.state !== "scanned" || !attempt || CLOSED.includes(attempt.stage)) continue;
    items.push({ key: `phone:${phone.pairing}`, kind: "phone", attempt, since: phone.state_at, rank: ADMIT_RANK, phone });
  }
  return items.sort((a, b) => a.rank - b.rank || a.since - b.since || a.key.localeCompare(b.key));
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
