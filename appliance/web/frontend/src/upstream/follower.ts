/** Asks one address again and again, one question at a time, and takes the answer only where it is new (ETag). */

export interface Told {
  /** Something else than before. */
  fresh(html: string): void;
  /** It answered, be it something new or not. */
  reached(): void;
  /** It does not answer; what is shown is from `since` (milliseconds of this computer). */
  lost(since: number): void;
  signedOut(): void;
}

const TIMEOUT_MS = 5000;

export class Follower {
  private etag = "";
  private busy = false;
  private since = Date.now();

  constructor(
    private readonly path: string,
    private readonly told: Told,
    private readonly ask: typeof fetch = (...given) => fetch(...given),
  ) {}

  async look(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      const headers: Record<string, string> = { Accept: "text/html" };
      if (this.etag) headers["If-None-Match"] = this.etag;
      this.take(await this.ask(this.path, { headers, credentials: "same-origin", cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) }).then(whole));
    } catch {
      this.told.lost(this.since);
    } finally {
      this.busy = false;
    }
  }

  private take({ status, etag, html }: Answer): void {
    if (status === 401 || status === 403) return this.told.signedOut();
    if (status !== 200 && status !== 304) return this.told.lost(this.since);
    this.since = Date.now();
    this.told.reached();
    if (status === 304) return;
    this.etag = etag;
    this.told.fresh(html);
  }
}

interface Answer {
  status: number;
  etag: string;
  html: string;
}

async function whole(response: Response): Promise<Answer> {
  if (response.type === "opaqueredirect") return { status: 401, etag: "", html: "" }; // to the page for signing in
  return { status: response.status, etag: response.headers.get("ETag") ?? "", html: response.status === 200 ? await response.text() : "" };
}
