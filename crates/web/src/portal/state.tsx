// What every view of the portal shares: the SDK's client, the language, the text size, the persona.

import { createContext, type ComponentChildren } from "preact";
import { useCallback, useContext, useEffect, useMemo, useState } from "preact/hooks";
import type { Client, Consent, Lang } from "/sdk/civicsense.js";
import type { ClientConfig, Persona } from "../api/types";
import { words, type Words } from "./words";

/** Kept for the reader's comfort; it says nothing about who reads. */
const COMFORT = "portal.comfort";
const CHOSEN = "portal.persona";

interface Comfort {
  lang: Lang;
  elder: boolean;
}

export interface Portal {
  client: Client;
  config: ClientConfig;
  lang: Lang;
  words: Words;
  elder: boolean;
  setComfort(change: Partial<Comfort>): void;
  persona: Persona | undefined;
  /** Goes on as a demo citizen, or as nobody. */
  become(persona: Persona | undefined): void;
  consent: Consent;
  decided: boolean;
  decide(answer: Consent): void;
  /** Counts up whenever the visitor or the consent changes: a reason to load again. */
  epoch: number;
}

const Context = createContext<Portal | undefined>(undefined);

export function usePortal(): Portal {
  const portal = useContext(Context);
  if (!portal) throw new Error("used outside the portal");
  return portal;
}

function recalled<T>(store: Storage, key: string): T | undefined {
  try {
    return JSON.parse(store.getItem(key) ?? "") as T;
  } catch {
    return undefined;
  }
}

function remember(store: Storage, key: string, value: unknown): void {
  try {
    store.setItem(key, JSON.stringify(value));
  } catch {
    // Without storage the choice holds for this page.
  }
}

interface Props {
  client: Client;
  config: ClientConfig;
  children: ComponentChildren;
}

const NO_CONSENT: Consent = { analytics: false, personalisation: false, push: false };
const CITIZEN: Consent = { analytics: true, personalisation: true, push: true };

export function PortalState({ client, config, children }: Props) {
  const [comfort, setComfortState] = useState<Comfort>(
    () => recalled<Comfort>(localStorage, COMFORT) ?? { lang: config.lang, elder: false },
  );
  const [persona, setPersona] = useState(() => recalled<Persona>(localStorage, CHOSEN));
  const [consent, setConsent] = useState(client.consent);
  const [epoch, setEpoch] = useState(0);
  client.lang = comfort.lang;

  useEffect(() => client.onConsent(setConsent), [client]);
  useEffect(() => {
    document.documentElement.lang = comfort.lang === "zh" ? "zh-CN" : "en";
    document.documentElement.dataset.size = comfort.elder ? "large" : "standard";
  }, [comfort]);

  const setComfort = useCallback((change: Partial<Comfort>) => {
    setComfortState((before) => {
      const next = { ...before, ...change };
      remember(localStorage, COMFORT, next);
      return next;
    });
  }, []);

  const become = useCallback(
    async (next: Persona | undefined) => {
      if (next) {
        // A demo citizen has agreed to everything; from here on the page is theirs.
        client.become(next.anonymous_id);
        await client.decide(CITIZEN);
        remember(localStorage, CHOSEN, next);
      } else {
        // Only the device forgets: the citizen's own profile is not this visitor's to change.
        client.forget();
        await client.decide(NO_CONSENT);
        localStorage.removeItem(CHOSEN);
      }
      setPersona(next);
      setConsent(client.consent);
      setEpoch((count) => count + 1);
    },
    [client],
  );

  const decide = useCallback(
    async (answer: Consent) => {
      await client.decide(answer);
      setConsent(client.consent);
      setEpoch((count) => count + 1);
    },
    [client],
  );

  const portal = useMemo<Portal>(
    () => ({
      client,
      config,
      ...comfort,
      words: words(comfort.lang),
      setComfort,
      persona,
      become,
      consent,
      decided: client.decided,
      decide,
      epoch,
    }),
    [client, config, comfort, setComfort, persona, become, consent, decide, epoch],
  );
  return <Context.Provider value={portal}>{children}</Context.Provider>;
}
