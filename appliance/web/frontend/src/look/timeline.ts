/** What a playlist holds: from a moment to a place in the recording, and back. Pure. */

/** A stretch of recording: wall time of its start, seconds it lasts. */
export interface Span {
  start: number;
  duration: number;
}

export interface Playlist {
  spans: readonly Span[];
  /** The file of each span. */
  files: readonly string[];
  over: boolean;
}

/** HLS (RFC 8216), as the box writes it. */
export function parse(text: string): Playlist {
  const spans: Span[] = [];
  const files: string[] = [];
  let start = NaN;
  let duration = NaN;
  for (const line of text.split("\n").map((each) => each.trim())) {
    if (line.startsWith("#EXT-X-PROGRAM-DATE-TIME:")) start = Date.parse(line.slice(25)) / 1000;
    else if (line.startsWith("#EXTINF:")) duration = Number.parseFloat(line.slice(8));
    else if (line && !line.startsWith("#")) {
      const before = spans.at(-1);
      spans.push({ start: Number.isNaN(start) ? (before ? before.start + before.duration : 0) : start, duration });
      files.push(line);
      start = NaN;
    }
  }
  return { spans, files, over: text.includes("#EXT-X-ENDLIST") };
}

/** The same playlist as a recording that is over up to here: with whole addresses, so that it can be played from memory.
 * A browser follows an open playlist like a broadcast, in which nothing can be sought. */
export function closed(text: string, base: string): string {
  const lines = text.replaceAll(/URI="([^"]+)"/g, (_, uri: string) => `URI="${new URL(uri, base).href}"`).split("\n");
  const whole = lines.map((line) => (line && !line.startsWith("#") ? new URL(line, base).href : line));
  return `${whole.join("\n").replace(/\n*$/, "\n")}#EXT-X-ENDLIST\n`;
}

/** How many seconds of a stretch other stretches cover. */
export function covered(from: number, to: number, spans: readonly Span[]): number {
  return spans.reduce((sum, span) => sum + Math.max(0, Math.min(to, span.start + span.duration) - Math.max(from, span.start)), 0);
}

/** Seconds into the recording at which a wall time plays; gaps are left out of it. Before or after everything: its ends. */
export function mediaTime(spans: readonly Span[], wall: number): number {
  let played = 0;
  for (const span of spans) {
    if (wall < span.start) return played;
    if (wall < span.start + span.duration) return played + (wall - span.start);
    played += span.duration;
  }
  return played;
}

/** How long it plays. */
export function length(spans: readonly Span[]): number {
  return spans.reduce((sum, span) => sum + span.duration, 0);
}

/** The wall time of a place in the recording; null where there is none. */
export function wallTime(spans: readonly Span[], at: number): number | null {
  let played = 0;
  for (const span of spans) {
    if (at < played + span.duration) return span.start + (at - played);
    played += span.duration;
  }
  const last = spans.at(-1);
  return last ? last.start + last.duration : null;
}
