/** Why a device or the screen could not be had: a name of `candidate.trouble.*`, which says what to try. */

export type Trouble =
  | "denied"
  | "missing"
  | "busy"
  | "declined"
  | "screen_denied"
  | "insecure"
  | "lost"
  | "screen_lost"
  | "unknown"
  | "screen_again"
  | "camera_again";

export function cameraTrouble(error: unknown): Trouble {
  switch (nameOf(error)) {
    case "NotAllowedError":
    case "SecurityError":
      return "denied";
    case "NotFoundError":
    case "OverconstrainedError":
      return "missing";
    case "NotReadableError":
    case "AbortError":
      return "busy";
    default:
      return "unknown";
  }
}

/** "Permission denied by system" is the computer's setting, not the person's choice. */
export function screenTrouble(error: unknown): Trouble {
  const message = error instanceof Error ? error.message : "";
  if (nameOf(error) === "NotAllowedError") return /system/i.test(message) ? "screen_denied" : "declined";
  return nameOf(error) === "NotReadableError" ? "screen_denied" : "unknown";
}

function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : "";
}
