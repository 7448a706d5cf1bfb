// Reads the <meta> tags every government site must carry (国办发〔2017〕47号), so that no tagging is needed.

import type { Fields } from "./types";

/** The content of the tag called `name`, trimmed. */
export function meta(name: string): string {
  const tag = document.querySelector<HTMLMetaElement>(`meta[name="${name}" i]`);
  return tag?.content.trim() ?? "";
}

/** The page's title: the article's, or the document's. */
export function title(): string {
  return meta("ArticleTitle") || document.title;
}

/** What the tags say about the page. */
export function pageFields(): Fields {
  const props: Record<string, string> = {};
  const say = (key: string, name: string) => {
    const value = meta(name);
    if (value) props[key] = value.slice(0, 200);
  };
  say("site_name", "SiteName");
  say("site_id_code", "SiteIDCode");
  say("column_type", "ColumnType");
  say("pub_date", "PubDate");
  say("keywords", "Keywords");
  const fields: Fields = {};
  const item = meta("civicsense:item");
  const column = meta("ColumnName");
  const source = meta("ContentSource");
  if (item) fields.item_id = item;
  if (column) fields.column_id = column;
  if (source) fields.dept = source;
  if (Object.keys(props).length) fields.props = props;
  return fields;
}
