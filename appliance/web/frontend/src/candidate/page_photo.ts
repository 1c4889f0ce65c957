/** A photo of a page as it is sent: upright, not larger than the box keeps, without what else the file carries. */

/** Longest side in pixels that the box keeps (`web/sheet.py`). */
const LONGEST = 3000;
const QUALITY = 0.88;

/** What this browser cannot draw is sent as it is: the box says what is wrong with it. */
export async function pageJpeg(file: Blob): Promise<Blob> {
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(file);
  } catch (error) {
    console.warn("photo: sent as it is", error);
    return file;
  }
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob ?? file), "image/jpeg", QUALITY));
}

/** Not in every browser, and not in TypeScript's library. */
interface Taker {
  takePhoto(): Promise<Blob>;
}
type MakeTaker = new (track: MediaStreamTrack) => Taker;

/** A photo in the camera's full resolution while it goes on filming; null where the browser has no such thing. */
export function takerOf(stream: MediaStream | null): (() => Promise<Blob>) | null {
  const track = stream?.getVideoTracks()[0];
  const make = (window as unknown as { ImageCapture?: MakeTaker }).ImageCapture;
  return track && make ? () => new make(track).takePhoto() : null;
}
