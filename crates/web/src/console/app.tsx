// The console's frame: what is asked about on top, where to go on the left, the panels in the middle.

import { useEffect, useState } from "preact/hooks";
import { get } from "../api/request";
import { pick } from "../api/text";
import type { Text } from "/sdk/civicsense.js";
import { Gate } from "./gate";
import { Content } from "./panels/content";
import { Editors } from "./panels/editors";
import { Experiments } from "./panels/experiments";
import { Live } from "./panels/live";
import { Overview } from "./panels/overview";
import { RecommendationPerformance } from "./panels/recommendations";
import { SearchTerms } from "./panels/search";
import { Status } from "./panels/status";
import { Trends } from "./panels/trends";
import { useConsole, type Period } from "./state";

interface Site {
  code: string;
  name: string | Text;
}

function Filters() {
  const { words, lang, period, site, bots, set, refresh } = useConsole();
  const [sites, setSites] = useState<Site[]>([]);
  useEffect(() => {
    get<{ sites: Site[] }>("/v1/sites").then(
      (answer) => setSites(answer.sites),
      () => setSites([]),
    );
  }, []);
  return (
    <div class="filters">
      <div role="group" aria-label={words.periodLabel} class="segments">
        {(["24h", "7d", "30d"] as Period[]).map((one) => (
          <button key={one} type="button" aria-pressed={period === one} onClick={() => set({ period: one })}>
            {words.period[one]}
          </button>
        ))}
      </div>
      <label>
        <span class="hidden">{words.site}</span>
        <select value={site} onChange={(event) => set({ site: event.currentTarget.value })}>
          <option value="">{words.allSites}</option>
          {sites.map((one) => (
            <option key={one.code} value={one.code}>
              {pick(one.name, lang)}
            </option>
          ))}
        </select>
      </label>
      <label>
        <input type="checkbox" checked={bots} onChange={(event) => set({ bots: event.currentTarget.checked })} />
        {words.bots}
      </label>
      <button type="button" onClick={refresh}>
        {words.refresh}
      </button>
    </div>
  );
}

export function App() {
  const { words, lang, set } = useConsole();
  const sections = ["overview", "live", "trends", "content", "recommendations", "experiments", "search", "editors", "status"] as const;
  return (
    <>
      <a class="skip" href="#main">
        {words.skip}
      </a>
      <header class="bar">
        <a class="brand" href="/console">
          <img src="/favicon.svg" alt="" width="30" height="30" />
          <strong>{words.title}</strong>
        </a>
        <Filters />
        <div class="links">
          <button type="button" onClick={() => set({ lang: lang === "zh" ? "en" : "zh" })}>
            {words.other}
          </button>
          <a href="/">{words.portal}</a>
          <a href="/docs">API</a>
        </div>
      </header>
      <div class="frame">
        <nav aria-label={words.menu}>
          <ul>
            {sections.map((section) => (
              <li key={section}>
                <a href={`#${section}`}>{words[section]}</a>
              </li>
            ))}
          </ul>
        </nav>
        <main id="main" tabIndex={-1}>
          <Gate>
            <Overview />
            <Live />
            <Trends />
            <Content />
            <RecommendationPerformance />
            <Experiments />
            <SearchTerms />
            <Editors />
            <Status />
          </Gate>
        </main>
      </div>
    </>
  );
}
