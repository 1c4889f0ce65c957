/** One still of what a camera shows, as a JPEG. */

/** Longest side in pixels: enough for the face on a card, and what the box keeps. */
const LONGEST = 1280;
const QUALITY = 0.92;

/** Rejects while the camera shows nothing yet. */
export async function take(video: HTMLVideoElement): Promise<Blob> {
  const { videoWidth: width, videoHeight: height } = video;
  if (!width || !height) throw new Error("the camera shows nothing yet");
  const scale = Math.min(1, LONGEST / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the browser makes no JPEG"))), "image/jpeg", QUALITY);
  });
}
