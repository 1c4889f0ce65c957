/** What publishing and viewing have in common. */

const GATHER_MS = 1000;

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
