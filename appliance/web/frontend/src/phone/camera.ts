/** The phone's camera: the one at the back, unless the other is asked for. No sound: the webcam's microphone hears the seat. */

import { cameraTrouble, type Trouble } from "../candidate/trouble";

export type Facing = "environment" | "user";

export class Camera extends EventTarget {
  stream: MediaStream | null = null;
  trouble: Trouble | null = null;
  asking = false;
  facing: Facing = "environment";
  /** Is there another one to turn to? */
  several = false;

  /** After a reload the camera comes back by itself where the permission lasts. */
  async resume(): Promise<void> {
    if (await permitted()) await this.open();
  }

  async open(facing: Facing = this.facing): Promise<void> {
    if (this.asking) return;
    if (!navigator.mediaDevices) return this.fail("insecure");
    this.asking = true;
    this.trouble = null;
    this.release(); // a phone opens one camera at a time
    this.changed();
    try {
      this.take(await navigator.mediaDevices.getUserMedia({ video: wanted(facing), audio: false }));
      this.facing = facing;
      const devices = await navigator.mediaDevices.enumerateDevices();
      this.several = devices.filter((device) => device.kind === "videoinput").length > 1;
    } catch (error) {
      console.warn("camera: not opened", error);
      this.trouble = cameraTrouble(error);
    } finally {
      this.asking = false;
      this.changed();
    }
  }

  flip(): Promise<void> {
    return this.open(this.facing === "environment" ? "user" : "environment");
  }

  close(): void {
    this.release();
    this.changed();
  }

  private take(stream: MediaStream): void {
    this.stream = stream;
    const [track] = stream.getVideoTracks();
    if (track) track.contentHint = "motion";
    track?.addEventListener("ended", () => {
      if (this.stream !== stream) return;
      this.stream = null;
      this.fail("lost"); // the phone slept, or another app took it
    });
  }

  private release(): void {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
  }

  private fail(trouble: Trouble): void {
    this.trouble = trouble;
    this.changed();
  }

  private changed(): void {
    this.dispatchEvent(new Event("change"));
  }
}

function wanted(facing: Facing): MediaTrackConstraints {
  return { facingMode: { ideal: facing }, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 15, max: 15 } };
}

async function permitted(): Promise<boolean> {
  try {
    return (await navigator.permissions.query({ name: "camera" as PermissionName })).state === "granted";
  } catch {
    return false; // a browser without this name asks the person
  }
}
