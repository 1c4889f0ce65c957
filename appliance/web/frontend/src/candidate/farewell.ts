/** Remembers across pages whether the one before left properly. */

import type { Why } from "./fill";

/** A feed is being sent. Unless `left` is called, the page that comes next knows that this one just vanished. */
export function sending(feed: string): void {
  put(localStorage, feed, "yes");
}

/** The page goes, or stops sending, and said goodbye. */
export function left(feed: string, { reload }: { reload: boolean }): void {
  put(localStorage, feed, null);
  put(sessionStorage, feed, reload ? "yes" : null);
}

/** What became of the page before; asked once. */
export function before(feed: string): Why {
  const vanished = has(localStorage, feed);
  const reloaded = has(sessionStorage, feed);
  put(sessionStorage, feed, null);
  return vanished ? "browser_crashed" : reloaded ? "page_reloaded" : "";
}

const key = (feed: string): string => `sending:${feed}`;

function has(storage: Storage, feed: string): boolean {
  try {
    return storage.getItem(key(feed)) !== null;
  } catch {
    return false;
  }
}

function put(storage: Storage, feed: string, value: string | null): void {
  try {
    if (value === null) storage.removeItem(key(feed));
    else storage.setItem(key(feed), value);
  } catch {
    // a browser that keeps nothing: the box will only know that the page was gone
  }
}
