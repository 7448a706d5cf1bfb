// How lists are made, in plain words: the page the rules on recommendation algorithms ask a portal to publish.

import { useEffect } from "preact/hooks";
import { get } from "../../api/request";
import { count, minute, pick } from "../../api/text";
import type { Transparency } from "../../api/types";
import { useLoaded } from "../load";
import { Waiting } from "../parts/waiting";
import { Link } from "../router";
import { usePortal } from "../state";

export function TransparencyPage() {
  const { words, client, lang } = usePortal();
  const loaded = useLoaded(() => get<Transparency>("/v1/transparency"), []);

  useEffect(() => {
    document.title = words.rules;
    client.page({ column_id: "transparency" });
  }, [client, words]);

  const told = loaded.value;
  return (
    <div class="wrap rules">
      <header class="section-head">
        <h1>{words.rules}</h1>
        <p>{words.rulesAbout}</p>
      </header>
      <Waiting {...loaded} lines={8} />
      {told && (
        <>
          <section class="panel">
            <h2>{words.rulesPrinciples}</h2>
            <ul class="told">
              {told.rules.map((rule) => (
                <li key={rule.en}>{pick(rule, lang)}</li>
              ))}
            </ul>
          </section>
          <section class="panel">
            <h2>{words.rulesModels}</h2>
            <dl class="told">
              {told.models.map(({ name, about }) => (
                <div key={name}>
                  <dt>{words.model[name] ?? name}</dt>
                  <dd>{pick(about, lang)}</dd>
                </div>
              ))}
            </dl>
            <p class="quiet">{pick(told.not_used, lang)}</p>
          </section>
          <section class="panel">
            <h2>{words.rulesNeeds}</h2>
            <p>{needs(told, words.needRules)}</p>
            <h2>{words.rulesLearnt}</h2>
            <p>{learnt(told, words)}</p>
          </section>
          <section class="panel">
            <h2>{words.rulesLists}</h2>
            <table class="told">
              <thead>
                <tr>
                  <th scope="col">{words.surface}</th>
                  <th scope="col">{words.sources}</th>
                  <th scope="col">{words.version}</th>
                </tr>
              </thead>
              <tbody>
                {told.lists.map(({ surface, policy, sources }) => (
                  <tr key={policy}>
                    <th scope="row">{words.surfaceNames[surface] ?? surface}</th>
                    <td>{sources.map((name) => words.sourceNames[name] ?? name).join(lang === "zh" ? "、" : ", ")}</td>
                    <td>
                      <code>{policy}</code>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
          <section class="panel">
            <h2>{words.rulesWays}</h2>
            <ul class="told">
              {told.ways_out.map(({ about, call }) => (
                <li key={call}>{pick(about, lang)}</li>
              ))}
            </ul>
            <p>
              <Link href="/me" class="primary">
                {words.mine}
              </Link>
            </p>
          </section>
        </>
      )}
    </div>
  );
}

function needs({ needs }: Transparency, say: (...numbers: [number, number, number, number]) => string): string {
  return say(needs.inferred, needs.visit_only, needs.declared_only, needs.half_life_days);
}

function learnt({ learnt }: Transparency, words: ReturnType<typeof usePortal>["words"]): string {
  if (!learnt) return words.learntNone;
  const { uses, items, visitors, robots, trained_at } = learnt;
  return words.learnt(count(uses), count(items), count(visitors), count(robots), minute(trained_at));
}
