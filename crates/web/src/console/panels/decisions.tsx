// A decision about an item being made: what, where, how much, why, by whom, until when.

import { useId, useState } from "preact/hooks";
import { request, told } from "../../api/request";
import type { Text } from "/sdk/civicsense.js";
import { useConsole } from "../state";
import { Choice } from "./choice";

/** An item as search finds it. */
export interface Found {
  id: string;
  title: Text;
}

interface FormProps {
  item: Found;
  surfaces: string[];
  onDone(): void;
}

export function DecisionForm({ item, surfaces, onDone }: FormProps) {
  const { words } = useConsole();
  const [kind, setKind] = useState("pin");
  const [pipeline, setPipeline] = useState("");
  const [factor, setFactor] = useState(2);
  const [reason, setReason] = useState("");
  const [by, setBy] = useState("");
  const [until, setUntil] = useState("");
  const [problem, setProblem] = useState("");
  const field = useId();
  const decide = (event: Event) => {
    event.preventDefault();
    const decision = {
      kind,
      item: item.id,
      pipeline,
      reason,
      made_by: by,
      ...(kind === "boost" ? { factor } : {}),
      ...(until ? { expires_at: new Date(until).toISOString() } : {}),
    };
    request("PUT", "/v1/console/rules", decision).then(
      () => {
        setProblem("");
        onDone();
      },
      (refused: unknown) => setProblem(told(refused)),
    );
  };
  const everywhere = { "": words.editing.everywhere, ...Object.fromEntries(surfaces.map((one) => [one, one])) };
  return (
    <form class="fields" data-editing="decide" onSubmit={decide}>
      <Choice label={words.editing.kind} values={words.editing.kinds} value={kind} onChange={setKind} />
      <Choice label={words.editing.surface} values={everywhere} value={pipeline} onChange={setPipeline} />
      {kind === "boost" && (
        <input
          type="number"
          aria-label={words.editing.factor}
          min={0.1}
          max={10}
          step={0.1}
          value={factor}
          onInput={(event) => setFactor(Number(event.currentTarget.value))}
        />
      )}
      <input aria-label={words.editing.reason} placeholder={words.editing.reason} required value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
      <input aria-label={words.editing.by} placeholder={words.editing.by} required value={by} onInput={(event) => setBy(event.currentTarget.value)} />
      <label for={field}>{words.editing.until}</label>
      <input id={field} type="datetime-local" value={until} onInput={(event) => setUntil(event.currentTarget.value)} />
      <button type="submit">{words.editing.decide}</button>
      {problem && <p role="alert">{problem}</p>}
    </form>
  );
}
