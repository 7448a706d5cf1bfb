// The question of consent: asked once, refusing exactly as easy as agreeing, remembered either way.

import { useState } from "preact/hooks";
import type { Consent } from "/sdk/civicsense.js";
import { usePortal } from "../state";

const ALL: Consent = { analytics: true, personalisation: true, push: false };
const NOTHING: Consent = { analytics: false, personalisation: false, push: false };

/** One switch for each purpose. */
export function ConsentItems({ value, onChange }: { value: Consent; onChange(next: Consent): void }) {
  const { words } = usePortal();
  return (
    <fieldset class="consent-items">
      <legend class="hidden">{words.consentNow}</legend>
      {(Object.keys(NOTHING) as (keyof Consent)[]).map((key) => (
        <label key={key}>
          <input
            type="checkbox"
            checked={value[key]}
            onChange={(event) => onChange({ ...value, [key]: event.currentTarget.checked })}
          />
          {words.consentItems[key]}
        </label>
      ))}
    </fieldset>
  );
}

export function ConsentBanner() {
  const { words, client, decided, decide } = usePortal();
  const [detailed, setDetailed] = useState(false);
  const [chosen, setChosen] = useState<Consent>(NOTHING);
  if (decided || client.objected) return null;
  return (
    <section class="consent" aria-labelledby="consent-title">
      <div class="wrap">
        <div>
          <h2 id="consent-title">{words.consentTitle}</h2>
          <p>{words.consentText}</p>
          {detailed && <ConsentItems value={chosen} onChange={setChosen} />}
        </div>
        <div class="consent-answers">
          <button type="button" class="answer" data-consent="refuse" onClick={() => decide(NOTHING)}>
            {words.refuse}
          </button>
          <button type="button" class="answer" data-consent="accept" onClick={() => decide(ALL)}>
            {words.accept}
          </button>
          <button type="button" class="text" onClick={() => (detailed ? decide(chosen) : setDetailed(true))}>
            {detailed ? words.save : words.details}
          </button>
        </div>
      </div>
    </section>
  );
}
