// Clicks on items and links, seen by one listener on the document; pages only carry data attributes.

import type { Fields } from "./types";

const DOCUMENT = /\.(pdf|docx?|xlsx?|pptx?|wps|et|ofd|zip|rar|csv|txt)$/i;

/** What `data-cs-*` attributes on the item, or around it, say. */
export function itemFields(element: Element): Fields {
  const said = (name: string) => element.closest(`[data-cs-${name}]`)?.getAttribute(`data-cs-${name}`);
  const fields: Fields = {};
  const set = (key: "item_id" | "item_kind" | "rec_id" | "rec_policy" | "search_q", name: string) => {
    const value = said(name);
    if (value) fields[key] = value;
  };
  set("item_id", "item");
  set("item_kind", "kind");
  set("rec_id", "rec");
  set("rec_policy", "policy");
  set("search_q", "search");
  const reason = said("reason");
  if (reason) fields.props = { reason };
  const position = Number(said("pos") ?? -1);
  if (fields.rec_id && position >= 0) fields.rec_pos = position;
  else if (fields.search_q && position >= 0) fields.search_pos = position;
  return fields;
}

/** Reports every click that leads somewhere. */
export function watchClicks(report: (name: string, fields: Fields) => void): void {
  document.addEventListener(
    "click",
    (event) => {
      const target = event.target instanceof Element ? event.target : null;
      const link = target?.closest<HTMLAnchorElement>("a[href]");
      if (!target || !link) return;
      if (target.closest("[data-cs-item]")) {
        const fields = itemFields(target);
        return report(fields.search_q ? "search_click" : "click", fields);
      }
      // Only where it leads, never the query: it may hold what somebody typed.
      const props = { href: `${link.host}${link.pathname}`.slice(0, 200) };
      report(DOCUMENT.test(link.pathname) ? "download" : "click", { props });
    },
    { capture: true, passive: true },
  );
}
