/** Camera and microphone of a lab's computer. Where there is no microphone the camera alone counts. */

import { cameraTrouble, type Trouble } from "../candidate/trouble";

const VIDEO: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 15, max: 30 } };

export interface Opened {
  stream: MediaStream | null;
  trouble: Trouble | null;
  microphone: boolean;
}

export async function open(devices: MediaDevices | undefined = navigator.mediaDevices): Promise<Opened> {
  if (!devices) return { stream: null, trouble: "insecure", microphone: false };
  try {
    return { stream: await devices.getUserMedia({ video: VIDEO, audio: true }), trouble: null, microphone: true };
  } catch (error) {
    if (cameraTrouble(error) !== "missing") return { stream: null, trouble: cameraTrouble(error), microphone: false };
  }
  try {
    return { stream: await devices.getUserMedia({ video: VIDEO }), trouble: null, microphone: false };
  } catch (error) {
    return { stream: null, trouble: cameraTrouble(error), microphone: false };
  }
}

export function sizeOf(stream: MediaStream): { width: number; height: number } {
  const { width = 0, height = 0 } = stream.getVideoTracks()[0]?.getSettings() ?? {};
  return { width: Math.round(width), height: Math.round(height) };
}

export function close(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
