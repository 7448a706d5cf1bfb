// The demo's cast: choose a fictional citizen and the portal goes on as them.

import { get } from "../../api/request";
import { pick } from "../../api/text";
import type { Persona } from "../../api/types";
import { useLoaded } from "../load";
import { go } from "../router";
import { usePortal } from "../state";
import { Dialog } from "./dialog";
import { Icon } from "./icons";
import { Waiting } from "./waiting";

let cast: Promise<Persona[]> | undefined;

/** The cast is the same for the life of the page; a failure is tried again. */
function personas(): Promise<Persona[]> {
  cast ??= get<Persona[]>("/v1/demo/personas").catch((reason: unknown) => {
    cast = undefined;
    throw reason;
  });
  return cast;
}

function Face({ persona, index }: { persona: Persona; index: number }) {
  const { lang } = usePortal();
  return (
    <span class={`face tone-${index % 6}`} aria-hidden="true">
      {[...pick(persona.name, lang)][0]}
    </span>
  );
}

/** A row of faces above the personal section: one click and the page is somebody else's. */
export function PersonaStrip() {
  const { words, lang, persona, become } = usePortal();
  const { value } = useLoaded(personas, []);
  if (!value?.length) return null;
  return (
    <div class="strip" role="group" aria-label={words.strip}>
      <span>{words.strip}</span>
      {value.map((one, index) => (
        <button
          key={one.id}
          type="button"
          title={pick(one.about, lang)}
          aria-pressed={persona?.id === one.id}
          onClick={() => become(persona?.id === one.id ? undefined : one)}
        >
          <Face persona={one} index={index} />
          {pick(one.name, lang)}
        </button>
      ))}
    </div>
  );
}

export function PersonaChooser({ onClose }: { onClose(): void }) {
  const { words, lang, persona, become } = usePortal();
  const loaded = useLoaded(personas, []);

  const choose = (next: Persona | undefined) => {
    become(next);
    onClose();
    if (location.pathname !== "/" && location.pathname !== "/me") go("/");
  };

  return (
    <Dialog title={words.personaTitle} onClose={onClose} wide>
      <p class="quiet">{words.personaAbout}</p>
      <Waiting {...loaded} />
      <ul class="personas">
        <li>
          <button type="button" data-persona="" aria-pressed={!persona} onClick={() => choose(undefined)}>
            <span class="face plain">
              <Icon name="user" />
            </span>
            <strong>{words.personaAnonymous}</strong>
            <span>{words.personaAnonymousAbout}</span>
          </button>
        </li>
        {loaded.value?.map((one, index) => (
          <li key={one.id}>
            <button
              type="button"
              data-persona={one.id}
              aria-pressed={persona?.id === one.id}
              onClick={() => choose(one)}
            >
              <Face persona={one} index={index} />
              <strong>{pick(one.name, lang)}</strong>
              <span>{pick(one.about, lang)}</span>
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
