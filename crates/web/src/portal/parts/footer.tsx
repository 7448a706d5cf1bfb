// The foot of every page: how recommending works, where to complain, that this is a demonstration.

import { pick } from "../../api/text";
import { Link } from "../router";
import { usePortal } from "../state";

export function Footer() {
  const { words, config, lang } = usePortal();
  return (
    <footer class="foot">
      <div class="wrap">
        <div>
          <strong>{pick(config.site.name, lang)}</strong>
          <p>{words.transparency}</p>
          {config.demo && <p>{words.footer}</p>}
        </div>
        <nav aria-label={words.about}>
          <Link href="/transparency">{words.rules}</Link>
          <Link href="/me">{words.whyManage}</Link>
          <a href="tel:12345">{words.call}</a>
          <a href="/console">{words.console}</a>
          <a href={`/feeds/${config.site.code}/news.rss`}>RSS</a>
          <a href="/docs">API</a>
        </nav>
      </div>
    </footer>
  );
}
