// Whether the arms of an experiment got the shares they should, in words.

import { count, percent } from "../../api/text";
import { useConsole } from "../state";
import type { Arm } from "./arms";

/** Below so many units the test of the shares finds nothing but the grossest mistakes. */
export const TELLING = 100;

function chance(p: number): string {
  return p < 0.0001 ? "< 0.01%" : percent(p);
}

interface Props {
  arms: Arm[];
  /** Probability of counts as uneven as these by chance alone. */
  ratio_p: number;
  mismatch: boolean;
}

/** In words whether the counts are what the shares promise. */
export function Shares({ arms, ratio_p, mismatch }: Props) {
  const { words } = useConsole();
  const said = words.experimenting;
  const units = arms.reduce((sum, arm) => sum + arm.units, 0);
  if (units === 0) return <p class="note">{said.waiting}</p>;
  if (mismatch) {
    return (
      <p class="failed">
        <span>
          <strong>
            {said.broken} {chance(ratio_p)}
            {words.stop}
          </strong>{" "}
          {said.brokenAbout}
        </span>
      </p>
    );
  }
  if (units < TELLING) {
    return (
      <p class="note">
        {said.unsure} {count(units)} {said.unsureAbout}
      </p>
    );
  }
  return (
    <p>
      <span class="good">✓ {said.fair}</span>{" "}
      <span class="note">
        {said.fairAbout} {chance(ratio_p)}
      </span>
    </p>
  );
}
