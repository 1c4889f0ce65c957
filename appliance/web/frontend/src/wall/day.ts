/** The day of an exam in the state: what the hall is told, and of each candidate the check-in, the sitting, the check-out. Pure. */

import type { Act, Announcement, Attention, Checkin, Checkout, DayOfDetail, DayOfTile, Heard, Inquiry, Irregularity, Kept, Pause, PaperPage, Plan, Posture, Scan, Selftest, StaffMessage } from "../lib/day";
import type { LedgerEvent, Stage } from "../lib/types";

/** What concerns everybody. */
export interface Hall {
  readonly plan: Plan;
  /** Oldest first. */
  readonly announcements: readonly Announcement[];
  /** Oldest first. */
  readonly staff: readonly StaffMessage[];
  /** Who watches acts as lead here. */
  readonly host: boolean;
}

/** Of one candidate. The lists of notes are known to that candidate's own page only. */
export interface Day extends Omit<DayOfTile, "acts">, DayOfDetail {
  /** What the box said was possible when the page was opened; `actsOf` knows better. */
  acts: Act[];
}

const PLAN: Plan = {
  mode: "live", kind: "computer", level: "full", feeds: ["webcam", "screen"], second: "optional", required: ["face"], attention_minutes: 10, spot_check_minutes: 15,
  onboarding_minutes: 30, sections: [], one_by_one: false, room_scan: false, position: false, known_allowed: true, items: [], contact: "", opens_at: 0,
  check_out: "none", pages: false, scratch: false, practice: false, conduct: {},
};

interface Said {
  plan?: Plan;
  host?: boolean;
}

export function hallOf(said: Said, announcements: readonly Announcement[] = [], staff: readonly StaffMessage[] = []): Hall {
  return { plan: { ...PLAN, ...said.plan }, announcements, staff, host: said.host ?? false };
}

const NO_ATTENTION: Attention = { looked_at: null, looked_by: null, listened_at: null, listened_by: null };
const NO_CHECKIN: Checkin = { returned: [], selftest: null, posture: null, scans: [] };
const NO_CHECKOUT: Checkout = { pages: [], paper: null, ticks: [] };

export function dayOf(said: Partial<DayOfTile & DayOfDetail>): Day {
  return {
    room: said.room ?? "", machine_seat: said.machine_seat ?? null, extra_minutes: said.extra_minutes ?? 0, acts: said.acts ?? [], attention: said.attention ?? NO_ATTENTION, checkin: said.checkin ?? NO_CHECKIN,
    pause: said.pause ?? null, inquiries_open: said.inquiries_open ?? 0, checkout: said.checkout ?? NO_CHECKOUT,
    irregularities: said.irregularities ?? [], kept: said.kept ?? [], inquiries: said.inquiries ?? [], announcements: said.announcements ?? [],
  };
}

/** What can be done now. */
export function actsOf(hall: Hall, day: Day, stage: Stage): readonly Act[] {
  return hall.plan.conduct[stage] ?? day.acts;
}

// --- events ---------------------------------------------------------------------------------------------------------

/** An event of the box's chain, or one that everybody's count changes by. */
export function hallAfter(hall: Hall, event: LedgerEvent, mine: ReadonlySet<string>): Hall {
  const said = event.payload as never;
  if (!said) return hall;
  if (event.type === "exam.announced") return { ...hall, announcements: withAnnouncement(hall.announcements, event, said, mine) };
  if (event.type === "announcement.read") {
    const { announcement } = said as { announcement: string };
    return { ...hall, announcements: hall.announcements.map((one) => (one.announcement === announcement ? { ...one, read: Math.min(one.told, one.read + 1) } : one)) };
  }
  if (event.type === "staff.said") {
    const { message, text, by, by_name } = said as StaffMessage;
    return { ...hall, staff: [...hall.staff, { message, text, by, by_name, said_at: event.wall }] };
  }
  if (event.type === "section.released") {
    const { section } = said as { section: number };
    const sections = hall.plan.sections.map((one) => (one.number === section ? { ...one, released_at: one.released_at ?? event.wall } : one));
    return { ...hall, plan: { ...hall.plan, sections } };
  }
  return hall;
}

function withAnnouncement(known: readonly Announcement[], event: LedgerEvent, said: Announcement & { attempts: string[] }, mine: ReadonlySet<string>): readonly Announcement[] {
  const told = said.attempts.filter((attempt) => mine.has(attempt)).length;
  if (!told) return known;
  const { announcement, text, spoken, by_name } = said;
  return [...known, { announcement, text, spoken, by_name, announced_at: event.wall, told, read: 0 }];
}

/** An event of one candidate's chain. */
export function dayAfter(day: Day, event: LedgerEvent): Day {
  const [subject = ""] = event.type.split(".");
  const change = event.payload ? CHANGES[subject] : undefined;
  return change ? { ...day, ...change(day, event, event.payload as never) } : day;
}

type Change = (day: Day, event: LedgerEvent, said: never) => Partial<Day>;

const CHANGES: Readonly<Record<string, Change>> = {
  attempt: moved, equipment: (_, event, said: Selftest) => ({ checkin: { ..._.checkin, selftest: { results: said.results, checked_at: event.wall } } }),
  scan: scanned, position: positioned, attention: attended, break: pausedFor, inquiry: inquired, irregularity: noted, evidence: kept,
  page: photographed, paper: handedIn, checkout: ticked, announcement: heard,
};

function moved(day: Day, event: LedgerEvent, said: { stage?: Stage; step?: string; reason?: string; extra_minutes?: number; seat?: string }): Partial<Day> {
  if (event.type === "attempt.time_set") return { extra_minutes: said.extra_minutes ?? day.extra_minutes };
  if (event.type === "attempt.at_machine") return { machine_seat: said.seat ?? null };
  if (said.step === "pause") return { pause: { kind: "pause", begun_at: event.wall, until: null } };
  if (said.step === "resume" || event.type === "attempt.ended") return { pause: null };
  if (said.step !== "send_back" || !said.stage) return {};
  const { stage } = said;
  const before = day.checkin.returned.find((one) => one.stage === stage);
  const again = { stage, times: (before?.times ?? 0) + 1, reason: said.reason ?? "", returned_at: event.wall };
  return { checkin: { ...day.checkin, returned: [...day.checkin.returned.filter((one) => one !== before), again] } };
}

const NEW_SCAN = { asked_at: null, asked_by: "", reason: "", number: null, seconds: null, recorded_at: null, delete_at: null, verdict: null, note: null, reviewed_by: null, reviewed_at: null, there: false };

function scanned(day: Day, event: LedgerEvent, said: Partial<Scan> & { scan: string; by?: string }): Partial<Day> {
  const known = day.checkin.scans.find((one) => one.scan === said.scan) ?? { ...NEW_SCAN, scan: said.scan };
  const scan: Scan = { ...known, ...scanChange(event, said) };
  const others = day.checkin.scans.filter((one) => one.scan !== said.scan);
  return { checkin: { ...day.checkin, scans: [...others, scan] } };
}

function scanChange(event: LedgerEvent, said: Partial<Scan> & { by?: string }): Partial<Scan> {
  if (event.type === "scan.asked") return { asked_at: event.wall, asked_by: said.by ?? "", reason: said.reason ?? "" };
  if (event.type === "scan.recorded") return { number: said.number ?? null, seconds: said.seconds ?? null, recorded_at: event.wall, delete_at: said.delete_at ?? null, there: true };
  if (event.type === "scan.reviewed") return { verdict: said.verdict ?? null, note: said.note ?? "", reviewed_by: said.by ?? "", reviewed_at: event.wall };
  return {};
}

function positioned(day: Day, event: LedgerEvent, said: Posture): Partial<Day> {
  if (event.type !== "position.checked") return {};
  const { seen, ticked: hand, phone, by } = said;
  return { checkin: { ...day.checkin, posture: { seen, ticked: hand ?? [], phone: phone ?? "", by: by ?? "", checked_at: event.wall } } };
}

function attended(day: Day, event: LedgerEvent, said: { kind: string; by: string }): Partial<Day> {
  const at = said.kind === "listen" ? { listened_at: event.wall, listened_by: said.by } : { looked_at: event.wall, looked_by: said.by };
  return { attention: { ...day.attention, ...at } };
}

function pausedFor(_: Day, event: LedgerEvent, said: { until: number }): Partial<Day> {
  const pause: Pause | null = event.type === "break.begun" ? { kind: "break", begun_at: event.wall, until: said.until } : null;
  return { pause };
}

function inquired(day: Day, event: LedgerEvent, said: Inquiry & { by: string; by_name?: string }): Partial<Day> {
  if (event.type === "inquiry.made") {
    const { inquiry, kind, text, by } = said;
    const made: Inquiry = { inquiry, kind, text: kind === "accommodation" ? "" : text, made_by: by, made_at: event.wall, answer: null, answered_by_name: null, answered_at: null };
    return { inquiries_open: day.inquiries_open + 1, inquiries: [...day.inquiries, made] };
  }
  const answered = { answered_by_name: said.by_name ?? "", answered_at: event.wall };
  const inquiries = day.inquiries.map((one) => (one.inquiry === said.inquiry ? { ...one, ...answered, answer: one.kind === "accommodation" ? null : said.text } : one));
  return { inquiries_open: Math.max(0, day.inquiries_open - 1), inquiries };
}

function noted(day: Day, event: LedgerEvent, said: Irregularity): Partial<Day> {
  const { irregularity, category, text, happened_at, position, by_name } = said;
  return { irregularities: [...day.irregularities, { irregularity, category, text, happened_at, position, by_name, noted_at: event.wall }] };
}

function kept(day: Day, event: LedgerEvent, said: Kept & { clip: string }): Partial<Day> {
  if (event.type !== "evidence.kept") return {};
  const { kept: id, kind, starts_at, ends_at, taken_at, by } = said;
  return { kept: [...day.kept, { kept: id, kind, starts_at, ends_at, taken_at, by, kept_at: event.wall, has_clip: Boolean(said.clip) }] };
}

function photographed(day: Day, event: LedgerEvent, said: PaperPage & { by?: string }): Partial<Day> {
  const { pages } = day.checkout;
  if (event.type === "page.accepted") {
    return { checkout: { ...day.checkout, pages: pages.map((one) => (one.page === said.page ? { ...one, accepted_by: said.by ?? "" } : one)) } };
  }
  const { page, number, sharpness, light, readable } = said;
  const fresh: PaperPage = { page, number, sharpness, light, readable, accepted_by: null, photographed_at: event.wall };
  return { checkout: { ...day.checkout, pages: [...pages.filter((one) => one.number !== number), fresh].sort((a, b) => a.number - b.number) } };
}

function handedIn(day: Day, event: LedgerEvent, said: { pages: number; made?: boolean; by?: string }): Partial<Day> {
  const before = day.checkout.paper ?? { pages: null, made: null, counted: null, counted_by: null, uploaded_at: null };
  const change = event.type === "paper.counted" ? { counted: said.pages, counted_by: said.by ?? "" } : { pages: said.pages, made: said.made ?? false, uploaded_at: event.wall, there: true };
  return { checkout: { ...day.checkout, paper: { ...before, ...change } } };
}

function ticked(day: Day, event: LedgerEvent, said: { tick: string; by: string; note?: string }): Partial<Day> {
  const { tick, by, note } = said;
  return { checkout: { ...day.checkout, ticks: [...day.checkout.ticks.filter((one) => one.tick !== tick), { tick, by, note: note ?? "", ticked_at: event.wall }] } };
}

function heard(day: Day, event: LedgerEvent, said: { announcement: string }): Partial<Day> {
  return { announcements: day.announcements.map((one) => (one.announcement === said.announcement ? { ...one, read_at: event.wall } : one)) };
}

/** An announcement that reached this candidate. */
export function told(day: Day, event: LedgerEvent, attempt: string): Day {
  const said = event.payload as (Heard & { attempts: string[] }) | null;
  if (!said?.attempts.includes(attempt)) return day;
  const { announcement, text, spoken, by_name } = said;
  return { ...day, announcements: [...day.announcements, { announcement, text, spoken, by_name, announced_at: event.wall, read_at: null }] };
}
