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

export function PersonaChooser({ onClose }: { onClose(): void }) {
  const { words, lang, persona, become } = usePortal();
  const loaded = useLoaded(() => get<Persona[]>("/v1/demo/personas"), []);

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
              <span class={`face tone-${index % 6}`} aria-hidden="true">
                {[...pick(one.name, lang)][0]}
              </span>
              <strong>{pick(one.name, lang)}</strong>
              <span>{pick(one.about, lang)}</span>
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
