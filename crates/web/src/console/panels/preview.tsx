// A list as somebody else would see it: nobody is remembered, nothing is counted.

import { useState } from "preact/hooks";
import { get, told } from "../../api/request";
import { pick } from "../../api/text";
import type { Taxonomy } from "../../api/types";
import type { Text } from "/sdk/civicsense.js";
import { useConsole } from "../state";
import { Choice } from "./choice";

interface Listed {
  id: string;
  title: Text;
  source: string;
}

const SURFACES = ["home", "app", "kiosk", "new_media", "digest"];

export function Preview({ taxonomy }: { taxonomy?: Taxonomy }) {
  const { words, lang } = useConsole();
  const [surface, setSurface] = useState("home");
  const [need, setNeed] = useState("");
  const [audience, setAudience] = useState("");
  const [region, setRegion] = useState("");
  const [list, setList] = useState<Listed[]>();
  const [problem, setProblem] = useState("");
  const look = (event: Event) => {
    event.preventDefault();
    get<{ items: Listed[] }>("/v1/console/preview", { surface, needs: need, audience, region, limit: 10 }).then(
      (answer) => {
        setList(answer.items);
        setProblem("");
      },
      (reason: unknown) => setProblem(told(reason)),
    );
  };
  const needs = (taxonomy?.need ?? []).map((one) => [one.id, lang === "zh" ? one.zh : one.en]);
  return (
    <div class="panel" data-editing="preview">
      <h3>{words.editing.preview}</h3>
      <form class="fields" onSubmit={look}>
        <Choice
          label={words.editing.surface}
          values={Object.fromEntries(SURFACES.map((one) => [one, one]))}
          value={surface}
          onChange={setSurface}
        />
        <Choice
          label={words.editing.need}
          values={{ "": words.editing.anyNeed, ...Object.fromEntries(needs) }}
          value={need}
          onChange={setNeed}
        />
        <Choice label={words.editing.audience} values={words.editing.audiences} value={audience} onChange={setAudience} />
        <input aria-label={words.editing.region} placeholder={words.editing.region} value={region} onInput={(event) => setRegion(event.currentTarget.value)} />
        <button type="submit">{words.editing.look}</button>
      </form>
      {problem && <p role="alert">{problem}</p>}
      {list && (
        <ol class="listed">
          {list.map((one) => (
            <li key={one.id}>
              {pick(one.title, lang)} <span class="note">{words.editing.sources[one.source] ?? one.source}</span>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}
