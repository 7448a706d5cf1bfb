// Requests to the server's read side: a deadline on each, and silence when it is missed.

import type {
  Lang,
  RecommendationQuery,
  Recommendations,
  SearchAnswer,
  Suggestion,
} from "./types";

/** The server, as one visitor sees it. */
export class Server {
  constructor(
    readonly origin: string,
    readonly site: string | undefined,
    readonly timeoutMs: number,
    readonly visitor: () => string,
  ) {}

  /** Items for a place on the page; `undefined` when the answer is late or bad. */
  recommendations(query: RecommendationQuery, lang: Lang): Promise<Recommendations | undefined> {
    const { surface, item, limit = 6, timeoutMs } = query;
    const asked = { surface, site: this.site, item, limit, lang: query.lang ?? lang };
    return this.get("/v1/recommendations", asked, timeoutMs);
  }

  /** Results for a query, over every site the server knows unless `filters` name one. */
  search(q: string, filters: Record<string, string | number>, lang: Lang) {
    const asked = { q, lang, ...filters };
    return this.get<SearchAnswer>("/v1/search", asked, 5_000);
  }

  /** Ways to go on typing. */
  async suggest(q: string, limit: number, lang: Lang): Promise<Suggestion[]> {
    const asked = { q, limit, lang };
    const answer = await this.get<{ suggestions: Suggestion[] }>("/v1/suggest", asked, 1_500);
    return answer?.suggestions ?? [];
  }

  /** A JSON answer, or `undefined` on any failure. */
  async get<T>(
    path: string,
    asked: Record<string, string | number | undefined>,
    timeoutMs = this.timeoutMs,
  ): Promise<T | undefined> {
    const url = new URL(path, this.origin);
    for (const [key, value] of Object.entries(asked)) {
      if (value !== undefined && value !== "") url.searchParams.set(key, `${value}`);
    }
    return this.ask<T>("GET", url.href, undefined, timeoutMs);
  }

  /** Sends JSON; `undefined` on any failure. */
  async ask<T>(method: string, path: string, body?: unknown, timeoutMs = 5_000) {
    try {
      const response = await fetch(new URL(path, this.origin), {
        method,
        headers: {
          "x-civicsense-visitor": this.visitor(),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        credentials: "omit",
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (!response.ok) return undefined;
      return (response.status === 204 ? {} : await response.json()) as T;
    } catch {
      return undefined;
    }
  }
}
