// One item: its text, the service card where it is a service, feedback, related items.

import { useEffect, useRef, useState } from "preact/hooks";
import { get, request } from "../../api/request";
import { day, minute, pick } from "../../api/text";
import type { Item } from "../../api/types";
import { useLoaded } from "../load";
import { Icon } from "../parts/icons";
import { ServiceCard } from "../parts/service";
import { Waiting } from "../parts/waiting";
import { Link, go } from "../router";
import { usePortal } from "../state";

export function ItemPage({ id }: { id: string }) {
  const { words, lang, client, epoch } = usePortal();
  const loaded = useLoaded(() => get<Item>(`/v1/items/${encodeURIComponent(id)}`), [id]);
  const item = loaded.value;

  useEffect(() => {
    if (!item) return;
    document.title = pick(item.title, lang);
    const { kind, column, dept } = item;
    client.page({ item_id: item.id, item_kind: kind, column_id: column, dept, service_id: item.service?.task_code });
  }, [client, item, epoch]);

  if (loaded.problem?.status === 404) {
    return (
      <div class="wrap no-results">
        <h1>{words.missing}</h1>
        <p>{words.notFound}</p>
        <Link class="primary" href="/">
          {words.back}
        </Link>
      </div>
    );
  }
  return (
    <div class="wrap item-grid">
      <article class="article">
        <Waiting {...loaded} lines={8} />
        {item && <Article item={item} />}
      </article>
      <aside class="beside">
        {item && (
          <>
            <Related id={item.id} />
            <Actions item={item} />
          </>
        )}
      </aside>
    </div>
  );
}

function Article({ item }: { item: Item }) {
  const { words, lang } = usePortal();
  const paragraphs = item.body.split(/\n+/).filter((line) => line.trim());
  return (
    <>
      <p class="crumbs">
        <Link href="/">{words.home}</Link>
        <span aria-hidden="true">›</span>
        <Link href={`/search?kind=${item.kind}`}>{words.kind[item.kind] ?? item.kind}</Link>
      </p>
      <h1>{pick(item.title, lang)}</h1>
      <p class="meta">
        {item.dept && (
          <span>
            {words.source}
            {words.colon}{item.dept}
          </span>
        )}
        <span>
          {words.published}
            {words.colon}<time>{minute(item.published_at)}</time>
        </span>
        {item.doc_number && (
          <span>
            {words.document}
            {words.colon}{item.doc_number}
          </span>
        )}
        {item.expires_at && (
          <span>
            {words.expires}
            {words.colon}{day(item.expires_at)}
          </span>
        )}
      </p>
      {pick(item.summary, lang) && <p class="lead">{pick(item.summary, lang)}</p>}
      {item.service && <ServiceCard item={item} service={item.service} />}
      <div class="body" lang="zh-CN">
        {paragraphs.map((text, index) => (
          <p key={index}>{text}</p>
        ))}
      </div>
    </>
  );
}

/** The SDK's own widget, as any portal would embed it. */
function Related({ id }: { id: string }) {
  const { words, client, lang, epoch } = usePortal();
  const place = useRef<HTMLElement>(null);
  useEffect(() => {
    if (place.current) void client.fill(place.current);
  }, [client, id, lang, epoch]);
  /** The widget's links are ordinary ones; here they need no reload. */
  const follow = (event: MouseEvent) => {
    const link = (event.target as Element).closest("a");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go(link.pathname);
  };
  return (
    <section class="related" ref={place} aria-labelledby="related" onClick={follow}>
      <h2 id="related">{words.related}</h2>
      <div
        key={`${id} ${lang}`}
        data-cs-recommend="item"
        data-item={id}
        data-limit="6"
        data-href="/item/{id}"
        aria-label={words.related}
      />
    </section>
  );
}

function Actions({ item }: { item: Item }) {
  const { words, client } = usePortal();
  const [thanked, setThanked] = useState(false);
  const say = (verdict: "useful" | "not_useful" | "wrong") => {
    client.feedback(item.id, verdict, { item_kind: item.kind });
    setThanked(true);
  };
  return (
    <section class="actions">
      <Follow name={words.subscribe} type="item" value={item.id} />
      {item.dept && <Follow name={`${words.subscribeTo}${item.dept}`} type="dept" value={item.dept} />}
      <div role="group" aria-label={words.useful}>
        <p>{words.useful}</p>
        {thanked ? (
          <p role="status">{words.thanks}</p>
        ) : (
          <p class="verdicts">
            <button type="button" onClick={() => say("useful")}>
              {words.yes}
            </button>
            <button type="button" onClick={() => say("not_useful")}>
              {words.no}
            </button>
            <button type="button" onClick={() => say("wrong")}>
              {words.wrong}
            </button>
          </p>
        )}
      </div>
    </section>
  );
}

function Follow({ name, type, value }: { name: string; type: "item" | "dept"; value: string }) {
  const { words } = usePortal();
  const [state, setState] = useState<"no" | "yes" | "failed">("no");
  const follow = () =>
    request("POST", "/v1/me/subscriptions", { type, value }).then(
      () => setState("yes"),
      () => setState("failed"),
    );
  const done = state === "yes";
  return (
    <button type="button" class="secondary" aria-pressed={done} disabled={done} onClick={follow}>
      <Icon name={done ? "check" : "bell"} /> {done ? words.subscribed : state === "failed" ? words.failed : name}
    </button>
  );
}
