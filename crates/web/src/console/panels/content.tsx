// What is read most.

import { useCallback, useState } from "preact/hooks";
import { Answer, type Row } from "../answer";
import type { ChartOption } from "../chart";
import { useConsole } from "../state";
import { Choice } from "./choice";

const BARS = 12;

export function Content() {
  const { words } = useConsole();
  const [by, setBy] = useState("item");
  const [order, setOrder] = useState("views");
  const column = order === "engaged" ? "engaged_seconds" : order;
  const chart = useCallback(
    (rows: Row[]): ChartOption => {
      const top = rows.slice(0, BARS).reverse();
      const name = (row: Row) => String(row.title || words.kind[String(row.key)] || row.key);
      return {
        legend: { show: false },
        grid: { left: 12, right: 32, top: 8, bottom: 8, containLabel: true },
        xAxis: { type: "value", minInterval: 1 },
        yAxis: {
          type: "category",
          data: top.map(name),
          axisLabel: { width: 300, overflow: "truncate" },
        },
        series: [
          {
            type: "bar",
            name: words.column[column],
            data: top.map((row) => Number(row[column])),
            barMaxWidth: 18,
            itemStyle: { borderRadius: [0, 4, 4, 0] },
          },
        ],
      };
    },
    [words, column],
  );
  return (
    <section id="content" aria-labelledby="content-title">
      <h2 id="content-title">{words.content}</h2>
      <Answer
        title={words.content}
        question={{ question: "top_content", by, order, limit: 50 }}
        chart={chart}
        wide
        tools={
          <>
            <Choice label={words.content} values={words.by} value={by} onChange={setBy} />
            <Choice label={words.content} values={words.order} value={order} onChange={setOrder} />
          </>
        }
      />
    </section>
  );
}
