/** Keeps the phone's screen on: a phone that sleeps films nothing. */

export class Awake extends EventTarget {
  private lock: WakeLockSentinel | null = null;
  private wanted = false;

  constructor() {
    super();
    document.addEventListener("visibilitychange", () => void this.ask()); // the browser takes it away from a hidden page
  }

  get held(): boolean {
    return this.lock !== null;
  }

  hold(): void {
    this.wanted = true;
    void this.ask();
  }

  release(): void {
    this.wanted = false;
    void this.lock?.release();
  }

  private async ask(): Promise<void> {
    if (!this.wanted || this.lock || document.hidden || !("wakeLock" in navigator)) return;
    try {
      const lock = await navigator.wakeLock.request("screen");
      this.lock = lock;
      lock.addEventListener("release", () => {
        this.lock = null;
        this.dispatchEvent(new Event("change"));
      });
    } catch (error) {
      console.warn("the screen may go to sleep", error); // an empty battery, mostly: the page says so
    }
    this.dispatchEvent(new Event("change"));
  }
}
