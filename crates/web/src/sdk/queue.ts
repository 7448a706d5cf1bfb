// Events on their way: batched, retried with back-off, kept while offline, handed to a beacon when the page goes.

import { keep, recall } from "./storage";
import type { WireEvent } from "./types";

const BATCH = 50;
const BOUND = 200;
const DELAY_MS = 1_000;
const MAX_BACKOFF_MS = 300_000;
/** Browsers let 64 KiB outlive a page, over all its requests. */
const BATCH_CHARS = 30_000;

interface Answer {
  results?: Record<string, { result: string }>;
}

/** A bounded queue in front of `POST /v1/events`; the oldest events give way. */
export class Queue {
  #waiting: WireEvent[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sending = false;
  #failures = 0;
  #notBefore = 0;

  constructor(
    readonly url: string,
    readonly writeKey: string,
    readonly mayKeep: () => boolean,
  ) {
    this.#restore();
    addEventListener("online", () => this.#schedule(0));
    addEventListener("pagehide", () => this.leave());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.leave();
    });
  }

  /** Takes an event; it leaves within a second or so. */
  add(event: WireEvent): void {
    this.#waiting.push(event);
    this.#bound();
    this.#schedule(this.#waiting.length >= BATCH ? 0 : DELAY_MS);
  }

  /** Sends what waits, unless the server asked for patience. */
  async flush(): Promise<void> {
    if (this.#sending || !this.#waiting.length) return;
    const pause = this.#notBefore - Date.now();
    if (pause > 0) return this.#schedule(pause);
    this.#sending = true;
    const batch = this.#waiting.splice(0, this.#fitting());
    const again = await this.#send(batch);
    this.#sending = false;
    this.#waiting.unshift(...again);
    this.#bound();
    this.#save();
    if (this.#waiting.length) this.#schedule(Math.max(DELAY_MS, this.#notBefore - Date.now()));
  }

  /** Hands everything to the browser to send after the page is gone. */
  leave(): void {
    while (this.#waiting.length) {
      const batch = this.#waiting.slice(0, this.#fitting());
      // Another origin would have to be asked first for JSON; plain text needs no question.
      const same = this.url.startsWith(location.origin);
      const body = new Blob([this.#body(batch)], { type: same ? "application/json" : "text/plain" });
      if (!navigator.onLine || !navigator.sendBeacon?.(this.url, body)) break;
      this.#waiting.splice(0, batch.length);
    }
    this.#save();
  }

  /** Drops everything, here and in storage. */
  clear(): void {
    this.#waiting = [];
    keep("queue", null);
  }

  /** The events to send again. */
  async #send(batch: WireEvent[]): Promise<WireEvent[]> {
    try {
      const response = await fetch(this.url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: this.#body(batch),
        credentials: "omit",
        keepalive: true,
      });
      if (response.status === 429 || response.status >= 500) {
        return this.#backOff(batch, Number(response.headers.get("retry-after")) * 1000);
      }
      this.#failures = 0;
      // Any other refusal is final: sending the same again would be refused again.
      if (!response.ok) return [];
      const { results = {} } = (await response.json()) as Answer;
      return batch.filter((event) => results[event.event_id]?.result === "retry");
    } catch {
      return this.#backOff(batch, 0);
    }
  }

  #backOff(batch: WireEvent[], asked: number): WireEvent[] {
    const grown = Math.min(MAX_BACKOFF_MS, DELAY_MS * 2 ** this.#failures++);
    this.#notBefore = Date.now() + Math.max(asked || 0, grown * (0.5 + Math.random() / 2));
    return batch;
  }

  #body(events: WireEvent[]): string {
    return JSON.stringify({
      write_key: this.writeKey,
      sent_at: new Date().toISOString(),
      events,
    });
  }

  /** How many of the waiting events go into one batch. */
  #fitting(): number {
    let chars = 0;
    let events = 0;
    for (const event of this.#waiting.slice(0, BATCH)) {
      chars += JSON.stringify(event).length;
      if (events && chars > BATCH_CHARS) break;
      events++;
    }
    return events;
  }

  #schedule(delay: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), delay);
  }

  #bound(): void {
    if (this.#waiting.length > BOUND) this.#waiting.splice(0, this.#waiting.length - BOUND);
  }

  #save(): void {
    if (this.mayKeep()) keep("queue", this.#waiting.length ? JSON.stringify(this.#waiting) : null);
  }

  #restore(): void {
    if (!this.mayKeep()) return;
    try {
      const left = JSON.parse(recall("queue") ?? "[]") as WireEvent[];
      keep("queue", null);
      if (!left.length) return;
      this.#waiting = left.slice(-BOUND);
      this.#schedule(0);
    } catch {
      keep("queue", null);
    }
  }
}
