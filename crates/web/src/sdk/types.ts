// The words of the SDK's public interface: options, consent, events, recommendations and search answers.

/** A sentence in both languages. */
export interface Text {
  zh: string;
  en: string;
}

/** The languages the server answers in. */
export type Lang = "zh" | "en";

/** What the person agreed to. Everything is refused until it is given. */
export interface Consent {
  /** Behaviour may be counted under a lasting pseudonymous id. */
  analytics: boolean;
  /** Behaviour may build a profile for recommendations. */
  personalisation: boolean;
  /** Messages may be sent to this device. */
  push: boolean;
}

/** How the SDK is started. */
export interface Options {
  /** The site's public write key. */
  writeKey: string;
  /** Origin of the Civicsense server; the page's own origin by default. */
  endpoint?: string;
  /** Site code sent with recommendation and search requests. */
  site?: string;
  /** Language of titles and reasons; the page's `lang` by default. */
  lang?: Lang;
  /** Where the page is shown; a kiosk keeps nothing on the device. */
  channel?: "web" | "kiosk" | "app";
  /** Milliseconds a page waits for recommendations before it stays as it is; 300 by default. */
  timeoutMs?: number;
  /** Page views on load and on history changes are sent by themselves; `true` by default. */
  autoPage?: boolean;
}

/** Facts an event may carry besides its name; names are the wire format's. */
export interface Fields {
  item_id?: string;
  item_kind?: string;
  column_id?: string;
  dept?: string;
  rec_id?: string;
  rec_pos?: number;
  rec_policy?: string;
  search_q?: string;
  search_hits?: number;
  search_pos?: number;
  service_id?: string;
  service_step?: string;
  engaged_ms?: number;
  scroll_pct?: number;
  props?: Record<string, string>;
}

/** One event as sent to `POST /v1/events`. */
export interface WireEvent extends Fields {
  event_id: string;
  name: string;
  anonymous_id: string;
  user_id?: string;
  ts: string;
  channel: string;
  page: { url: string; title: string; referrer: string };
  /** Left out until the person has answered. */
  consent?: Consent;
}

/** Why an item is shown: a stable code and a sentence. */
export interface Reason {
  code: string;
  text: Text;
}

/** A need of the taxonomy. */
export interface Need extends Text {
  id: string;
}

/** One recommended item. */
export interface Recommendation {
  id: string;
  title: string | Text;
  summary: string | Text;
  url: string;
  kind: string;
  column?: string;
  dept?: string;
  published_at?: string;
  position: number;
  score?: number;
  personalized: boolean;
  reason: Reason;
  needs?: Need[];
}

/** An answer of `GET /v1/recommendations`. */
export interface Recommendations {
  request_id: string;
  policy: string;
  personalized: boolean;
  degraded: boolean;
  items: Recommendation[];
}

/** What a page asks recommendations for. */
export interface RecommendationQuery {
  surface: "home" | "item";
  /** The item on the page, for `surface: "item"`. */
  item?: string;
  limit?: number;
  lang?: Lang;
  /** Overrides the time-out of this one request. */
  timeoutMs?: number;
}

/** One way a typed query could go on. */
export interface Suggestion {
  text: string;
  /** The item's kind, where it names an item. */
  kind?: string | null;
  /** The item, where it names one. */
  item?: string | null;
}

/** One value of a facet. */
export interface FacetValue {
  value: string;
  count: number;
}

/** One result; `*_html` holds plain text with the matches marked. */
export interface SearchHit {
  id: string;
  title_html: string;
  snippet_html: string;
  url: string;
  kind: string;
  dept?: string;
  column?: string;
  published_at?: string;
  /** Places moved up by what the person needs. */
  moved?: number;
}

/** An answer of `GET /v1/search`. */
export interface SearchAnswer {
  request_id: string;
  total: number;
  took_ms: number;
  did_you_mean?: string | null;
  personalized?: boolean;
  items: SearchHit[];
  facets?: Record<string, FacetValue[]>;
}

/** Where push stands on this device. */
export type PushState = "on" | "off" | "denied" | "unsupported" | "failed";
