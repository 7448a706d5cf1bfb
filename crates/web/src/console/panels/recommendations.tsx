// How recommended lists perform: shown, clicked, and where in the list.

import { useCallback } from "preact/hooks";
import { Answer, type Row } from "../answer";
import type { ChartOption } from "../chart";
import { useConsole } from "../state";
import type { Words } from "../words";

/** Impressions as bars, the share clicked as a line on its own axis. */
function shownAndClicked(rows: Row[], words: Words, name: (key: string) => string): ChartOption {
  const percentage = (row: Row) => Math.round(Number(row.ctr) * 10_000) / 100;
  return {
    xAxis: { type: "category", data: rows.map((row) => name(String(row.key))) },
    yAxis: [
      { type: "value", minInterval: 1 },
      { type: "value", axisLabel: { formatter: "{value}%" }, splitLine: { show: false } },
    ],
    series: [
      { type: "bar", name: words.column.impressions, data: rows.map((row) => Number(row.impressions)), barMaxWidth: 26 },
      { type: "line", name: words.column.ctr, yAxisIndex: 1, data: rows.map(percentage), symbolSize: 7 },
    ],
  };
}

export function RecommendationPerformance() {
  const { words } = useConsole();
  const position = useCallback(
    (rows: Row[]) => shownAndClicked(rows, words, (key) => String(Number(key) + 1)),
    [words],
  );
  const reason = useCallback(
    (rows: Row[]) => shownAndClicked(rows, words, (key) => words.reason[key] ?? (key || "–")),
    [words],
  );
  const day = useCallback((rows: Row[]) => shownAndClicked(rows, words, (key) => key.slice(5, 10)), [words]);
  const question = (by: string) => ({ question: "recommendations", by });
  return (
    <section id="recommendations" aria-labelledby="recommendations-title">
      <h2 id="recommendations-title">{words.recommendations}</h2>
      <p class="note">{words.definition.ctr}</p>
      <div class="grid">
        <Answer title={words.position} question={question("position")} chart={position} />
        <Answer title={words.reasons} question={question("reason")} chart={reason} />
        <Answer title={words.days} question={question("day")} chart={day} />
        <Answer title={words.policy} question={question("policy")} />
      </div>
    </section>
  );
}
