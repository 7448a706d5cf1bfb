// Who is looking: consent, the browser's objection, and an id that outlives the page only after consent.

import { keep, recall } from "./storage";
import type { Consent } from "./types";

/** A random UUID, also on plain-http pages where `crypto.randomUUID` is missing. */
export function uuid(): string {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Whether the browser says “do not track” or “do not sell or share” (DNT, GPC). */
export function objects(): boolean {
  const browser = navigator as Navigator & { globalPrivacyControl?: boolean };
  return browser.globalPrivacyControl === true || browser.doNotTrack === "1";
}

const NOTHING: Consent = { analytics: false, personalisation: false, push: false };

/** Consent and the anonymous id that follows from it. */
export class Identity {
  /** The signed-in person's id, if the portal told it. */
  user: string | undefined;
  #consent: Consent | undefined;
  #id: string;
  readonly #lasting: boolean;

  /** `lasting` is false on a shared device: nothing is ever written there. */
  constructor(lasting: boolean) {
    this.#lasting = lasting;
    this.#consent = lasting ? parse(recall("consent")) : undefined;
    this.#id = (this.persists && recall("id")) || uuid();
    this.#write();
  }

  /** What the person agreed to; an objecting browser overrules it. */
  get consent(): Consent {
    if (objects()) return { ...NOTHING, push: this.#consent?.push ?? false };
    return { ...(this.#consent ?? NOTHING) };
  }

  /** Whether the person has answered, yes or no. */
  get decided(): boolean {
    return this.#consent !== undefined;
  }

  /** Whether anything but the answer itself may be kept on this device. */
  get persists(): boolean {
    return this.#lasting && this.consent.analytics;
  }

  /** The anonymous id: lasting after consent, otherwise gone with the page. */
  get visitor(): string {
    return this.#id;
  }

  /** Records an answer. Withdrawing consent forgets the id at once. */
  decide(answer: Partial<Consent>): Consent {
    const before = this.persists;
    this.#consent = { ...(this.#consent ?? NOTHING), ...answer };
    if (this.#lasting) keep("consent", JSON.stringify(this.#consent));
    if (before && !this.persists) {
      this.#id = uuid();
      keep("queue", null);
    }
    this.#write();
    return this.consent;
  }

  /** Goes on as somebody else: another person at the device, or a demo's persona. */
  become(id: string): void {
    this.#id = id;
    this.#write();
  }

  /** Forgets the answer, the id and what waits to be sent. */
  forget(): void {
    this.#consent = undefined;
    this.user = undefined;
    this.#id = uuid();
    for (const key of ["consent", "id", "queue", "device"]) keep(key, null);
  }

  #write(): void {
    if (this.#lasting) keep("id", this.persists ? this.#id : null);
  }
}

function parse(text: string | null): Consent | undefined {
  try {
    return text ? { ...NOTHING, ...(JSON.parse(text) as Partial<Consent>) } : undefined;
  } catch {
    return undefined;
  }
}
