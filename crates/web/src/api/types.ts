// The server's answers that the portal and the console read, beyond what the SDK types.

import type { Consent, Lang, Need, Text } from "/sdk/civicsense.js";

/** `GET /v1/client-config`. */
export interface ClientConfig {
  site: { code: string; name: string | Text; write_key: string };
  lang: Lang;
  demo: boolean;
}

/** A demo citizen of `GET /v1/demo/personas`. */
export interface Persona {
  id: string;
  name: Text;
  about: Text;
  anonymous_id: string;
}

/** The national fields of a service matter. */
export interface Service {
  task_code: string;
  legal_days: number;
  promised_days: number;
  visits: number;
  online: boolean;
  terminal: boolean;
  fee: boolean;
  materials: string[];
  conditions: string;
  online_url: string;
}

/** `GET /v1/items/{id}`. */
export interface Item {
  id: string;
  site: string;
  kind: string;
  title: string | Text;
  summary: string | Text;
  body: string;
  url: string;
  column: string;
  dept: string;
  region: string;
  needs: (string | Need)[];
  topic: string;
  doc_number: string;
  published_at: string;
  expires_at?: string | null;
  mandated: boolean;
  emergency: boolean;
  lifecycle: string;
  service?: Service | null;
}

/** One need of a person, with what it rests on. */
export interface MyNeed extends Need {
  score: number;
  confidence: number;
  source: "declared" | "inferred";
  evidence: { item_id: string; title: string | Text }[];
  sensitivity: "normal" | "guarded" | "sensitive";
}

/** Something a person follows. */
export interface Subscription {
  type: string;
  value: string;
  name?: string | Text | null;
}

/** `GET /v1/me`. */
export interface Me {
  mode: "none" | "session" | "profile";
  personalisation: { on: boolean };
  consent: Consent;
  needs: MyNeed[];
  subscriptions: Subscription[];
}

/** One message of `GET /v1/me/inbox`. */
export interface Message {
  id: string;
  title: string | Text;
  body: string | Text;
  url: string;
  received_at: string;
  read_at?: string | null;
}

/** `GET /v1/me/inbox`. */
export interface Inbox {
  items: Message[];
  next_cursor?: string | null;
}

/** A need as listed by `GET /v1/taxonomy`. */
export interface TaxonomyNeed extends Need {
  /** Id of the branch it hangs on. */
  group: string;
}

/** `GET /v1/taxonomy`: the names are those of the taxonomy's file. */
export interface Taxonomy {
  group: Need[];
  need: TaxonomyNeed[];
}

/** An analyst's answer: named columns, rows, and the statement that made them. */
export interface Table {
  columns: { name: string; kind: "time" | "text" | "count" | "ratio" | "seconds" | "number" }[];
  rows: (string | number | null)[][];
  sql: string;
  took_ms: number;
}

/** One line of `GET /v1/console/live`. */
export interface LiveEvent {
  ts: string;
  name: string;
  site: number;
  channel: string;
  path: string;
  item_id: string;
  search_q: string;
  bot: boolean;
}

/** `GET /v1/transparency`. */
export interface Transparency {
  rules: Text[];
  models: { name: string; about: Text }[];
  learnt?: { version: string; trained_at: string; uses: number; items: number; visitors: number; robots: number };
  needs: { inferred: number; visit_only: number; declared_only: number; half_life_days: number };
  not_used: Text;
  lists: { surface: string; policy: string; sources: string[] }[];
  ways_out: { about: Text; call: string }[];
}
