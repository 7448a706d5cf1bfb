// The service worker: shows pushes once, opens their page on a click, and sends receipts.

export {};
declare const self: ServiceWorkerGlobalScope;

/** What the page told us when push was switched on. */
interface Brief {
  origin: string;
  writeKey: string;
  visitor: string;
  lang: "zh" | "en";
}

type Text = { zh: string; en: string };

/** What a push carries: always an id and a class; words only where they may travel and be seen. */
interface Payload {
  id: string;
  class: "emergency" | "service" | "subscribed" | "suggested";
  title?: Text;
  body?: Text;
  url?: string;
}

/** What is shown and remembered with the notification. */
interface Message {
  id: string;
  title: string;
  body: string;
  url: string;
}

const STORE = "civicsense-push";
const REMEMBERED = 200;

// A push without words may be about something nobody else should read on a locked screen.
const PLAIN: Record<string, Text> = {
  emergency: { zh: "紧急提醒，请点击查看", en: "Emergency notice: open to read" },
  service: { zh: "您的事项有新进展", en: "News about your own matter" },
  subscribed: { zh: "您订阅的内容有更新", en: "Something you follow has changed" },
  suggested: { zh: "有一项服务可能适合您", en: "A service that may suit you" },
};
const ANY: Text = { zh: "您有一条新消息", en: "You have a new message" };

self.addEventListener("install", () => void self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("message", (event) => {
  const { type, brief } = (event.data ?? {}) as { type?: string; brief?: Brief };
  if (type === "civicsense.brief" && brief) event.waitUntil(write("brief", brief));
  if (type === "civicsense.forget") event.waitUntil(caches.delete(STORE));
});

self.addEventListener("push", (event) => {
  event.waitUntil(read(event.data).then(show));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const message = event.notification.data as Message;
  event.waitUntil(Promise.all([open(message.url), receipt(message, "clicked")]));
});

self.addEventListener("notificationclose", (event) => {
  event.waitUntil(receipt(event.notification.data as Message, "closed"));
});

self.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(renew(event as PushSubscriptionChangeEvent));
});

/** The message of a push; anything unreadable becomes a plain line, because something must be shown. */
async function read(data: PushMessageData | null): Promise<Message> {
  const lang = (await recall<Brief>("brief"))?.lang ?? "zh";
  let payload: Partial<Payload> = {};
  try {
    payload = (data?.json() ?? {}) as Partial<Payload>;
  } catch {
    // Not ours, or damaged.
  }
  return {
    id: payload.id ?? "",
    title: pick(payload.title, lang) || (PLAIN[payload.class ?? ""] ?? ANY)[lang],
    body: pick(payload.body, lang),
    url: payload.url || "/me",
  };
}

function pick(text: Text | undefined, lang: "zh" | "en"): string {
  return text ? text[lang] || text.zh : "";
}

async function show(message: Message): Promise<void> {
  // A push must show something. The same message again replaces its notification without a sound.
  const again = message.id !== "" && (await seen(message.id));
  await self.registration.showNotification(message.title, {
    body: message.body,
    tag: message.id || undefined,
    icon: "/favicon.svg",
    silent: again,
    data: message,
  });
  if (!again) await receipt(message, "displayed");
}

/** Opens the page of a message: an open window goes there, otherwise a new one is made. */
async function open(address: string): Promise<void> {
  const url = new URL(address, self.location.origin);
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const here = windows.find((one) => new URL(one.url).origin === url.origin);
  if (here && url.origin === self.location.origin) {
    await here.focus();
    await here.navigate(url.href).catch(() => self.clients.openWindow(url.href));
  } else {
    await self.clients.openWindow(url.href);
  }
}

/** Tells the server what became of a message. A lost receipt is lost: it is not worth a retry queue. */
async function receipt(message: Message, state: "displayed" | "clicked" | "closed"): Promise<void> {
  const brief = await recall<Brief>("brief");
  if (!brief || !message.id) return;
  const now = new Date().toISOString();
  const event = {
    event_id: crypto.randomUUID(),
    name: "push",
    anonymous_id: brief.visitor,
    ts: now,
    channel: "web",
    page: { url: new URL(message.url, brief.origin).href, title: message.title, referrer: "" },
    consent: { push: true },
    props: { state, message_id: message.id },
  };
  await fetch(new URL("/v1/events", brief.origin), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ write_key: brief.writeKey, sent_at: now, events: [event] }),
  }).catch(() => undefined);
}

/** The browser replaced the subscription: the server learns the new address. */
async function renew(event: PushSubscriptionChangeEvent): Promise<void> {
  const brief = await recall<Brief>("brief");
  const options = event.oldSubscription?.options;
  if (!brief || !options) return;
  const subscription = await self.registration.pushManager.subscribe(options);
  await fetch(new URL("/v1/devices", brief.origin), {
    method: "POST",
    headers: { "content-type": "application/json", "x-civicsense-visitor": brief.visitor },
    body: JSON.stringify({
      ...subscription.toJSON(),
      lang: brief.lang,
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    }),
  }).catch(() => undefined);
}

interface PushSubscriptionChangeEvent extends ExtendableEvent {
  readonly oldSubscription: PushSubscription | null;
}

/** Whether the message was shown before; remembers it if not. */
async function seen(id: string): Promise<boolean> {
  const ids = (await recall<string[]>("seen")) ?? [];
  if (ids.includes(id)) return true;
  await write("seen", [...ids, id].slice(-REMEMBERED));
  return false;
}

async function write(key: string, value: unknown): Promise<void> {
  const store = await caches.open(STORE);
  await store.put(`/${key}`, new Response(JSON.stringify(value)));
}

async function recall<T>(key: string): Promise<T | undefined> {
  const store = await caches.open(STORE);
  const kept = await store.match(`/${key}`);
  return kept ? ((await kept.json()) as T) : undefined;
}
