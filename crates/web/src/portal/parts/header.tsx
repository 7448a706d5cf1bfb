// The top of every page: comfort settings, the site's name, search, navigation, the persona.

import { useState } from "preact/hooks";
import { pick } from "../../api/text";
import { Link } from "../router";
import { usePortal } from "../state";
import { Icon } from "./icons";
import { PersonaChooser } from "./persona";
import { SearchBox } from "./search-box";

function Emblem() {
  return (
    <svg class="emblem" viewBox="0 0 48 48" aria-hidden="true">
      <rect width="48" height="48" rx="11" />
      <path d="M9 33c5-7 9-7 15 0s10 7 15 0" />
      <path class="pale" d="M9 24c5-7 9-7 15 0s10 7 15 0" />
      <circle cx="24" cy="12" r="4.500" />
    </svg>
  );
}

function Comforts() {
  const { words, lang, elder, setComfort, config, persona } = usePortal();
  const [choosing, setChoosing] = useState(false);
  return (
    <>
      <div class="comforts">
        <div class="wrap">
          <span class="today">{new Date().toLocaleDateString("sv-SE")}</span>
          {config.demo && (
            <button type="button" class="persona-pill" aria-haspopup="dialog" onClick={() => setChoosing(true)}>
              <Icon name="user" />
              <span>
                {words.personaNow}
                {words.colon}<strong>{persona ? pick(persona.name, lang) : words.personaNone}</strong>
              </span>
              <Icon name="chevron" />
            </button>
          )}
          <button type="button" aria-pressed={elder} onClick={() => setComfort({ elder: !elder })}>
            {elder ? words.standard : words.elder}
          </button>
          <button
            type="button"
            lang={lang === "zh" ? "en" : "zh-CN"}
            aria-label={words.otherLabel}
            onClick={() => setComfort({ lang: lang === "zh" ? "en" : "zh" })}
          >
            {words.other}
          </button>
        </div>
      </div>
      {choosing && <PersonaChooser onClose={() => setChoosing(false)} />}
    </>
  );
}

function Navigation({ place, query }: { place: string; query: URLSearchParams }) {
  const { words } = usePortal();
  const kind = place === "/search" && !query.get("q") ? query.get("kind") : null;
  const links: [string, string, boolean][] = [
    ["/", words.home, place === "/"],
    ["/search?kind=service", words.services, kind === "service"],
    ["/search?kind=policy", words.policies, kind === "policy"],
    ["/search?kind=interpretation", words.interpretations, kind === "interpretation"],
    ["/search?kind=news", words.news, kind === "news"],
    ["/search?kind=qa", words.qas, kind === "qa"],
    ["/me", words.mine, place === "/me"],
  ];
  return (
    <nav class="navigation" aria-label={words.menu}>
      <ul class="wrap">
        {links.map(([href, name, current]) => (
          <li key={href}>
            <Link href={href} aria-current={current ? "page" : undefined}>
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

export function Header({ place, query }: { place: string; query: URLSearchParams }) {
  const { words, config, lang } = usePortal();
  const home = place === "/";
  return (
    <header class={home ? "top home" : "top"}>
      <Comforts />
      <div class="banner">
        <div class="wrap">
          <Link href="/" class="brand">
            <Emblem />
            <span>
              <strong>{pick(config.site.name, lang)}</strong>
              <small>{words.tagline}</small>
            </span>
          </Link>
          <SearchBox text={query.get("q") ?? ""} />
          {home && (
            <p class="hot">
              <span>{words.hot}</span>
              {words.hotWords.map((word) => (
                <Link key={word} href={`/search?q=${encodeURIComponent(word)}`}>
                  {word}
                </Link>
              ))}
            </p>
          )}
        </div>
      </div>
      <Navigation place={place} query={query} />
    </header>
  );
}
