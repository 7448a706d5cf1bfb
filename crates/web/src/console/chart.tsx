// A chart on ECharts' modules, drawn on canvas without inline style or markup, so a strict CSP holds.

import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use, type ComposeOption, type ECharts } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import type { BarSeriesOption, LineSeriesOption } from "echarts/charts";
import type { GridComponentOption, LegendComponentOption, TooltipComponentOption } from "echarts/components";
import { useEffect, useRef, useState } from "preact/hooks";

use([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, AriaComponent, CanvasRenderer]);

export type ChartOption = ComposeOption<
  BarSeriesOption | LineSeriesOption | GridComponentOption | LegendComponentOption | TooltipComponentOption
>;

const DARK = matchMedia("(prefers-color-scheme: dark)");

/** Colours that stay apart for the colour-blind, after Okabe and Ito. */
const COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8a8a00", "#7a5195"];

function useDark(): boolean {
  const [dark, setDark] = useState(DARK.matches);
  useEffect(() => {
    const changed = () => setDark(DARK.matches);
    DARK.addEventListener("change", changed);
    return () => DARK.removeEventListener("change", changed);
  }, []);
  return dark;
}

/** The axis with readable labels and quiet lines. */
function axis<T>(given: T | T[] | undefined, ink: string, line: string): T | T[] | undefined {
  if (Array.isArray(given)) return given.map((one) => axis(one, ink, line) as T);
  const { axisLabel, splitLine, ...rest } = (given ?? {}) as Record<string, object>;
  return {
    axisLine: { lineStyle: { color: line } },
    ...rest,
    axisLabel: { color: ink, ...axisLabel },
    splitLine: { lineStyle: { color: line }, ...splitLine },
  } as T;
}

function dressed(option: ChartOption, dark: boolean): ChartOption {
  const ink = dark ? "#c5d0db" : "#51606f";
  const line = dark ? "#2c3a48" : "#e1e7ed";
  return {
    color: COLOURS,
    textStyle: { color: ink, fontFamily: "inherit" },
    animationDuration: 400,
    aria: { enabled: true },
    tooltip: { trigger: "axis", renderMode: "richText", confine: true },
    grid: { left: 12, right: 16, top: 36, bottom: 8, containLabel: true },
    legend: { top: 0, textStyle: { color: ink } },
    ...option,
    xAxis: axis(option.xAxis, ink, line),
    yAxis: axis(option.yAxis, ink, line),
  };
}

interface Props {
  option: ChartOption;
  label: string;
  tall?: boolean;
}

export function Chart({ option, label, tall }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<ECharts>(undefined);
  const dark = useDark();

  useEffect(() => {
    const made = init(place.current!);
    chart.current = made;
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(place.current!);
    return () => {
      observer.disconnect();
      made.dispose();
    };
  }, []);
  useEffect(() => {
    chart.current?.setOption(dressed(option, dark), { notMerge: true });
  }, [option, dark]);

  return <div ref={place} class={tall ? "chart tall" : "chart"} role="img" aria-label={label} />;
}
