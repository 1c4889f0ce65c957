/** What a candidate's page sends, and how much of it. */

export interface Settings {
  webcam_bitrate: number;
  screen_bitrate: number;
}

export const DEFAULTS: Settings = { webcam_bitrate: 800_000, screen_bitrate: 600_000 };

export const WEBCAM: MediaTrackConstraints = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 15, max: 15 },
};

/** On a machine with few cores. */
export const WEBCAM_SMALL: MediaTrackConstraints = { ...WEBCAM, width: { ideal: 640 }, height: { ideal: 480 } };

/** As the room sounds: a browser that takes noise away, or turns the volume up by itself, makes a quiet room digitally
 * silent and every seat equally loud, and nobody can say any more where a voice was. The echo of a call still goes. */
export const MICROPHONE: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: false,
  autoGainControl: false,
};

export const SCREEN: DisplayMediaStreamOptions = {
  video: { displaySurface: "monitor", width: { max: 1920 }, height: { max: 1080 }, frameRate: { ideal: 5, max: 15 } },
  audio: false,
  // not in TypeScript's library yet: offer whole screens first, do not offer this very tab
  ...({ monitorTypeSurfaces: "include", selfBrowserSurface: "exclude", surfaceSwitching: "exclude" } as object),
};
