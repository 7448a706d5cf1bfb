// The arms of an experiment as one table: shares asked and seen, clicks with their interval drawn on one scale.

import { count, percent, share } from "../../api/text";
import { useConsole } from "../state";
import type { Words } from "../words";

/** A rate or a difference of rates; without an interval while there is too little to tell. */
interface Span {
  value: number;
  low?: number;
  high?: number;
}

/** Who saw lists, and what they clicked. */
export interface Seen {
  units: number;
  impressions: number;
  clicks: number;
  ctr?: Span;
}

export interface Arm extends Seen {
  name: string;
  pipeline: string;
  share: number;
  above_first?: Span;
}

/** How far an arm is from the first, in words, then in points of a hundred. */
function compared(arm: Arm, first: boolean, mismatch: boolean, words: Words): string {
  const said = words.experimenting;
  if (first) return said.first;
  if (mismatch) return said.untold;
  const { above_first: above } = arm;
  if (above?.low === undefined || above.high === undefined) return said.few;
  const verdict = above.low > 0 ? said.more : above.high < 0 ? said.less : said.same;
  const points = (rate: number) => `${rate > 0 ? "+" : ""}${(rate * 100).toFixed(2)}`;
  return `${verdict} (${points(above.low)} … ${points(above.high)} ${said.points})`;
}

/** The interval as a line, the estimate as a dot, on the scale that all arms share. */
function Interval({ span, scale }: { span: Span; scale: [number, number] }) {
  const { low, high, value } = span;
  const [from, to] = scale;
  if (low === undefined || high === undefined || to <= from) return null;
  const at = (rate: number) => `${((rate - from) / (to - from)) * 100}%`;
  return (
    <svg class="interval" width="100%" height="12" aria-hidden="true">
      <line class="scale" x1="0" x2="100%" y1="6" y2="6" />
      <line x1={at(low)} x2={at(high)} y1="6" y2="6" />
      <circle cx={at(value)} cy="6" r="4" />
    </svg>
  );
}

/** From below the lowest interval to above the highest. */
function scaleOf(arms: Arm[]): [number, number] {
  const ends = arms.flatMap(({ ctr }) => [ctr?.low, ctr?.high]).filter((end) => end !== undefined);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const room = (high - low) * 0.1;
  return [low - room, high + room];
}

function Clicked({ span, scale }: { span?: Span; scale: [number, number] }) {
  if (!span) return <>–</>;
  const { value, low, high } = span;
  return (
    <>
      {percent(value)}
      {low !== undefined && high !== undefined && <span class="note"> {`${percent(low)} – ${percent(high)}`}</span>}
      <Interval span={span} scale={scale} />
    </>
  );
}

export function Arms({ arms, mismatch, title }: { arms: Arm[]; mismatch: boolean; title: string }) {
  const { words } = useConsole();
  const said = words.experimenting;
  const units = arms.reduce((sum, arm) => sum + arm.units, 0);
  const scale = scaleOf(arms);
  const heads: [string, string][] = [
    [said.arm, ""],
    [said.asked, "number"],
    [said.came, "number"],
    [said.units, "number"],
    [said.shown, "number"],
    [said.clicks, "number"],
    [`${said.ctr} (${said.range})`, ""],
    [said.against, ""],
  ];
  const cells = (arm: Arm, place: number) => [
    share(arm.share),
    units ? share(arm.units / units) : "–",
    count(arm.units),
    count(arm.impressions),
    count(arm.clicks),
    <Clicked span={arm.ctr} scale={scale} />,
    compared(arm, place === 0, mismatch, words),
  ];
  // Narrow screens show each row as a block: the roles keep it a table for those who listen.
  return (
    <div class="rows" tabIndex={0} role="region" aria-label={title}>
      <table class="arms" role="table">
        <thead role="rowgroup">
          <tr role="row">
            {heads.map(([head, kind]) => (
              <th key={head} scope="col" role="columnheader" class={kind}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {arms.map((arm, place) => (
            <tr key={arm.name} role="row" data-arm={arm.name}>
              <th scope="row" role="rowheader">
                {arm.name} <span class="note">{arm.pipeline}</span>
              </th>
              {cells(arm, place).map((cell, column) => (
                <td key={column} role="cell" class={heads[column + 1]?.[1]} data-label={heads[column + 1]?.[0]}>
                  <div>{cell}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
