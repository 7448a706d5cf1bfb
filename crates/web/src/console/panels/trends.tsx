// How a number moves, whole or broken down.

import { useCallback, useState } from "preact/hooks";
import { Answer, type Row } from "../answer";
import type { ChartOption } from "../chart";
import { useConsole } from "../state";
import { Choice } from "./choice";

function lines(rows: Row[], name: string, hourly: boolean, words: Record<string, string>): ChartOption {
  const times = [...new Set(rows.map((row) => String(row.time)))].sort();
  const series = new Map<string, Map<string, number>>();
  for (const row of rows) {
    const key = row.series === undefined ? name : String(row.series || "–");
    const line = series.get(key) ?? new Map<string, number>();
    line.set(String(row.time), Number(row.value));
    series.set(key, line);
  }
  return {
    xAxis: {
      type: "category",
      boundaryGap: false,
      data: times.map((time) => (hourly ? time.slice(5, 16).replace("T", " ") : time.slice(5, 10))),
    },
    yAxis: { type: "value", minInterval: 1 },
    series: [...series].map(([key, line]) => ({
      type: "line" as const,
      name: words[key] ?? key,
      data: times.map((time) => line.get(time) ?? 0),
      showSymbol: false,
      smooth: 0.25,
      areaStyle: series.size === 1 ? { opacity: 0.12 } : undefined,
    })),
  };
}

export function Trends() {
  const { words, interval } = useConsole();
  const [metric, setMetric] = useState("page_views");
  const [breakdown, setBreakdown] = useState("");
  const chart = useCallback(
    (rows: Row[]) => lines(rows, words.metric[metric]!, interval === "hour", { ...words.kind, ...words.event }),
    [words, metric, interval],
  );
  const question = { question: "trends", metric, interval, ...(breakdown ? { breakdown, limit: 8 } : {}) };
  return (
    <section id="trends" aria-labelledby="trends-title">
      <h2 id="trends-title">{words.trends}</h2>
      <Answer
        title={words.metric[metric]!}
        question={question}
        chart={chart}
        wide
        tools={
          <>
            <Choice label={words.trends} values={words.metric} value={metric} onChange={setMetric} />
            <Choice label={words.trends} values={words.breakdown} value={breakdown} onChange={setBreakdown} />
          </>
        }
      />
    </section>
  );
}
