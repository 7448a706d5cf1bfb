// My needs: each with its source, its evidence and a delete button; and a way to declare one.

import { useId, useState } from "preact/hooks";
import { get } from "../../api/request";
import { pick } from "../../api/text";
import type { Me, MyNeed, Taxonomy } from "../../api/types";
import { useLoaded } from "../load";
import { Link, itemAddress } from "../router";
import { usePortal } from "../state";

interface Props {
  me: Me;
  change(method: string, path: string, body?: unknown): Promise<void>;
}

export function Needs({ me, change }: Props) {
  const { words } = usePortal();
  const declared = me.needs.filter((need) => need.source === "declared").map((need) => need.id);
  return (
    <section class="panel" aria-labelledby="needs">
      <h2 id="needs">{words.needs}</h2>
      {me.needs.length === 0 && <p class="quiet">{words.needsNone}</p>}
      <ul class="needs">
        {me.needs.map((need) => (
          <NeedCard
            key={need.id}
            need={need}
            onRemove={() => change("DELETE", `/v1/me/needs/${encodeURIComponent(need.id)}`)}
          />
        ))}
      </ul>
      <Declare
        known={declared}
        onDeclare={(id) => change("PUT", "/v1/me/needs", { declared: [...declared, id] })}
      />
    </section>
  );
}

function NeedCard({ need, onRemove }: { need: MyNeed; onRemove(): void }) {
  const { words, lang } = usePortal();
  // Rounded down: nothing inferred is ever shown as certain.
  const share = Math.floor(Math.max(0, Math.min(0.99, need.confidence)) * 100);
  return (
    <li data-need={need.id}>
      <div class="need-head">
        <strong>{pick(need, lang)}</strong>
        <span class={need.source === "declared" ? "chip good" : "chip"}>
          {need.source === "declared" ? words.declared : words.inferred}
        </span>
        <button type="button" aria-label={`${words.remove}${words.colon}${pick(need, lang)}`} onClick={onRemove}>
          {words.remove}
        </button>
      </div>
      {need.source === "inferred" && (
        <p class="confidence">
          <span>{words.confidence}</span>
          <meter min={0} max={100} value={share} aria-label={words.confidence}>
            {share}%
          </meter>
          <span>{share}%</span>
        </p>
      )}
      {need.evidence.length > 0 ? (
        <p class="evidence">
          {words.evidence}
          {words.colon}
          {need.evidence.slice(0, 3).map(({ item_id, title }) => (
            <Link key={item_id} href={itemAddress(item_id)}>
              {pick(title, lang) || item_id}
            </Link>
          ))}
        </p>
      ) : (
        need.source === "declared" && <p class="quiet">{words.noEvidence}</p>
      )}
    </li>
  );
}

function Declare({ known, onDeclare }: { known: string[]; onDeclare(id: string): void }) {
  const { words, lang } = usePortal();
  const [chosen, setChosen] = useState("");
  const { value: taxonomy } = useLoaded(() => get<Taxonomy>("/v1/taxonomy"), []);
  const field = useId();
  if (!taxonomy) return null;
  return (
    <form
      class="declare"
      onSubmit={(event) => {
        event.preventDefault();
        if (chosen) onDeclare(chosen);
        setChosen("");
      }}
    >
      <label for={field}>{words.add}</label>
      <select id={field} value={chosen} onChange={(event) => setChosen(event.currentTarget.value)}>
        <option value="">{words.addHint}</option>
        {taxonomy.group.map((group) => (
          <optgroup key={group.id} label={pick(group, lang)}>
            {taxonomy.need
              .filter((need) => need.group === group.id && !known.includes(need.id))
              .map((need) => (
                <option key={need.id} value={need.id}>
                  {pick(need, lang)}
                </option>
              ))}
          </optgroup>
        ))}
      </select>
      <button type="submit" disabled={!chosen}>
        {words.addDo}
      </button>
    </form>
  );
}
