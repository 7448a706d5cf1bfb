// The SDK for one script tag: `<script async src="…/sdk/civicsense.min.js" data-write-key="…"></script>`.

import { init } from "./index";
import type { Client } from "./client";
import type { Lang, Options } from "./types";

declare global {
  interface Window {
    /** The client the script tag started. */
    civicsense?: Client;
  }
}

const script = document.currentScript as HTMLScriptElement | null;
const said = script?.dataset ?? {};

if (script && said.writeKey && !window.civicsense) {
  window.civicsense = init({
    writeKey: said.writeKey,
    endpoint: said.endpoint ?? new URL(script.src).origin,
    site: said.site,
    lang: said.lang as Lang | undefined,
    channel: said.channel as Options["channel"],
    timeoutMs: said.timeout ? Number(said.timeout) : undefined,
    autoPage: said.autoPage !== "false",
  });
  document.dispatchEvent(new CustomEvent("civicsense", { detail: window.civicsense }));
}
