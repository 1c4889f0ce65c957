/** What publishing and viewing have in common: WHIP (RFC 9725) and WHEP are one offer, one answer, one address. */

import type { Door } from "./types";

const GATHER_MS = 1000;
const ANSWER_MS = 10_000;

/** The box said no; `message` is its status and what it said. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    private readonly said: string,
  ) {
    super(`${status} ${said.slice(0, 300)}`);
  }

  /** The box carries nobody else just now: its seats are taken, or its disk is nearly full. */
  get full(): boolean {
    return this.status === 503 && /"reason":\s*"(seats|storage)"/.test(this.said);
  }
}

type Codec = Pick<RTCRtpCodec, "mimeType"> & { sdpFmtpLine?: string };

/** H.264 first (packetization mode 1), then VP8, and retransmission; nothing that the box cannot take. */
export function preferred<C extends Codec>(codecs: readonly C[]): C[] {
  const is = (codec: C, name: string): boolean => codec.mimeType.toLowerCase() === `video/${name}`;
  const h264 = codecs.filter((codec) => is(codec, "h264") && /packetization-mode=1/.test(codec.sdpFmtpLine ?? ""));
  const baseline = (codec: C): number => (/profile-level-id=42/i.test(codec.sdpFmtpLine ?? "") ? 0 : 1);
  h264.sort((a, b) => baseline(a) - baseline(b));
  return [...h264, ...codecs.filter((codec) => is(codec, "vp8")), ...codecs.filter((codec) => is(codec, "rtx"))];
}

/** Candidates stand in the offer: wait for them, but not for long. */
export function gathered(connection: RTCPeerConnection): Promise<void> {
  if (connection.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, GATHER_MS);
    connection.addEventListener("icegatheringstatechange", () => {
      if (connection.iceGatheringState !== "complete") return;
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Lost packets of sound may be asked for again, as those of pictures: browsers repeat them, but offer it only when the
 * line is written in. One that will not have its offer changed sends it as it was. */
async function describe(connection: RTCPeerConnection): Promise<void> {
  const { sdp = "" } = await connection.createOffer();
  const repeated = sdp.replace(/^a=rtpmap:(\d+) opus\/48000\/2\r\n/gm, (line, type: string) => `${line}a=rtcp-fb:${type} nack\r\n`);
  try {
    await connection.setLocalDescription({ type: "offer", sdp: repeated });
  } catch {
    await connection.setLocalDescription();
  }
}

/** Offer this connection's tracks at a door; -> the answer, and the address of the session. Refused when the box said no,
 * what `fetch` throws when it is away. */
export async function offer(connection: RTCPeerConnection, door: Door): Promise<{ answer: string; session: string | null }> {
  await describe(connection);
  await gathered(connection);
  const response = await fetch(door.url, {
    method: "POST",
    headers: { "Content-Type": "application/sdp", Authorization: `Bearer ${door.token}` },
    body: connection.localDescription?.sdp ?? "",
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  const text = await response.text();
  if (response.status !== 201) throw new Refused(response.status, text);
  return { answer: text, session: response.headers.get("Location") };
}

/** End a session by its address, also while a page is being closed (`leaving`); -> the status that the box answered, 0 when
 * it is away: it notices the silence by itself then. */
export async function goodbye(session: string, { leaving = true } = {}): Promise<number> {
  try {
    return (await fetch(session, { method: "DELETE", keepalive: leaving })).status;
  } catch {
    return 0;
  }
}
