// Decisions that were made, page by page, each with who, why and until when; one that is in force can be taken back.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get, request, told } from "../../api/request";
import { useConsole } from "../state";
import { Choice } from "./choice";

interface Decision {
  id: string;
  kind: string;
  pipeline: string;
  item: string;
  factor: number;
  reason: string;
  made_by: string;
  expires_at?: string;
  in_force: boolean;
}

interface Page {
  rules: Decision[];
  next?: string;
}

function TakeBack({ id, onDone }: { id: string; onDone(): void }) {
  const { words } = useConsole();
  const [asking, setAsking] = useState(false);
  const [by, setBy] = useState("");
  const [problem, setProblem] = useState("");
  const takeBack = (event: Event) => {
    event.preventDefault();
    const query = new URLSearchParams({ id, made_by: by });
    request("DELETE", `/v1/console/rules?${query}`).then(onDone, (refused: unknown) => setProblem(told(refused)));
  };
  if (!asking) {
    return (
      <button type="button" onClick={() => setAsking(true)}>
        {words.editing.takeBack}
      </button>
    );
  }
  return (
    <form class="line" onSubmit={takeBack}>
      <input aria-label={words.editing.by} placeholder={words.editing.by} required value={by} onInput={(event) => setBy(event.currentTarget.value)} />
      <button type="submit">{words.editing.takeBack}</button>
      {problem && <p role="alert">{problem}</p>}
    </form>
  );
}

function One({ decision, onDone }: { decision: Decision; onDone(): void }) {
  const { words } = useConsole();
  const { kind, item, pipeline, factor, reason, made_by, expires_at, in_force } = decision;
  const until = expires_at && new Date(expires_at).toLocaleString();
  return (
    <li>
      <p>
        <strong>{words.editing.kinds[kind] ?? kind}</strong>
        {kind === "boost" && ` × ${factor}`} · {item} · {pipeline || words.editing.everywhere}
      </p>
      <p class="note">
        {reason} · {made_by}
        {until && ` · ${in_force ? words.editing.until : words.editing.over} ${until}`}
      </p>
      {in_force && <TakeBack id={decision.id} onDone={onDone} />}
    </li>
  );
}

/** `turn` changes when a decision was made elsewhere. */
export function Decisions({ turn, onDone }: { turn: number; onDone(): void }) {
  const { words } = useConsole();
  const [kind, setKind] = useState("");
  const [ended, setEnded] = useState(false);
  const [rules, setRules] = useState<Decision[]>();
  const [next, setNext] = useState<string>();
  const [problem, setProblem] = useState("");
  const asked = useRef(0);
  const load = useCallback(
    (cursor?: string) => {
      // Of answers that overtake each other the last one asked for counts.
      const mine = ++asked.current;
      setNext(undefined);
      return get<Page>("/v1/console/rules", { kind, ended: ended ? "true" : "", cursor, limit: 20 }).then(
        (page) => {
          if (mine !== asked.current) return;
          setRules((before) => (cursor ? [...(before ?? []), ...page.rules] : page.rules));
          setNext(page.next);
          setProblem("");
        },
        (reason: unknown) => {
          if (mine !== asked.current) return;
          setProblem(told(reason));
          setNext(cursor);
        },
      );
    },
    [kind, ended],
  );
  useEffect(() => void load(), [load, turn]);
  return (
    <div class="panel" data-editing="decisions">
      <header>
        <h3>{words.editing.decisions}</h3>
        <div class="tools">
          <Choice label={words.editing.kind} values={{ "": words.editing.all, ...words.editing.kinds }} value={kind} onChange={setKind} />
          <label>
            <input type="checkbox" checked={ended} onChange={(event) => setEnded(event.currentTarget.checked)} /> {words.editing.ended}
          </label>
        </div>
      </header>
      {problem && <p role="alert">{problem}</p>}
      {!rules && !problem && <p class="note">{words.loading}</p>}
      {rules?.length === 0 && <p class="note">{words.editing.noDecisions}</p>}
      <ul class="decisions">
        {rules?.map((one) => (
          <One key={one.id} decision={one} onDone={onDone} />
        ))}
      </ul>
      {next && (
        <button type="button" onClick={() => load(next)}>
          {words.editing.more}
        </button>
      )}
    </div>
  );
}
