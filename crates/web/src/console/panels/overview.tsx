// The numbers one looks at first, each with the statement behind it.

import { count, percent } from "../../api/text";
import type { Table } from "../../api/types";
import { Statement, rowsOf, useAnswer, type Row } from "../answer";
import { useConsole } from "../state";

interface TileProps {
  name: string;
  question: Record<string, unknown>;
  number(rows: Row[]): string;
  note?: string;
}

const sum = (rows: Row[], column: string) => rows.reduce((total, row) => total + Number(row[column] ?? 0), 0);

function Tile({ name, question, number, note }: TileProps) {
  const { table, problem } = useAnswer(question);
  return (
    <section class="tile" aria-label={name} title={note}>
      <h3>{name}</h3>
      <p class="number">{problem ? "–" : table ? number(rowsOf(table as Table)) : "…"}</p>
      {table && <Statement table={table} />}
    </section>
  );
}

export function Overview() {
  const { words } = useConsole();
  const trend = (metric: string) => ({ question: "trends", metric, interval: "day" });
  return (
    <section id="overview" aria-labelledby="overview-title">
      <h2 id="overview-title">{words.overview}</h2>
      <div class="tiles">
        <Tile name={words.metric.page_views!} question={trend("page_views")} number={(rows) => count(sum(rows, "value"))} />
        <Tile name={words.metric.sessions!} question={trend("sessions")} number={(rows) => count(sum(rows, "value"))} />
        <Tile name={words.metric.searches!} question={trend("searches")} number={(rows) => count(sum(rows, "value"))} />
        <Tile
          name={words.column.ctr!}
          question={{ question: "recommendations", by: "policy" }}
          number={(rows) => percent(sum(rows, "clicks") / sum(rows, "impressions"))}
          note={words.definition.ctr}
        />
        <Tile
          name={words.column.zero_result_rate!}
          question={{ question: "search", report: "summary" }}
          number={(rows) => percent(Number(rows[0]?.zero_result_rate ?? Number.NaN))}
          note={words.definition.zero}
        />
      </div>
    </section>
  );
}
