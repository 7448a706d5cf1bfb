// A plain column of the newest items of one kind, the same for everybody.

import { get } from "../../api/request";
import { day, pieces } from "../../api/text";
import type { SearchAnswer } from "/sdk/civicsense.js";
import { useLoaded } from "../load";
import { Link, itemAddress } from "../router";
import { usePortal } from "../state";
import { Waiting } from "./waiting";

interface Props {
  kind: string;
  title: string;
  limit: number;
}

export function Listing({ kind, title, limit }: Props) {
  const { words, lang, config } = usePortal();
  const loaded = useLoaded(
    () => get<SearchAnswer>("/v1/search", { q: "", kind, site: config.site.code, limit, lang }),
    [kind, limit, lang],
  );
  return (
    <section class={`listing listing-${kind}`} aria-label={title}>
      <header>
        <h2>{title}</h2>
        <Link href={`/search?kind=${kind}`} aria-label={`${words.more}${words.colon}${title}`}>
          {words.more}
        </Link>
      </header>
      <Waiting {...loaded} lines={limit} />
      <ul>
        {loaded.value?.items.map((item) => (
          <li key={item.id} data-cs-item={item.id} data-cs-kind={item.kind}>
            <Link href={itemAddress(item.id)}>{pieces(item.title_html).map((piece) => piece.text)}</Link>
            <time>{day(item.published_at).slice(5)}</time>
          </li>
        ))}
      </ul>
    </section>
  );
}
