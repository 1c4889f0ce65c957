/** Whether anything comes from the box on a connection. Its reports come each second, so two without one mean that the way is
 * gone: the browser itself says so after five or more. */

export const SILENT_MS = 2000;

interface Pair {
  heard: number;
  address: string;
}

export class Path {
  /** This computer's address on it; "" where the browser does not say. */
  address = "";
  private count = -1;
  private since: number;

  constructor(
    private readonly connection: Pick<RTCPeerConnection, "getStats">,
    now: number,
  ) {
    this.since = now;
  }

  /** Milliseconds since anything came, as far as looks at `now` tell; 0 where the browser does not say. */
  async silent(now: number): Promise<number> {
    const pair = selected(await this.connection.getStats());
    if (!pair) return this.count < 0 ? 0 : now - this.since; // gone: it was there
    this.address = pair.address || this.address;
    if (pair.heard !== this.count) this.since = now;
    this.count = pair.heard;
    return now - this.since;
  }

  /** The computer was asleep: it has a second to hear something. */
  wake(now: number): void {
    this.since = Math.max(this.since, now - SILENT_MS / 2);
  }
}

function selected(stats: RTCStatsReport): Pair | null {
  const reports = [...(stats as unknown as Map<string, Record<string, unknown>>).values()];
  const transport = reports.find((report) => report["type"] === "transport" && report["selectedCandidatePairId"]);
  const pairs = reports.filter((report) => report["type"] === "candidate-pair");
  const pair = pairs.find((report) => report["id"] === transport?.["selectedCandidatePairId"]) ?? pairs.find((report) => report["nominated"]);
  if (!pair) return null;
  const count = (name: string): number => (typeof pair[name] === "number" ? pair[name] : 0);
  const local = reports.find((report) => report["id"] === pair["localCandidateId"]);
  return { heard: count("bytesReceived") + count("packetsReceived") + count("responsesReceived"), address: String(local?.["address"] ?? "") };
}
