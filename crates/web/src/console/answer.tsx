// One question to the warehouse: its answer as chart or table, its SQL, how long it took.

import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Problem, request } from "../api/request";
import { count, percent } from "../api/text";
import type { Table } from "../api/types";
import { Chart, type ChartOption } from "./chart";
import { useConsole } from "./state";
import type { Words } from "./words";

/** One row by the names of its columns. */
export type Row = Record<string, string | number | null>;

/** The rows of an answer by column name. */
export function rowsOf(table: Table): Row[] {
  return table.rows.map((row) =>
    Object.fromEntries(table.columns.map(({ name }, index) => [name, row[index] ?? null])),
  );
}

/** The answer to `question` in the console's scope, asked again when either changes. */
export function useAnswer(question: Record<string, unknown>) {
  const { scope } = useConsole();
  const [table, setTable] = useState<Table>();
  const [problem, setProblem] = useState<Problem>();
  const turn = useRef(0);
  const asked = JSON.stringify({ ...(question.question === "realtime" ? realtime(scope) : scope), ...question });
  const load = useCallback(async () => {
    const mine = ++turn.current;
    try {
      const answer = await request<Table>("POST", "/v1/analytics/query", JSON.parse(asked));
      if (mine !== turn.current) return;
      setTable(answer);
      setProblem(undefined);
    } catch (reason) {
      if (mine === turn.current) setProblem(reason instanceof Problem ? reason : new Problem(0, "", String(reason)));
    }
  }, [asked]);
  useEffect(() => void load(), [load]);
  return { table, problem, load };
}

/** Right now has no period. */
function realtime(scope: Record<string, unknown>): Record<string, unknown> {
  const { from: _from, to: _to, ...rest } = scope;
  return rest;
}

interface Props {
  title: string;
  question: Record<string, unknown>;
  /** How the rows are drawn; without it the table is all there is. */
  chart?: (rows: Row[]) => ChartOption;
  /** What the numbers mean. */
  note?: string;
  tools?: ComponentChildren;
  wide?: boolean;
}

export function Answer({ title, question, chart, note, tools, wide }: Props) {
  const { words } = useConsole();
  const { table, problem, load } = useAnswer(question);
  const [asTable, setAsTable] = useState(!chart);
  const option = useMemo(() => (table && chart ? chart(rowsOf(table)) : undefined), [table, chart]);
  const empty = table?.rows.length === 0;
  return (
    <section class={wide ? "panel wide" : "panel"} aria-label={title} data-question={String(question.question)}>
      <header>
        <h3>{title}</h3>
        <div class="tools">
          {tools}
          {chart && (
            <button type="button" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
              {asTable ? words.chart : words.table}
            </button>
          )}
        </div>
      </header>
      {note && <p class="note">{note}</p>}
      {problem && (
        <p class="failed" role="alert">
          {words.failed}：{problem.message}
          <button type="button" onClick={load}>
            {words.retry}
          </button>
        </p>
      )}
      {!table && !problem && <p class="note">{words.loading}</p>}
      {empty && <p class="note">{words.noData}</p>}
      {table && !empty && (asTable || !option ? <Rows table={table} title={title} /> : <Chart option={option} label={title} />)}
      {table && <Statement table={table} />}
    </section>
  );
}

/** The statement behind the numbers. */
export function Statement({ table }: { table: Table }) {
  const { words } = useConsole();
  return (
    <details class="sql">
      <summary>
        {words.sql}
        <span>
          {words.took} {Math.round(table.took_ms)} ms
        </span>
      </summary>
      <pre tabIndex={0}>{table.sql}</pre>
    </details>
  );
}

function shown(value: string | number | null, name: string, kind: string, words: Words): string {
  if (value === null) return "–";
  if (kind === "ratio") return percent(Number(value));
  if (kind === "count") return name === "key" ? String(value) : count(Number(value));
  if (kind === "seconds" || kind === "number") return Number(value).toFixed(1);
  if (kind === "time") return String(value).replace("T", " ").slice(0, 16);
  if (name === "kind") return words.kind[value] ?? String(value);
  return words.reason[value] ?? String(value);
}

export function Rows({ table, title }: { table: Table; title: string }) {
  const { words } = useConsole();
  // A column that says nothing in any row is not worth its width.
  const columns = table.columns
    .map((column, index) => ({ ...column, index }))
    .filter(({ index }) => table.rows.some((row) => row[index] !== "" && row[index] !== null));
  return (
    <div class="rows" tabIndex={0} role="region" aria-label={title}>
      <table>
        <thead>
          <tr>
            {columns.map(({ name, kind }) => (
              <th key={name} scope="col" class={kind}>
                {words.column[name] ?? name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, line) => (
            <tr key={line}>
              {columns.map(({ name, kind, index }) => (
                <td key={name} class={kind}>
                  {shown(row[index] ?? null, name, kind, words)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
