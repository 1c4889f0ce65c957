/** What is known of an exam's candidates: a snapshot, and every event after it. Pure: the same events give the same state. */

import type { Act } from "../lib/day";
import { actsOf, dayAfter, dayOf, hallAfter, hallOf, told, type Day, type Hall } from "./day";
import type { Attempt, AttemptDetail, Call, Challenge, Exam, Flag, Gap, Identity, Kind, LedgerEvent, Message, Place, RoomEvent, Segment, Stage, StaffPhone, WallSnapshot } from "../lib/types";

export interface State {
  readonly exam: Exam;
  readonly seq: number;
  readonly attempts: ReadonlyMap<string, Attempt>;
  readonly flags: ReadonlyMap<string, Flag>;
  /** Oldest first. */
  readonly messages: readonly Message[];
  readonly gaps: ReadonlyMap<string, Gap>;
  readonly segments: readonly Segment[];
  /** Oldest first; a wall knows of those only that went on when it was opened, or came later. */
  readonly calls: readonly Call[];
  /** Phones that wait or are in. */
  readonly phones: readonly StaffPhone[];
  /** Where the cameras of one candidate stand; a wall does not know. */
  readonly places: ReadonlyMap<Kind, Place>;
  /** By attempt. */
  readonly identities: ReadonlyMap<string, Identity>;
  /** Of one candidate, oldest first; a wall does not know. */
  readonly challenges: readonly Challenge[];
  /** Of one candidate: what no model sees, and a person can still tick; null: a wall does not know. */
  readonly tickable: readonly string[] | null;
  /** What the room did, by event; one candidate's page does not know. */
  readonly roomEvents: ReadonlyMap<string, RoomEvent>;
  /** What concerns the whole exam: plan, announcements, the staff's back channel. */
  readonly hall: Hall;
  /** Check-in, sitting and check-out, by attempt. */
  readonly days: ReadonlyMap<string, Day>;
  /** Whom the box could not take, and when it said so. */
  readonly turnedAway: ReadonlyMap<string, number>;
}

export function fromSnapshot(said: WallSnapshot): State {
  return {
    exam: said.exam,
    seq: said.seq,
    attempts: new Map(said.attempts.map((attempt) => [attempt.attempt, attempt])),
    flags: new Map(said.flags.map((flag) => [flag.flag, flag])),
    messages: said.messages,
    gaps: new Map(),
    segments: [],
    calls: said.calls,
    phones: said.attempts.flatMap((attempt) => attempt.phones),
    places: new Map(),
    identities: new Map(said.attempts.map((attempt) => [attempt.attempt, attempt.identity])),
    challenges: [],
    tickable: null,
    roomEvents: new Map(said.room_events.map((event) => [event.event, event])),
    hall: hallOf(said, said.announcements, said.staff_messages),
    days: new Map(said.attempts.map((attempt) => [attempt.attempt, dayOf(attempt)])),
    turnedAway: new Map(),
  };
}

export function fromDetail(said: AttemptDetail): State {
  return {
    exam: said.exam,
    seq: said.seq,
    attempts: new Map([[said.attempt, said]]),
    flags: new Map(said.flags.map((flag) => [flag.flag, flag])),
    messages: said.messages,
    gaps: new Map(said.gaps.map((gap) => [gap.gap, gap])),
    segments: said.segments,
    calls: said.calls,
    phones: said.phones,
    places: new Map((Object.entries(said.positions) as [Kind, Place | null][]).flatMap(([kind, place]) => (place ? [[kind, place]] : []))),
    identities: new Map([[said.attempt, said.identity]]),
    challenges: said.challenges,
    tickable: said.tickable,
    roomEvents: new Map(),
    hall: hallOf(said),
    days: new Map([[said.attempt, dayOf(said)]]),
    turnedAway: new Map(),
  };
}

/** What may be ticked more than once (`exam/flags.py`). */
const AGAIN = "distraction";

const CHANGES_WHO = new Set(["attempt.assigned", "attempt.created", "exam.detection_set", "exam.planned", "exam.changed", "exam.delegated"]);

/** Who is on the wall, or how the exam is held, has changed: the snapshot must be asked for again. */
export function changesWho(event: LedgerEvent): boolean {
  return CHANGES_WHO.has(event.type);
}

/** The state after one event; an event that is already in it changes nothing. */
export function apply(state: State, event: LedgerEvent): State {
  if (event.seq <= state.seq) return state;
  const next = { ...state, seq: event.seq };
  if (event.type === "exam.ended") return { ...next, exam: { ...state.exam, ended_at: event.wall } };
  if (event.type === "room.noticed") return { ...next, roomEvents: withRoomEvent(state.roomEvents, event) };
  if (event.type === "capacity.refused") return { ...next, turnedAway: new Map(state.turnedAway).set(String(event.payload?.["attempt"]), event.wall) };
  if (OF_THE_HALL.has(event.type)) return inTheHall(next, event);
  const day = state.days.get(event.chain);
  if (!state.attempts.has(event.chain) || !day) return next;
  return onTheChain({ ...next, days: new Map(state.days).set(event.chain, dayAfter(day, event)) }, event);
}

const OF_THE_HALL = new Set(["exam.announced", "announcement.read", "staff.said", "section.released"]);

function inTheHall(state: State, event: LedgerEvent): State {
  const hall = hallAfter(state.hall, event, new Set(state.attempts.keys()));
  const days = new Map([...state.days].map(([attempt, day]) => {
    if (event.type === "exam.announced") return [attempt, told(day, event, attempt)];
    return [attempt, event.chain === attempt ? dayAfter(day, event) : day];
  }));
  return { ...state, hall, days };
}

/** What happens to one candidate. */
function onTheChain(state: State, event: LedgerEvent): State {
  const [subject] = event.type.split(".");
  if (subject === "attempt" || subject === "break") return { ...state, attempts: withAttempt(state, event), turnedAway: without(state.turnedAway, event) };
  if (subject === "message" || subject === "warning") return { ...state, messages: withMessage(state.messages, event) };
  if (subject === "flag") return { ...state, flags: withFlag(state.flags, event), tickable: state.tickable?.filter((code) => code === AGAIN || code !== event.payload?.["code"]) ?? null };
  if (subject === "identity") return { ...state, identities: withIdentity(state.identities, event) };
  if (subject === "challenge") return { ...state, challenges: withChallenge(state.challenges, event) };
  if (subject === "call") return { ...state, calls: withCall(state.calls, event) };
  if (subject === "phone") return { ...state, phones: withPhone(state.phones, event) };
  if (event.type === "feed.positioned") return { ...state, places: withPlace(state.places, event) };
  if (event.type === "gap.opened" || event.type === "gap.closed") return { ...state, gaps: withGap(state.gaps, event) };
  if (event.type === "segment.closed") return { ...state, segments: [...state.segments, { ...(event.payload as unknown as Segment) }] };
  return state;
}

const STAGE: Readonly<Record<string, Stage>> = {
  "attempt.signed": "equipment",
  "attempt.admitted": "admitted",
  "attempt.started": "in_exam",
  "attempt.finished": "submitted",
  "attempt.refused": "refused",
  "attempt.ended": "ended",
  "break.begun": "on_break",
  "break.ended": "in_exam",
};

function withAttempt(state: State, event: LedgerEvent): State["attempts"] {
  const attempt = state.attempts.get(event.chain);
  if (!attempt) return state.attempts;
  const arrived = event.type === "attempt.arrived" && attempt.stage === "invited";
  const said = event.type === "attempt.equipped" || event.type === "attempt.moved" ? (event.payload?.["stage"] as Stage | undefined) : undefined;
  if (event.type === "attempt.reseated") return new Map(state.attempts).set(event.chain, { ...attempt, seat: String(event.payload?.["seat"] ?? attempt.seat) });
  if (event.type === "attempt.time_set") return new Map(state.attempts).set(event.chain, { ...attempt, ends_at: number(event.payload?.["ends_at"]) });
  const stage = arrived ? "arrived" : (said ?? STAGE[event.type]);
  if (!stage) return state.attempts;
  const endsAt = event.type === "attempt.started" ? number(event.payload?.["ends_at"]) : attempt.ends_at;
  return new Map(state.attempts).set(event.chain, { ...attempt, stage, stage_at: event.wall, ends_at: endsAt });
}

/** Who was turned away is let in once the candidate goes on. */
function without(turnedAway: State["turnedAway"], event: LedgerEvent): State["turnedAway"] {
  if (!turnedAway.has(event.chain)) return turnedAway;
  const left = new Map(turnedAway);
  left.delete(event.chain);
  return left;
}

export function withMessage(messages: State["messages"], event: LedgerEvent): readonly Message[] {
  const said = event.payload as unknown as Message & { reader: string };
  if (!said) return messages;
  if (event.type === "message.sent") {
    const { message, kind, sender, sender_name, text } = said;
    return [...messages, { message, attempt: event.chain, kind, sender, sender_name, text, sent_at: event.wall, read_at: null, acknowledged_at: null }];
  }
  if (event.type === "warning.acknowledged") {
    return messages.map((m) => (m.message === said.message ? { ...m, acknowledged_at: event.wall, read_at: m.read_at ?? event.wall } : m));
  }
  if (event.type !== "message.read") return messages;
  const upTo = messages.find((m) => m.message === said.message)?.sent_at ?? 0;
  const others = (m: Message): boolean => (m.sender === "candidate") !== (said.reader === "candidate");
  return messages.map((m) =>
    m.attempt === event.chain && m.read_at === null && m.sent_at <= upTo && others(m) ? { ...m, read_at: event.wall } : m,
  );
}

export function withFlag(flags: State["flags"], event: LedgerEvent): State["flags"] {
  const said = event.payload as unknown as (Flag & Flag["facts"] & { decision: Flag["state"]; by: string; ended_at: number }) | null;
  if (!said) return flags;
  const known = flags.get(said.flag);
  if (event.type === "flag.raised") return new Map(flags).set(said.flag, raised(event, said));
  if (!known) return flags;
  if (event.type === "flag.closed") {
    const { score, true: hits, assessable, ticks, snapshots } = said;
    const facts = { ...known.facts, score, true: hits, assessable, ticks, snapshots };
    return new Map(flags).set(said.flag, { ...known, ended_at: said.ended_at, facts });
  }
  if (event.type === "flag.decided") {
    return new Map(flags).set(said.flag, { ...known, state: said.decision, reason: said.reason, decided_by: said.by });
  }
  return flags;
}

function raised(event: LedgerEvent, said: Flag & Flag["facts"]): Flag {
  const { flag, code, category, severity, kind, source, onset_at, position, score, true: hits, assessable, ticks, snapshots, note } = said;
  const { threshold, numbers, why, light } = said;
  return {
    flag, code, category, severity, kind, source, onset_at, position,
    attempt: event.chain, raised_at: event.wall, ended_at: null, state: "open", reason: "", decided_by: null,
    facts: { score, true: hits, assessable, ticks, snapshots, note: note ?? "", threshold, numbers, why, light },
  };
}

function withGap(gaps: State["gaps"], event: LedgerEvent): State["gaps"] {
  const said = event.payload as unknown as Gap | null;
  if (!said) return gaps;
  return new Map(gaps).set(said.gap, { ...said, attempt: event.chain, ends_at: said.ends_at ?? null });
}

function withCall(calls: State["calls"], event: LedgerEvent): State["calls"] {
  const said = event.payload as unknown as Call | null;
  if (!said) return calls;
  if (event.type === "call.ended") return calls.map((call) => (call.call === said.call ? { ...call, ended_at: event.wall } : call));
  const { call, by, by_name } = said;
  return [...calls, { call, by, by_name, attempt: event.chain, started_at: event.wall, ended_at: null }];
}

function withPhone(phones: State["phones"], event: LedgerEvent): State["phones"] {
  const said = event.payload as unknown as StaffPhone | null;
  if (!said) return phones;
  if (event.type === "phone.scanned") {
    return [...phones, { pairing: said.pairing, attempt: event.chain, state: "scanned", state_at: event.wall, browser: said.browser }];
  }
  if (event.type === "phone.confirmed") {
    return phones.map((phone) => (phone.pairing === said.pairing ? { ...phone, state: "confirmed", state_at: event.wall } : phone));
  }
  return event.type === "phone.refused" ? phones.filter((phone) => phone.pairing !== said.pairing) : phones;
}

const UNKNOWN: Identity = {
  wanted: false, declined_at: null, photo_sha256: null, pictured_at: null, score: null, limit: null, reason: "", compared_at: null,
  decision: null, note: "", decided_by: null, decided_at: null,
};

function withIdentity(identities: State["identities"], event: LedgerEvent): State["identities"] {
  const known = identities.get(event.chain) ?? UNKNOWN;
  const said = event.payload as unknown as (Identity & { by: string }) | null;
  if (!said) return identities;
  return new Map(identities).set(event.chain, { ...known, ...newer(known, event, said) });
}

/** New pictures make void what was said of those before. */
function newer(known: Identity, event: LedgerEvent, said: Identity & { by: string }): Partial<Identity> {
  if (event.type === "identity.declined") return { declined_at: event.wall };
  if (event.type === "identity.pictured") return { ...UNKNOWN, wanted: known.wanted, declined_at: known.declined_at, photo_sha256: said.photo_sha256, pictured_at: event.wall };
  if (event.type === "identity.compared" && said.photo_sha256 === known.photo_sha256) {
    return { score: said.score, limit: said.limit, reason: said.reason, compared_at: event.wall };
  }
  if (event.type === "identity.decided") return { decision: said.decision, note: said.note, decided_by: said.by, decided_at: event.wall };
  return {};
}

function withChallenge(challenges: State["challenges"], event: LedgerEvent): State["challenges"] {
  const said = event.payload as unknown as Challenge | null;
  if (!said) return challenges;
  if (event.type === "challenge.asked") return [...challenges, { challenge: said.challenge, steps: said.steps, seen: null, asked_at: event.wall }];
  return challenges.map((one) => (one.challenge === said.challenge ? { ...one, seen: said.seen } : one));
}

function withRoomEvent(roomEvents: State["roomEvents"], event: LedgerEvent): State["roomEvents"] {
  const said = event.payload as unknown as RoomEvent | null;
  return said ? new Map(roomEvents).set(said.event, said) : roomEvents;
}

function withPlace(places: State["places"], event: LedgerEvent): State["places"] {
  const said = event.payload as unknown as { kind: Kind; position: Place } | null;
  return said ? new Map(places).set(said.kind, said.position) : places;
}

function number(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

// --- what the pages ask ---------------------------------------------------------------------------------------------

export function openFlags(state: State, attempt: string): Flag[] {
  return [...state.flags.values()].filter((flag) => flag.attempt === attempt && flag.state === "open");
}

export function messagesOf(state: State, attempt: string): Message[] {
  return state.messages.filter((message) => message.attempt === attempt);
}

/** What the room does now, or did in the last `seconds`, newest first. */
export function lately(state: State, now: number, seconds: number): RoomEvent[] {
  const recent = [...state.roomEvents.values()].filter(({ ended_at }) => ended_at === null || now - ended_at < seconds);
  return recent.sort((a, b) => b.onset_at - a.onset_at);
}

/** The call that goes on with this candidate. */
export function callOf(state: State, attempt: string): Call | undefined {
  return state.calls.find((call) => call.attempt === attempt && call.ended_at === null);
}

export function unreadOf(state: State, attempt: string): Message[] {
  return messagesOf(state, attempt).filter((message) => message.sender === "candidate" && message.read_at === null);
}

const NO_DAY = dayOf({});

export function dayOfAttempt(state: State, attempt: string): Day {
  return state.days.get(attempt) ?? NO_DAY;
}

/** What can be done to this candidate now. */
export function possible(state: State, attempt: string, act: Act): boolean {
  const row = state.attempts.get(attempt);
  return row !== undefined && actsOf(state.hall, dayOfAttempt(state, attempt), row.stage).includes(act);
}

export function phonesOf(state: State, attempt: string): StaffPhone[] {
  return state.phones.filter((phone) => phone.attempt === attempt);
}

export function identityOf(state: State, attempt: string): Identity {
  return state.identities.get(attempt) ?? UNKNOWN;
}

/** Somebody has to say who this is before the candidate goes on. */
export function undecided(identity: Identity): boolean {
  return identity.wanted && (identity.decision === null || identity.decision === "refused");
}

export function acknowledgedWarnings(state: State, attempt: string): number {
  return messagesOf(state, attempt).filter((message) => message.kind === "warning" && message.acknowledged_at !== null).length;
}
