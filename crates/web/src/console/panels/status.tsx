// How the engine itself is: whatever the server reports, group by group.

import { useEffect, useState } from "preact/hooks";
import { get, told } from "../../api/request";
import { count, minute } from "../../api/text";
import { useConsole } from "../state";
import type { Words } from "../words";

type Report = Record<string, unknown>;

const REFRESH_MS = 10_000;

function isGroup(value: unknown): value is Report {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A number with the unit its name ends in. */
function withUnit(name: string, value: number): string {
  if (/_bytes$|^bytes$/.test(name)) return `${(value / 2 ** 20).toFixed(1)} MiB`;
  if (/_s$/.test(name)) return value >= 7200 ? `${(value / 3600).toFixed(1)} h` : `${count(value)} s`;
  if (/_ms$/.test(name)) return `${count(value)} ms`;
  return Number.isInteger(value) ? count(value) : String(Math.round(value * 10_000) / 10_000);
}

function shown(name: string, value: unknown, words: Words): string {
  if (value === null || value === undefined || value === "") return words.none;
  if (typeof value === "boolean") return value ? words.yes : words.no;
  if (typeof value === "number") return withUnit(name, value);
  if (typeof value === "string") return /^\d{4}-\d\d-\d\dT/.test(value) ? minute(value) : value;
  return Array.isArray(value) ? value.join(", ") : String(value);
}

/** A list of name and value is a group as well. */
function asGroup(value: unknown): Report | undefined {
  if (isGroup(value)) return value;
  const pairs = Array.isArray(value) && value.length > 0 && value.every((one) => Array.isArray(one) && one.length === 2);
  return pairs ? (Object.fromEntries(value as [string, unknown][]) as Report) : undefined;
}

function Group({ name, report }: { name: string; report: Report }) {
  const { words } = useConsole();
  return (
    <section class="panel" aria-label={name}>
      <h3>{name.replaceAll("_", " ")}</h3>
      <Facts report={report} words={words} />
    </section>
  );
}

function Facts({ report, words }: { report: Report; words: Words }) {
  return (
    <dl class="facts">
      {Object.entries(report).map(([key, value]) => {
        const group = asGroup(value);
        return (
          <div key={key}>
            <dt>{key.replaceAll("_", " ")}</dt>
            <dd>{group ? <Facts report={group} words={words} /> : shown(key, value, words)}</dd>
          </div>
        );
      })}
    </dl>
  );
}

export function Status() {
  const { words } = useConsole();
  const [report, setReport] = useState<Report>();
  const [problem, setProblem] = useState("");
  useEffect(() => {
    const load = () => {
      if (document.visibilityState === "hidden") return;
      get<Report>("/v1/console/status").then(
        (answer) => {
          setReport(answer);
          setProblem("");
        },
        (reason: unknown) => setProblem(told(reason)),
      );
    };
    load();
    const timer = setInterval(load, REFRESH_MS);
    return () => clearInterval(timer);
  }, []);

  const entries = Object.entries(report ?? {});
  const single = Object.fromEntries(entries.filter(([, value]) => !isGroup(value)));
  return (
    <section id="status" aria-labelledby="status-title">
      <h2 id="status-title">{words.status}</h2>
      {problem && (
        <p class="failed" role="alert">
          {words.failed}：{problem}
        </p>
      )}
      <div class="grid three">
        {Object.keys(single).length > 0 && <Group name="civicsense" report={single} />}
        {entries.map(([name, value]) => isGroup(value) && <Group key={name} name={name} report={value} />)}
      </div>
    </section>
  );
}
