// What editors do: find an item, see where it is shown and why, decide about it, and look with somebody else's eyes.

import { useEffect, useState } from "preact/hooks";
import { get, told } from "../../api/request";
import { pick } from "../../api/text";
import type { Taxonomy } from "../../api/types";
import { useConsole } from "../state";
import { Decisions } from "./decision-list";
import { DecisionForm, type Found } from "./decisions";
import { Preview } from "./preview";

interface Placement {
  surface: string;
  policy: string;
  state: "shown" | "not_chosen" | "removed" | "not_proposed" | "not_served";
  position?: number;
  source?: string;
  behind?: number;
  filter?: string;
}

interface Placements {
  needs: { id: string; probability: number }[];
  placements: Placement[];
}

function Finder({ onChoose }: { onChoose(item: Found): void }) {
  const { words, lang } = useConsole();
  const [asked, setAsked] = useState("");
  const [found, setFound] = useState<Found[]>();
  const [problem, setProblem] = useState("");
  const search = (event: Event) => {
    event.preventDefault();
    get<{ items: Found[] }>("/v1/search", { q: asked, limit: 8 }).then(
      (answer) => {
        setFound(answer.items);
        setProblem("");
      },
      (reason: unknown) => setProblem(told(reason)),
    );
  };
  return (
    <div class="panel">
      <h3>{words.editing.find}</h3>
      <form class="line" role="search" onSubmit={search}>
        <input
          type="search"
          aria-label={words.editing.find}
          placeholder={words.editing.findHint}
          value={asked}
          required
          onInput={(event) => setAsked(event.currentTarget.value)}
        />
        <button type="submit">{words.search}</button>
      </form>
      {problem && <p role="alert">{problem}</p>}
      {found?.length === 0 && <p class="note">{words.editing.nothing}</p>}
      <ul class="choices">
        {found?.map((item) => (
          <li key={item.id}>
            <button type="button" onClick={() => onChoose(item)}>
              {pick(item.title, lang)}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Where the item stands in the lists of all surfaces. */
function Whereabouts({ answer, taxonomy }: { answer: Placements; taxonomy?: Taxonomy }) {
  const { words, lang } = useConsole();
  const why = (one: Placement): string => {
    if (one.state === "shown") return `${words.editing.sources[one.source ?? ""] ?? one.source} · ${(one.position ?? 0) + 1}`;
    if (one.state === "not_chosen") return `${words.editing.behind} ${(one.behind ?? 0) + 1}`;
    return one.filter ?? "";
  };
  const need = (id: string) => {
    const known = taxonomy?.need.find((one) => one.id === id);
    return known ? (lang === "zh" ? known.zh : known.en) : id;
  };
  return (
    <>
      {answer.needs.length > 0 && (
        <p class="note">
          {words.editing.serves}
          {answer.needs.map((one) => ` ${need(one.id)} ${Math.round(one.probability * 100)}%`).join(" ·")}
        </p>
      )}
      <div class="rows" tabIndex={0} role="region" aria-label={words.editing.state}>
        <table>
          <thead>
            <tr>
              <th scope="col">{words.editing.surface}</th>
              <th scope="col">{words.editing.state}</th>
              <th scope="col">{words.editing.why}</th>
            </tr>
          </thead>
          <tbody>
            {answer.placements.map((one) => (
              <tr key={one.policy}>
                <td>{one.surface}</td>
                <td class={one.state === "shown" ? "good" : ""}>{words.editing.states[one.state]}</td>
                <td>{why(one)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

export function Editors() {
  const { words, lang } = useConsole();
  const [item, setItem] = useState<Found>();
  const [placements, setPlacements] = useState<Placements>();
  const [turn, setTurn] = useState(0);
  const [taxonomy, setTaxonomy] = useState<Taxonomy>();
  const [problem, setProblem] = useState("");
  useEffect(() => {
    if (!item) return;
    const failed = (reason: unknown) => setProblem(told(reason));
    get<Placements>("/v1/console/placements", { item: item.id }).then(setPlacements, failed);
  }, [item, turn]);
  useEffect(() => {
    get<Taxonomy>("/v1/taxonomy").then(setTaxonomy, (reason: unknown) => setProblem(told(reason)));
  }, []);
  const decided = () => setTurn((before) => before + 1);
  const surfaces = [...new Set((placements?.placements ?? []).map((one) => one.surface))];
  return (
    <section id="editors" aria-labelledby="editors-title">
      <h2 id="editors-title">{words.editors}</h2>
      {problem && (
        <p class="failed" role="alert">
          {words.failed}：{problem}
        </p>
      )}
      <div class="grid">
        <Finder
          onChoose={(chosen) => {
            setPlacements(undefined);
            setItem(chosen);
          }}
        />
        {item && placements && (
          <div class="panel" data-editing="placements">
            <h3>{pick(item.title, lang)}</h3>
            <Whereabouts answer={placements} taxonomy={taxonomy} />
            <DecisionForm item={item} surfaces={surfaces} onDone={decided} />
          </div>
        )}
        <Decisions turn={turn} onDone={decided} />
        <Preview taxonomy={taxonomy} />
      </div>
    </section>
  );
}
