// Reading time and scroll depth: counted only while the page is visible and somebody is there.

/** Seconds without any movement after which nobody is reading. */
const IDLE_MS = 30_000;
/** Reading time that is worth an event of its own. */
const REPORT_MS = 30_000;
const TICK_MS = 1_000;

/** Counts active time between page views. */
export class Engagement {
  #engaged = 0;
  #deepest = 0;
  #last = Date.now();
  #active = Date.now();

  constructor(readonly report: (engagedMs: number, scrollPct: number) => void) {
    const awake = () => (this.#active = Date.now());
    for (const sign of ["pointermove", "pointerdown", "keydown", "scroll", "touchstart"]) {
      addEventListener(sign, awake, { passive: true });
    }
    addEventListener("scroll", () => this.#measure(), { passive: true });
    addEventListener("pagehide", () => this.close());
    // Registered before the queue's own listener, so the last event still leaves with the page.
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.close();
      else this.#last = this.#active = Date.now();
    });
    setInterval(() => this.#tick(), TICK_MS);
  }

  /** Reports what has been read so far and starts anew. */
  close(): void {
    this.#tick(true);
    if (this.#engaged >= TICK_MS) this.report(Math.round(this.#engaged), this.#deepest);
    this.#engaged = 0;
    this.#deepest = 0;
  }

  #tick(closing = false): void {
    const now = Date.now();
    const visible = closing || document.visibilityState === "visible";
    if (visible && now - this.#active < IDLE_MS) {
      // A sleeping computer wakes with one long tick; it was not read.
      this.#engaged += Math.min(now - this.#last, 2 * TICK_MS);
      this.#measure();
    }
    this.#last = now;
    if (!closing && this.#engaged >= REPORT_MS) this.close();
  }

  #measure(): void {
    const height = document.documentElement.scrollHeight;
    const seen = height > 0 ? ((scrollY + innerHeight) / height) * 100 : 100;
    this.#deepest = Math.max(this.#deepest, Math.min(100, Math.round(seen)));
  }
}
