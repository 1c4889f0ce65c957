/** A clip of what the webcam sees, recorded in the browser, kept in memory until it is sent. */

/** Plenty to recognise what lies on a desk, and a minute is 9 MB. */
const BITRATE = 1_200_000;
const TYPES = ["video/webm;codecs=vp8", "video/webm", "video/mp4"];

export interface Clip {
  blob: Blob;
  seconds: number;
}

/** What this browser records, or null. */
export function clipType(supported: (type: string) => boolean = (type) => typeof MediaRecorder !== "undefined" && MediaRecorder.isTypeSupported(type)): string | null {
  return TYPES.find(supported) ?? null;
}

/** Records the picture, never the sound: `stop` gives the clip. What is shared goes on meanwhile. */
export class Recording {
  private readonly recorder: MediaRecorder;
  private readonly parts: Blob[] = [];
  private readonly track: MediaStreamTrack;
  private readonly begun = performance.now();

  /** Throws where the browser cannot. */
  constructor(stream: MediaStream, private readonly type: string) {
    const [track] = stream.getVideoTracks();
    if (!track) throw new Error("there is no camera");
    this.track = track.clone();
    this.recorder = new MediaRecorder(new MediaStream([this.track]), { mimeType: type, videoBitsPerSecond: BITRATE });
    this.recorder.addEventListener("dataavailable", (event) => {
      if (event.data.size) this.parts.push(event.data);
    });
    this.recorder.start(1000);
  }

  get seconds(): number {
    return (performance.now() - this.begun) / 1000;
  }

  stop(): Promise<Clip> {
    const { seconds } = this;
    return new Promise((resolve, reject) => {
      this.recorder.addEventListener("error", () => reject(new Error("the clip could not be recorded")));
      this.recorder.addEventListener("stop", () => resolve({ blob: new Blob(this.parts, { type: this.type.replace(/;.*/, "") }), seconds }));
      if (this.recorder.state === "inactive") this.recorder.dispatchEvent(new Event("stop")); // the camera went away before
      else this.recorder.stop();
      this.track.stop();
    });
  }

  /** Nobody wants it any more. */
  drop(): void {
    if (this.recorder.state !== "inactive") this.recorder.stop();
    this.track.stop();
  }
}
