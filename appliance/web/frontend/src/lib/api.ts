/** The box's API: JSON in, JSON out; whatever goes wrong is a `Problem` with a sentence and a hint for people. */

import { t } from "./strings";

/** Status 0: the box could not be reached, so nothing was sent. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly sentence: string,
    readonly hint: string,
  ) {
    super(sentence);
  }

  get offline(): boolean {
    return this.status === 0;
  }

  static offline(): Problem {
    return new Problem(0, t("problem.offline"), t("problem.offline_hint"));
  }
}

/** Anything thrown, as a Problem. Faults of the page itself also reach the console. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  console.error(error);
  return new Problem(-1, t("problem.broken"), t("problem.broken_hint"));
}

const TIMEOUT_MS = 10_000;

export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const token = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
  const headers = new Headers(init.headers);
  headers.set("Accept", headers.get("Accept") ?? "application/json");
  if (init.method && init.method !== "GET") headers.set("X-CSRFToken", token);
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers, credentials: "same-origin", signal: init.signal ?? AbortSignal.timeout(TIMEOUT_MS) });
  } catch {
    throw Problem.offline();
  }
  if (response.ok) return response;
  throw await refusal(response);
}

export async function get<T>(path: string): Promise<T> {
  return (await (await request(path)).json()) as T;
}

export async function post<T = unknown>(path: string, body: unknown = {}, init: RequestInit = {}): Promise<T> {
  const response = await request(path, { ...init, method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
  const text = await response.text();
  return (text ? JSON.parse(text) : null) as T;
}

async function refusal(response: Response): Promise<Problem> {
  if (response.status === 401) return new Problem(401, t("problem.signed_out"), t("problem.signed_out_hint"));
  try {
    const said = (await response.json()) as { error?: string; hint?: string };
    if (said.error) return new Problem(response.status, sentence(said.error), said.hint ?? "");
  } catch {
    // not JSON: something between us and the box answered
  }
  return new Problem(response.status, t("problem.broken"), t("problem.broken_hint"));
}

/** Errors of the box begin small and have no full stop; on a page they are sentences. */
function sentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}
