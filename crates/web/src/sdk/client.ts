// The client a page talks to: it joins identity, queue, watchers and the server's answers.

import { watchClicks } from "./clicks";
import { Engagement } from "./engagement";
import { Identity, objects, uuid } from "./identity";
import { Impressions } from "./impressions";
import { pageFields, title } from "./meta";
import { disablePush, enablePush, pushState } from "./push";
import { Queue } from "./queue";
import { Server } from "./server";
import { fillWidgets } from "./widget";
import type {
  Consent,
  Fields,
  Lang,
  Options,
  PushState,
  RecommendationQuery,
  Recommendations,
  SearchAnswer,
  Suggestion,
  WireEvent,
} from "./types";

/** Feedback a person can give on an item. */
export type Verdict = "useful" | "not_useful" | "not_interested" | "wrong";

/** The SDK's client. Nothing here throws: a page works the same without the server. */
export class Client {
  /** Language of answers and of the widget. */
  lang: Lang;
  readonly #identity: Identity;
  readonly #queue: Queue;
  readonly #server: Server;
  readonly #engagement: Engagement;
  readonly #impressions: Impressions;
  readonly #channel: string;
  readonly #writeKey: string;
  #listeners = new Set<(consent: Consent) => void>();
  #page: { url: string; title: string; referrer: string };
  #pageFields: Fields = {};
  #query = "";

  constructor(options: Options) {
    const origin = options.endpoint ?? location.origin;
    this.lang = options.lang ?? (document.documentElement.lang.startsWith("en") ? "en" : "zh");
    this.#channel = options.channel ?? "web";
    this.#writeKey = options.writeKey;
    this.#identity = new Identity(this.#channel !== "kiosk");
    this.#page = { url: location.href, title: title(), referrer: document.referrer };
    this.#engagement = new Engagement((engaged_ms, scroll_pct) => {
      const { item_id, item_kind, column_id, dept } = this.#pageFields;
      this.track("engagement", { item_id, item_kind, column_id, dept, engaged_ms, scroll_pct });
    });
    this.#queue = new Queue(
      new URL("/v1/events", origin).href,
      options.writeKey,
      () => this.#identity.persists,
    );
    this.#server = new Server(origin, options.site, options.timeoutMs ?? 300, () => this.visitor);
    this.#impressions = new Impressions((fields) => this.track("viewable_impression", fields));
    watchClicks((name, fields) => this.track(name, fields));
    if (options.autoPage !== false) this.#follow();
  }

  /** The anonymous id: lasting only after consent to analytics. */
  get visitor(): string {
    return this.#identity.visitor;
  }

  /** What the person agreed to. */
  get consent(): Consent {
    return this.#identity.consent;
  }

  /** Whether the person has answered the question of consent, yes or no. */
  get decided(): boolean {
    return this.#identity.decided;
  }

  /** Whether the browser objects to tracking (DNT, GPC): then no behaviour is sent at all. */
  get objected(): boolean {
    return objects();
  }

  /** Records the person's answer: here at once, with the server when the promise resolves. */
  async decide(answer: Partial<Consent>): Promise<Consent> {
    const before = this.consent;
    const id = this.visitor;
    const consent = this.#identity.decide(answer);
    if (!this.#identity.persists && before.analytics) this.#queue.clear();
    if (Object.values(before).some(Boolean) || Object.values(consent).some(Boolean)) {
      // A withdrawal is told under the id it withdraws.
      const told = new Server(this.#server.origin, this.#server.site, 5_000, () => id);
      await told.ask("PUT", "/v1/me/consent", consent);
    }
    for (const listener of this.#listeners) listener(consent);
    return consent;
  }

  /** Calls back on every change of consent; returns how to stop. */
  onConsent(listener: (consent: Consent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Goes on as another anonymous visitor: the demo's personas, a shared computer. */
  become(id: string): void {
    void this.#queue.flush();
    this.#identity.become(id);
  }

  /** Joins the visitor to the portal's signed-in person. */
  identify(userId: string): void {
    this.#identity.user = userId;
    this.track("identify");
  }

  /** Forgets everything on this device: answer, id, queue. */
  forget(): void {
    this.#queue.clear();
    this.#identity.forget();
  }

  /** Reports a page view; `fields` overrule what the page's `<meta>` tags say. */
  page(fields: Fields = {}): void {
    this.#engagement.close();
    const before = this.#page.url;
    if (before !== location.href) this.#page.referrer = before;
    this.#page = { ...this.#page, url: location.href, title: title() };
    this.#pageFields = { ...pageFields(), ...fields };
    this.track("page_view", this.#pageFields);
  }

  /** Reports an event by its name in the wire format. */
  track(name: string, fields: Fields = {}): void {
    // A refusal is not counted; before the answer counting goes on under an id that dies with the page.
    if (this.objected || (this.decided && !this.consent.analytics)) return;
    const event: WireEvent = {
      event_id: uuid(),
      name,
      anonymous_id: this.visitor,
      user_id: this.#identity.user,
      ts: new Date().toISOString(),
      channel: this.#channel,
      page: { ...this.#page, url: strip(this.#page.url), referrer: strip(this.#page.referrer) },
      consent: this.decided ? this.consent : undefined,
      ...fields,
    };
    this.#queue.add(event);
  }

  /** Reports what a person thinks of an item. */
  feedback(item_id: string, verdict: Verdict, fields: Fields = {}): void {
    this.track("feedback", { ...fields, item_id, props: { ...fields.props, verdict } });
    void this.#queue.flush();
  }

  /** Items for a place; `undefined` when the server is late or away. */
  recommend(query: RecommendationQuery): Promise<Recommendations | undefined> {
    return this.#server.recommendations(query, this.lang);
  }

  /** Searches and reports the query with its number of hits. */
  async search(
    q: string,
    filters: Record<string, string | number> = {},
  ): Promise<SearchAnswer | undefined> {
    const answer = await this.#server.search(q, filters, this.lang);
    if (answer && q && q !== this.#query) {
      this.#query = q;
      this.track("search", { search_q: q.slice(0, 200), search_hits: answer.total });
    }
    return answer;
  }

  /** Ways to go on typing. */
  suggest(q: string, limit = 8): Promise<Suggestion[]> {
    return this.#server.suggest(q, limit, this.lang);
  }

  /** Reports items of recommended lists inside `root` as they come into view. */
  watch(root: ParentNode): void {
    this.#impressions.watch(root);
  }

  /** Fills `[data-cs-recommend]` placeholders inside `root`. */
  fill(root: ParentNode = document): Promise<void> {
    return fillWidgets(this, root);
  }

  /** Where push stands on this device. */
  pushState(): Promise<PushState> {
    return pushState();
  }

  /** Asks for permission to push; call it from a click. */
  async enablePush(): Promise<PushState> {
    const { origin } = this.#server;
    const brief = { origin, writeKey: this.#writeKey, visitor: this.visitor, lang: this.lang };
    const state = await enablePush(this.#server, brief);
    if (state === "on") await this.decide({ push: true });
    return state;
  }

  /** Gives push on this device back. */
  async disablePush(): Promise<PushState> {
    const state = await disablePush(this.#server);
    await this.decide({ push: false });
    return state;
  }

  /** Sends what waits now. */
  flush(): Promise<void> {
    return this.#queue.flush();
  }

  /** Page views on load and on every history change of a single-page application. */
  #follow(): void {
    let last = "";
    const look = () => {
      const here = location.pathname + location.search;
      if (here === last) return;
      last = here;
      // The application sets its title after the address.
      setTimeout(() => this.page(), 0);
    };
    for (const method of ["pushState", "replaceState"] as const) {
      const original = history[method].bind(history);
      history[method] = (...args: Parameters<History["pushState"]>) => {
        original(...args);
        look();
      };
    }
    addEventListener("popstate", look);
    look();
  }
}

/** An address without its fragment and its query, which may hold what somebody typed. */
function strip(address: string): string {
  if (!address) return "";
  const { origin, pathname, searchParams } = new URL(address, location.href);
  const kept = [...searchParams].filter(([key]) => key.startsWith("utm_"));
  const query = new URLSearchParams(kept).toString();
  return origin + pathname + (query ? `?${query}` : "");
}
