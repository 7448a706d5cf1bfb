// Experiments: their arms side by side, whether the shares came out as they should, and what is clicked more.

import { useEffect, useState } from "preact/hooks";
import { get, told } from "../../api/request";
import { count, percent, share } from "../../api/text";
import { useConsole, type Period } from "../state";
import type { Words } from "../words";
import { Arms, type Arm, type Seen } from "./arms";
import { NoExperiments } from "./no-experiments";
import { Shares, TELLING } from "./shares";

interface Experiment {
  name: string;
  surface: string;
  layer: string;
  traffic: number;
  arms: Arm[];
  ratio_p: number;
  mismatch: boolean;
}

interface Answer {
  holdout?: (Seen & { share: number; pipeline: string }) | null;
  experiments: Experiment[];
}

const DAYS: Record<Period, number> = { "24h": 1, "7d": 7, "30d": 30 };

function stateOf({ arms, mismatch, traffic }: Experiment): string {
  const units = arms.reduce((sum, arm) => sum + arm.units, 0);
  if (mismatch) return "broken";
  if (traffic === 0) return "stopped";
  if (units === 0) return "waiting";
  return units < TELLING ? "early" : "running";
}

function One({ experiment }: { experiment: Experiment }) {
  const { words } = useConsole();
  const said = words.experimenting;
  const state = stateOf(experiment);
  return (
    <section class="panel" aria-label={experiment.name} data-experiment={experiment.name}>
      <header>
        <h3>{experiment.name}</h3>
        <span class={`badge ${state}`}>{said.states[state]}</span>
      </header>
      <p class="note">
        {said.where} {experiment.surface} · {said.layer} {experiment.layer} · {said.traffic} {share(experiment.traffic)}
      </p>
      <Shares {...experiment} />
      <Arms arms={experiment.arms} mismatch={experiment.mismatch} title={experiment.name} />
    </section>
  );
}

function HoldOut({ of: held, words }: { of: NonNullable<Answer["holdout"]>; words: Words }) {
  const said = words.experimenting;
  return (
    <section class="panel" aria-label={said.holdout} data-experiment="holdout">
      <header>
        <h3>
          {said.holdout} {share(held.share)}
        </h3>
      </header>
      <p class="note">
        {said.holdoutAbout} {held.pipeline}
      </p>
      <dl class="figures">
        {[
          [said.units, count(held.units)],
          [said.shown, count(held.impressions)],
          [said.clicks, count(held.clicks)],
          [said.ctr, held.ctr ? percent(held.ctr.value) : "–"],
        ].map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

export function Experiments() {
  const { words, period, scope } = useConsole();
  const [answer, setAnswer] = useState<Answer>();
  const [problem, setProblem] = useState("");
  const [again, setAgain] = useState(0);
  useEffect(() => {
    let current = true;
    get<Answer>("/v1/console/experiments", { days: DAYS[period] }).then(
      (found) => {
        if (!current) return;
        setAnswer(found);
        setProblem("");
      },
      (reason: unknown) => current && setProblem(told(reason)),
    );
    return () => {
      current = false;
    };
    // The scope is new with every tick of the console.
  }, [period, scope, again]);
  const none = answer && answer.experiments.length === 0 && !answer.holdout;
  return (
    <section id="experiments" aria-labelledby="experiments-title">
      <h2 id="experiments-title">{words.experiments}</h2>
      {problem && (
        <p class="failed" role="alert">
          {words.failed}：{problem}
          <button type="button" onClick={() => setAgain(again + 1)}>
            {words.retry}
          </button>
        </p>
      )}
      {!answer && !problem && <p class="note">{words.loading}</p>}
      {none && <NoExperiments />}
      {answer && !none && (
        <>
          <p class="note">{words.experimenting.about}</p>
          <div class="grid roomy">
            {answer.experiments.map((one) => (
              <One key={one.name} experiment={one} />
            ))}
            {answer.holdout && <HoldOut of={answer.holdout} words={words} />}
          </div>
          <p class="note after">{words.experimenting.unitsAbout}</p>
        </>
      )}
    </section>
  );
}
