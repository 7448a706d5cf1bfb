// Starts the demo portal: asks who the site is, starts the SDK as any site would, and renders.

import { render } from "preact";
import { init } from "/sdk/civicsense.js";
import { actAs, get } from "../api/request";
import { pick } from "../api/text";
import type { ClientConfig } from "../api/types";
import { App } from "./app";
import { PortalState } from "./state";
import "./style/base.css";
import "./style/frame.css";
import "./style/cards.css";
import "./style/home.css";
import "./style/pages.css";

async function start(root: HTMLElement): Promise<void> {
  const config = await get<ClientConfig>("/v1/client-config");
  const client = init({
    writeKey: config.site.write_key,
    site: config.site.code,
    // The portal's views tell the SDK themselves when a page is complete.
    autoPage: false,
    timeoutMs: 4_000,
  });
  actAs(() => client.visitor);
  document.querySelector<HTMLMetaElement>('meta[name="SiteName"]')!.content = pick(config.site.name, "zh");
  document.querySelector<HTMLMetaElement>('meta[name="SiteIDCode"]')!.content = config.site.code;
  render(
    <PortalState client={client} config={config}>
      <App />
    </PortalState>,
    root,
  );
}

const root = document.getElementById("app")!;
start(root).catch(() => {
  root.className = "unavailable";
  root.setAttribute("role", "alert");
  root.textContent = "暂时无法连接服务器，请稍后再试，或拨打 12345。 The server cannot be reached; please call 12345.";
});
