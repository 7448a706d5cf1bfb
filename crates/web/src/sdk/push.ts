// Web Push on this device: asked for only after a click, given back with one call.

import { keep, recall } from "./storage";
import type { Server } from "./server";
import type { Lang, PushState } from "./types";

/** What the service worker needs to send receipts; it cannot see the page's storage. */
export interface WorkerBrief {
  origin: string;
  writeKey: string;
  visitor: string;
  lang: Lang;
}

/** Whether this browser can receive pushes at all. */
export function pushSupported(): boolean {
  return "serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis;
}

/** Where push stands now, without asking anybody. */
export async function pushState(): Promise<PushState> {
  if (!pushSupported()) return "unsupported";
  if (Notification.permission === "denied") return "denied";
  const registration = await navigator.serviceWorker.getRegistration();
  return (await registration?.pushManager.getSubscription()) ? "on" : "off";
}

/** Asks for permission and registers the device; call it from a click. */
export async function enablePush(server: Server, brief: WorkerBrief): Promise<PushState> {
  if (!pushSupported()) return "unsupported";
  // A page that asks unasked is refused for ever by many people: only a click leads here.
  if (navigator.userActivation && !navigator.userActivation.isActive) return pushState();
  try {
    const permission = await Notification.requestPermission();
    if (permission !== "granted") return permission === "denied" ? "denied" : "off";
    const registration = await navigator.serviceWorker.register("/sw.js");
    await navigator.serviceWorker.ready;
    registration.active?.postMessage({ type: "civicsense.brief", brief });
    const answer = await server.get<{ key: string }>("/v1/push/key", {}, 5_000);
    if (!answer) return "failed";
    const subscription = await subscribe(registration, answer.key);
    const device = await server.ask<{ device_id: string }>("POST", "/v1/devices", {
      ...subscription.toJSON(),
      lang: brief.lang,
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    });
    if (!device) {
      await subscription.unsubscribe();
      return "failed";
    }
    keep("device", device.device_id);
    return "on";
  } catch {
    return "failed";
  }
}

/** Gives the device back: here and on the server. */
export async function disablePush(server: Server): Promise<PushState> {
  if (!pushSupported()) return "unsupported";
  const device = recall("device");
  const registration = await navigator.serviceWorker.getRegistration();
  const subscription = await registration?.pushManager.getSubscription();
  await subscription?.unsubscribe();
  registration?.active?.postMessage({ type: "civicsense.forget" });
  if (device) await server.ask("DELETE", `/v1/devices/${encodeURIComponent(device)}`);
  keep("device", null);
  return "off";
}

/** A subscription is bound to its key for life: after a key change it is made again. */
async function subscribe(registration: ServiceWorkerRegistration, key: string) {
  const applicationServerKey = bytes(key);
  const old = await registration.pushManager.getSubscription();
  if (old) {
    const known = old.options.applicationServerKey;
    if (known && same(new Uint8Array(known), applicationServerKey)) return old;
    await old.unsubscribe();
  }
  return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
}

function bytes(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
