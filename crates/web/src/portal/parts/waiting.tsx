// What stands in for content that is loading, or that could not be loaded.

import type { Problem } from "../../api/request";
import { usePortal } from "../state";

interface Props {
  loading: boolean;
  value: unknown;
  problem: Problem | undefined;
  again(): void;
  lines?: number;
}

export function Waiting({ loading, value, problem, again, lines = 3 }: Props) {
  const { words } = usePortal();
  if (problem) {
    return (
      <div class="failed" role="status">
        <p>
          {words.failed}
          {problem.requestId && <small> {problem.requestId}</small>}
        </p>
        <button type="button" onClick={again}>
          {words.retry}
        </button>
      </div>
    );
  }
  if (!loading || value !== undefined) return null;
  return (
    <div class="waiting" role="status">
      <span class="hidden">{words.loading}</span>
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} class="bone" aria-hidden="true" />
      ))}
    </div>
  );
}
