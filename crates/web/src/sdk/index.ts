// The browser SDK as an ES module: `import { init } from "/sdk/civicsense.js"`.

import { Client } from "./client";
import type { Options } from "./types";

export { Client, type Verdict } from "./client";
export type * from "./types";

/**
 * Starts the SDK and fills the page's recommendation placeholders.
 *
 * @example
 * const civicsense = init({ writeKey: "wk_…", site: "province" });
 * consentButton.onclick = () => civicsense.decide({ analytics: true, personalisation: true });
 */
export function init(options: Options): Client {
  const client = new Client(options);
  const fill = () => void client.fill();
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", fill);
  else fill();
  return client;
}
