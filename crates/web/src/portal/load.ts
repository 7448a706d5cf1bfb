// Loading as a hook: the last answer stays visible while the next one is on its way.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { Problem } from "../api/request";

export interface Loaded<T> {
  value: T | undefined;
  problem: Problem | undefined;
  loading: boolean;
  again(): void;
}

/** Runs `load` whenever one of `inputs` changes; late answers of earlier inputs are dropped. */
export function useLoaded<T>(load: () => Promise<T | undefined>, inputs: unknown[]): Loaded<T> {
  const [state, setState] = useState<Omit<Loaded<T>, "again">>({
    value: undefined,
    problem: undefined,
    loading: true,
  });
  const turn = useRef(0);
  const run = useCallback(() => {
    const mine = ++turn.current;
    setState((before) => ({ ...before, loading: true }));
    load().then(
      (value) => {
        if (mine !== turn.current) return;
        const problem = value === undefined ? new Problem(0, "unreachable", "") : undefined;
        setState({ value, problem, loading: false });
      },
      (reason: unknown) => {
        if (mine !== turn.current) return;
        const problem = reason instanceof Problem ? reason : new Problem(0, "", String(reason));
        setState({ value: undefined, problem, loading: false });
      },
    );
  }, inputs);
  useEffect(run, [run]);
  return { ...state, again: run };
}
