/** What the page was told, as the review's timeline and lists want it. Pure. */

import type { Flag, Kind, Message } from "../lib/types";
import { recorded } from "../review/items";
import { without, type Pair } from "../review/spans";
import type { Feed, Gap, Review, Segment } from "../review/types";
import type { Boot, Said, SaidFlag } from "./boot";

/** In this order they stand on the page, and lead. */
const KINDS: readonly Kind[] = ["webcam", "screen", "phone", "camera", "call"];
const NOTHING: Said = { written_at: "", flags: [], breaks: [], announcements: [], irregularities: [], kept: [], never_watched: [], positions: {} };

const wall = (iso: string): number => Date.parse(iso) / 1000;
const open = (iso: string | null): number | null => (iso === null ? null : wall(iso));

export function reviewOf(boot: Boot): Review {
  const said = boot.report ?? NOTHING;
  const feeds = feedsOf(boot);
  const edges = feeds.flatMap((feed) => [...feed.segments.map((one) => [one.starts_at, one.starts_at + one.duration]), ...feed.gaps.map((one) => [one.starts_at, one.ends_at ?? one.starts_at])]).flat();
  const [starts_at, ends_at] = edges.length ? [Math.min(...edges), Math.max(...edges)] : [boot.stages[0]?.[0] ?? boot.made_at, boot.stages.at(-1)?.[0] ?? boot.made_at];
  const review: Review = {
    seq: 0, now: boot.made_at, attempt: boot.attempt ?? "", exam: { exam: boot.exam, title: boot.exam_title ?? boot.exam, mode: "" },
    seat: said.seat ?? "", name: said.name ?? "", stage: said.stage ?? "", live: false, starts_at, ends_at, feeds,
    missed: (said.unseen ?? []).map((one) => ({ kind: one.kind, sense: one.sense, cause: one.cause, starts_at: wall(one.starts_at), ends_at: open(one.ends_at) ?? ends_at })),
    stages: stagesOf(boot, starts_at, ends_at),
    breaks: said.breaks.map((one) => ({ kind: one.kind, starts_at: wall(one.starts_at), ends_at: open(one.ends_at) })),
    calls: (said.calls ?? []).map((one) => ({ by_name: one.who, starts_at: wall(one.starts_at), ends_at: open(one.ends_at) })),
    messages: (said.messages ?? []).map((one, n): Message => ({ message: `message-${n}`, attempt: boot.attempt ?? "", kind: one.kind, sender: one.sender, sender_name: one.sender, text: one.text, sent_at: wall(one.sent_at), read_at: null, acknowledged_at: null })),
    announcements: said.announcements.map((one, n) => ({ announcement: `announcement-${n}`, text: one.text, by_name: one.by, announced_at: wall(one.announced_at) })),
    irregularities: said.irregularities.map((one, n) => ({ irregularity: `irregularity-${n}`, category: one.category, text: one.text, happened_at: wall(one.happened_at), by_name: one.by })),
    kept: said.kept.map((one, n) => ({ kept: `kept-${n}`, kind: one.kind, starts_at: wall(one.starts_at), ends_at: open(one.ends_at) ?? wall(one.starts_at), taken_at: wall(one.starts_at) })),
    flags: said.flags.map((one) => flagOf(one, boot)), notes: [], recommendations: [], outcome: null, watched: [], overlaps: [], sample: null,
    may: { decide: false, raise: false, discuss: false, recommend: false, outcome: false, export: false, mute: false, sample: false },
  };
  const never = said.never_watched.map((one): Pair => [wall(one.starts_at), open(one.ends_at) ?? ends_at]);
  const seen = boot.report ? without(recorded(review), never) : recorded(review); // of a room's cameras nobody says who watched
  return { ...review, watched: seen.map(([from, to]) => ({ starts_at: from, ends_at: to, by: "", kinds: [] })) };
}

function feedsOf(boot: Boot): Feed[] {
  const kinds = new Set([...boot.segments.map(([file]) => kindOf(file)), ...boot.gaps.map(([kind]) => kind)]);
  return KINDS.filter((kind) => kinds.has(kind)).map((kind): Feed => {
    const mine = boot.segments.filter(([file]) => kindOf(file) === kind).sort((a, b) => a[1] - b[1]);
    const begins_at = mine[0]?.[1] ?? 0;
    const segments = mine.map(([file, starts_at, ends_at]): Segment => ({ file, starts_at, position: starts_at - begins_at, duration: ends_at - starts_at, bytes: 0, late: false, state: "there" }));
    return { kind, begins_at, position: boot.report?.positions[kind] ?? null, uncertainty_ms: null, delay_ms: null, segments, gaps: gapsOf(boot, kind), damaged: [] };
  });
}

/** The manifest says which; the report also what was brought later. */
function gapsOf(boot: Boot, kind: Kind): Gap[] {
  const filled = new Map((boot.report?.gaps ?? []).filter((one) => one.kind === kind).map((one) => [Math.round(wall(one.starts_at)), one.filled]));
  return boot.gaps.filter((one) => one[0] === kind).map(([, cause, starts_at, ends_at]) => ({ cause, starts_at, ends_at, filled: filled.get(Math.round(starts_at)) ?? 0 }));
}

function stagesOf(boot: Boot, from: number, to: number): Review["stages"] {
  return boot.stages
    .map(([at, stage], n) => ({ stage, starts_at: Math.max(from, at), ends_at: Math.min(to, boot.stages[n + 1]?.[0] ?? to) }))
    .filter((one) => one.ends_at > one.starts_at);
}

function flagOf(said: SaidFlag, boot: Boot): Flag {
  const { flag, code, category, severity, kind } = said;
  return {
    flag, code, category, severity, kind, attempt: boot.attempt ?? "", source: said.raised_by === null ? "inference" : said.raised_by,
    onset_at: wall(said.onset_at), raised_at: wall(said.raised_at), ended_at: open(said.ended_at), position: null, state: said.decision, reason: said.reason ?? "", decided_by: said.decided_by,
    facts: { true: said.true, assessable: said.assessable, ticks: said.ticks, score: said.score, snapshots: [] },
  };
}

/** `media/webcam/14-webcam-...mp4` */
function kindOf(file: string): Kind {
  return (file.split("/")[1] ?? "") as Kind;
}
