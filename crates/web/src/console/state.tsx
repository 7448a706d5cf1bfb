// What every panel of the console shares: language, period, site, bots, and the tick that reloads.

import { createContext, type ComponentChildren } from "preact";
import { useContext, useEffect, useMemo, useState } from "preact/hooks";
import type { Lang } from "/sdk/civicsense.js";
import { words, type Words } from "./words";

/** How often open panels ask again. */
const REFRESH_MS = 60_000;

export type Period = "24h" | "7d" | "30d";
const HOURS: Record<Period, number> = { "24h": 24, "7d": 168, "30d": 720 };

export interface Settings {
  lang: Lang;
  period: Period;
  /** Code of the site; empty is all. */
  site: string;
  bots: boolean;
}

export interface Console extends Settings {
  words: Words;
  /** Sites, period and filters, as every question carries them. */
  scope: Record<string, unknown>;
  interval: "hour" | "day";
  set(change: Partial<Settings>): void;
  refresh(): void;
}

const Context = createContext<Console | undefined>(undefined);

export function useConsole(): Console {
  const state = useContext(Context);
  if (!state) throw new Error("used outside the console");
  return state;
}

/** The period ends at the next full minute, so that panels loaded together agree. */
function scopeOf({ period, site, bots }: Settings): Record<string, unknown> {
  const to = Math.ceil((Date.now()) / 60_000) * 60_000;
  return {
    from: new Date(to - HOURS[period] * 3_600_000).toISOString(),
    to: new Date(to).toISOString(),
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    include_bots: bots,
    ...(site ? { site } : {}),
  };
}

export function ConsoleState({ children }: { children: ComponentChildren }) {
  const [settings, setSettings] = useState<Settings>({
    lang: navigator.language.startsWith("zh") ? "zh" : "en",
    period: "7d",
    site: "",
    bots: false,
  });
  const [tick, setTick] = useState(0);

  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") setTick((count) => count + 1);
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => {
    document.documentElement.lang = settings.lang === "zh" ? "zh-CN" : "en";
    document.title = words(settings.lang).title;
  }, [settings.lang]);

  const state = useMemo<Console>(
    () => ({
      ...settings,
      words: words(settings.lang),
      scope: scopeOf(settings),
      interval: settings.period === "24h" || settings.period === "7d" ? "hour" : "day",
      set: (change) => setSettings((before) => ({ ...before, ...change })),
      refresh: () => setTick((count) => count + 1),
    }),
    [settings, tick],
  );
  return <Context.Provider value={state}>{children}</Context.Provider>;
}
