// The home page: what concerns everybody first, then what this visitor needs, then the columns.

import { useEffect, useRef } from "preact/hooks";
import type { Need, Recommendation, Recommendations } from "/sdk/civicsense.js";
import { day, pick } from "../../api/text";
import { useLoaded } from "../load";
import { Icon, type IconName } from "../parts/icons";
import { Listing } from "../parts/listing";
import { PersonaStrip } from "../parts/persona";
import { Recommended } from "../parts/recommended";
import { Waiting } from "../parts/waiting";
import { Link, itemAddress } from "../router";
import { usePortal } from "../state";

/** The most used services, always here: a citizen in a hurry needs no algorithm. */
const TASKS: [IconName, string, string, string][] = [
  ["card", "社保卡", "Social security card", "社保卡"],
  ["fund", "公积金", "Housing fund", "公积金提取"],
  ["heart", "医保报销", "Medical insurance", "医保报销"],
  ["child", "新生儿", "Newborn", "出生登记"],
  ["school", "入学报名", "School enrolment", "入学"],
  ["id", "居住证", "Residence permit", "居住证"],
  ["wheel", "驾驶证", "Driving licence", "驾驶证"],
  ["elder", "养老", "Pension", "养老金"],
  ["shop", "开办企业", "Start a business", "营业执照"],
  ["house", "不动产", "Property", "不动产登记"],
];

/** Enough for the bands that concern everybody and a full personal section; all of it is shown. */
const ASKED = 16;

const EVERYBODY = new Set(["emergency", "mandated"]);

export function Home() {
  const { words, lang, client, config, epoch, persona } = usePortal();
  const loaded = useLoaded(() => client.recommend({ surface: "home", limit: ASKED }), [client, epoch, lang]);

  useEffect(() => {
    document.title = pick(config.site.name, lang);
    client.page({ column_id: "home" });
  }, [client, epoch]);

  // An emergency, or its end, shows without a reload.
  useEffect(() => {
    const stream = new EventSource(`/v1/stream?site=${encodeURIComponent(config.site.code)}`);
    for (const sign of ["emergency", "retract", "gap"]) stream.addEventListener(sign, loaded.again);
    return () => stream.close();
  }, [config, loaded.again]);

  const answer = loaded.value;
  const items = answer?.items ?? [];
  const urgent = items.filter((item) => item.reason.code === "emergency");
  const mandated = items.filter((item) => item.reason.code === "mandated");
  const rest = items.filter((item) => !EVERYBODY.has(item.reason.code));

  return (
    <>
      {answer && urgent.length > 0 && <Urgent answer={answer} items={urgent} />}
      <div class="wrap home-grid">
        <section class="for-you" aria-labelledby="for-you">
          <header class="section-head">
            <h2 id="for-you">{answer?.personalized ? words.forYou : words.forAll}</h2>
            <p>{answer?.personalized ? words.personalisedNote : words.generalNote}</p>
          </header>
          {config.demo && <PersonaStrip />}
          <p class="hidden" role="status">
            {persona && answer && !loaded.loading ? words.updated : ""}
          </p>
          {answer?.degraded && <p class="degraded">{words.degraded}</p>}
          {answer?.personalized && <Because items={rest} />}
          <Waiting {...loaded} lines={6} />
          {answer && (
            <div class={loaded.loading ? "settling" : ""}>
              <Recommended key={answer.request_id} answer={answer} items={rest} />
            </div>
          )}
        </section>
        <aside class="beside">
          <Tasks />
          {answer && mandated.length > 0 && <Mandated answer={answer} items={mandated} />}
        </aside>
      </div>
      <div class="wrap columns">
        <Listing kind="news" title={words.news} limit={6} />
        <Listing kind="notice" title={words.notices} limit={6} />
        <Listing kind="policy" title={words.policies} limit={6} />
        <Listing kind="interpretation" title={words.interpretations} limit={6} />
        <Listing kind="qa" title={words.qas} limit={6} />
        <Listing kind="service" title={words.services} limit={6} />
      </div>
    </>
  );
}

interface BandProps {
  answer: Recommendations;
  items: Recommendation[];
}

/** Bands are recommended lists too: what was seen and clicked there is counted alike. */
function useSeen(answer: Recommendations) {
  const { client } = usePortal();
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    if (list.current) client.watch(list.current);
  }, [client, answer]);
  return { ref: list, "data-cs-rec": answer.request_id, "data-cs-policy": answer.policy };
}

function marks(item: Recommendation) {
  return {
    "data-cs-item": item.id,
    "data-cs-kind": item.kind,
    "data-cs-pos": item.position,
    "data-cs-reason": item.reason.code,
  };
}

function Urgent({ answer, items }: BandProps) {
  const { words, lang } = usePortal();
  const seen = useSeen(answer);
  return (
    <section class="urgent" aria-label={words.emergency}>
      <div class="wrap">
        <strong>
          <Icon name="alert" /> {words.emergency}
        </strong>
        <ul {...seen}>
          {items.map((item) => (
            <li key={item.id} {...marks(item)}>
              <Link href={itemAddress(item.id)}>{pick(item.title, lang)}</Link>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

function Mandated({ answer, items }: BandProps) {
  const { words, lang } = usePortal();
  const seen = useSeen(answer);
  return (
    <section class="mandated" aria-labelledby="mandated">
      <h2 id="mandated">
        <Icon name="star" /> {words.mandated}
      </h2>
      <ul {...seen}>
        {items.map((item) => (
          <li key={item.id} {...marks(item)}>
            <Link href={itemAddress(item.id)}>{pick(item.title, lang)}</Link>
            <small>
              {pick(item.reason.text, lang)} · {day(item.published_at)}
            </small>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Tasks() {
  const { words, lang } = usePortal();
  return (
    <section class="tasks" aria-labelledby="tasks">
      <header>
        <h2 id="tasks">{words.quick}</h2>
        <Link href="/search?kind=service">{words.quickAll}</Link>
      </header>
      <ul>
        {TASKS.map(([icon, zh, en, query]) => (
          <li key={query}>
            <Link href={`/search?q=${encodeURIComponent(query)}&kind=service`}>
              <Icon name={icon} />
              <span>{lang === "zh" ? zh : en}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The needs most of the list rests on. */
function Because({ items }: { items: Recommendation[] }) {
  const { words, lang } = usePortal();
  const tally = new Map<string, { need: Need; times: number }>();
  for (const item of items.filter((one) => one.personalized)) {
    for (const need of (item.needs ?? []).slice(0, 1)) {
      const known = tally.get(need.id) ?? { need, times: 0 };
      tally.set(need.id, { need, times: known.times + 1 });
    }
  }
  const top = [...tally.values()].sort((a, b) => b.times - a.times).slice(0, 4);
  if (!top.length) return null;
  return (
    <p class="because">
      <span>{words.becauseNeeds}</span>
      {top.map(({ need }) => (
        <Link key={need.id} class="chip" href="/me">
          {pick(need, lang)}
        </Link>
      ))}
    </p>
  );
}
