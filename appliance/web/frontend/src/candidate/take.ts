/** One still of what a camera shows, as a JPEG. */

/** Longest side in pixels: enough for the face on a card, and what the box keeps. */
const LONGEST = 1280;
const QUALITY = 0.92;

/** A camera that has just been shown needs a moment for its first picture. */
const FIRST_MS = 4000;

/** Rejects when the camera shows nothing. */
export async function take(video: HTMLVideoElement): Promise<Blob> {
  await firstPicture(video);
  const { videoWidth: width, videoHeight: height } = video;
  const scale = Math.min(1, LONGEST / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the browser makes no JPEG"))), "image/jpeg", QUALITY);
  });
}

function firstPicture(video: HTMLVideoElement): Promise<void> {
  if (video.videoWidth && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the camera shows nothing yet")), FIRST_MS);
    video.addEventListener("loadeddata", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
