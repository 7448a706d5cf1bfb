// The search page: results with marked matches, facets, “did you mean”, pages.

import { useEffect, useMemo } from "preact/hooks";
import type { SearchAnswer, SearchHit, Text } from "/sdk/civicsense.js";
import { get } from "../../api/request";
import { day, pick, pieces } from "../../api/text";
import { useLoaded } from "../load";
import { Waiting } from "../parts/waiting";
import { Link, itemAddress } from "../router";
import { usePortal } from "../state";

const PAGE = 10;
const FILTERS = ["kind", "dept", "region", "year"] as const;

/** The page's address with one parameter changed; a changed filter goes back to the first page. */
function address(query: URLSearchParams, key: string, value: string | undefined): string {
  const next = new URLSearchParams(query);
  if (key !== "offset") next.delete("offset");
  if (value) next.set(key, value);
  else next.delete(key);
  return `/search?${next}`;
}

function Marked({ html }: { html: string }) {
  const cut = useMemo(() => pieces(html), [html]);
  return (
    <>{cut.map(({ text, marked }, index) => (marked ? <mark key={index}>{text}</mark> : text))}</>
  );
}

export function SearchPage({ query }: { query: URLSearchParams }) {
  const { words, lang, client, epoch } = usePortal();
  const q = query.get("q") ?? "";
  const offset = Number(query.get("offset") ?? 0) || 0;
  const asked = query.toString();
  const loaded = useLoaded(() => {
    const filters: Record<string, string | number> = { offset, limit: PAGE };
    for (const name of FILTERS) {
      const value = query.get(name);
      if (value) filters[name] = value;
    }
    return client.search(q, filters);
  }, [asked, lang, epoch]);

  useEffect(() => {
    document.title = q ? `${q} · ${words.search}` : words.search;
    client.page({ column_id: "search" });
  }, [client, asked]);

  const answer = loaded.value;
  const kind = query.get("kind");
  return (
    <div class="wrap search-page">
      <div class="search-head">
        <h1>{q ? `“${q}”` : kind ? (words.kind[kind] ?? words.search) : words.search}</h1>
        {answer && (
          <p role="status" aria-live="polite">
            {answer.total} {words.results} · {words.took} {Math.round(answer.took_ms * 10) / 10} ms
          </p>
        )}
      </div>
      {answer?.did_you_mean && (
        <p class="did-you-mean">
          {words.didYouMean}
          {words.colon}
          <Link href={`/search?q=${encodeURIComponent(answer.did_you_mean)}`}>{answer.did_you_mean}</Link>
        </p>
      )}
      <div class="search-grid">
        <Facets answer={answer} query={query} />
        <div>
          <Waiting {...loaded} lines={6} />
          {answer && answer.items.length === 0 && <NoResults />}
          <ol class={loaded.loading ? "results settling" : "results"} aria-busy={loaded.loading} start={offset + 1} data-cs-search={q}>
            {answer?.items.map((hit, index) => <Result key={hit.id} hit={hit} position={offset + index} />)}
          </ol>
          {answer && <Pages query={query} offset={offset} total={answer.total} />}
        </div>
      </div>
    </div>
  );
}

function Result({ hit, position }: { hit: SearchHit; position: number }) {
  const { words } = usePortal();
  return (
    <li data-cs-item={hit.id} data-cs-kind={hit.kind} data-cs-pos={position}>
      <h2>
        <span class={`kind kind-${hit.kind}`}>{words.kind[hit.kind] ?? hit.kind}</span>
        <Link href={itemAddress(hit.id)}>
          <Marked html={hit.title_html} />
        </Link>
      </h2>
      <p>
        <Marked html={hit.snippet_html} />
      </p>
      <p class="meta">
        {hit.dept && <span>{hit.dept}</span>}
        <time>{day(hit.published_at)}</time>
        {!!hit.moved && hit.moved > 0 && <span class="mark">{words.personalised}</span>}
      </p>
    </li>
  );
}

interface Site {
  region?: string;
  name: string | Text;
}

/** A division's code says nothing to a reader. */
const CODE = /^\d+$/;

/** Names of administrative divisions, as far as a site stands for one. */
function useRegions(): Record<string, string> {
  const { lang } = usePortal();
  const { value } = useLoaded(() => get<{ sites: Site[] }>("/v1/sites"), []);
  const sites = value?.sites ?? [];
  // Several sites may share a division; the first is its government's, the others are departments of it.
  return Object.fromEntries([...sites].reverse().map(({ region, name }) => [region ?? "", pick(name, lang)]));
}

function Facets({ answer, query }: { answer: SearchAnswer | undefined; query: URLSearchParams }) {
  const { words } = usePortal();
  const names: Record<string, Record<string, string>> = { kind: words.kind, region: useRegions() };
  const chosen = FILTERS.some((name) => query.has(name));
  return (
    <aside class="facets">
      {chosen && (
        <Link class="clear" href={`/search?q=${encodeURIComponent(query.get("q") ?? "")}`}>
          {words.clear}
        </Link>
      )}
      {FILTERS.map((name) => {
        const counted = answer?.facets?.[name] ?? [];
        const values = name === "region" ? counted.filter(({ value }) => !CODE.test(value) || names.region?.[value]) : counted;
        const current = query.get(name);
        if (!values.length && !current) return null;
        const shown = values.length ? values : [{ value: current!, count: 0 }];
        return (
          <section key={name} aria-label={words.facets[name]}>
            <h2>{words.facets[name]}</h2>
            <ul>
              {shown.slice(0, 8).map(({ value, count }) => (
                <li key={value}>
                  <Link
                    href={address(query, name, current === value ? undefined : value)}
                    aria-current={current === value ? "true" : undefined}
                  >
                    <span>{names[name]?.[value] ?? value}</span>
                    <small>{count}</small>
                  </Link>
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </aside>
  );
}

function Pages({ query, offset, total }: { query: URLSearchParams; offset: number; total: number }) {
  const { words } = usePortal();
  if (total <= PAGE) return null;
  const page = Math.floor(offset / PAGE) + 1;
  return (
    <nav class="pages" aria-label={words.page}>
      {offset > 0 && <Link href={address(query, "offset", String(offset - PAGE))}>{words.previous}</Link>}
      <span>
        {page} / {Math.ceil(total / PAGE)}
      </span>
      {offset + PAGE < total && <Link href={address(query, "offset", String(offset + PAGE))}>{words.next}</Link>}
    </nav>
  );
}

function NoResults() {
  const { words } = usePortal();
  return (
    <div class="no-results">
      <h2>{words.noResults}</h2>
      <p>{words.noResultsHelp}</p>
      <a class="primary" href="tel:12345">
        {words.call}
      </a>
    </div>
  );
}
