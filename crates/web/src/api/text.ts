// Texts, times and numbers as the reader's language writes them.

import type { Lang, Text } from "/sdk/civicsense.js";

/** The text in `lang`, or in the other language where that one is missing. */
export function pick(text: string | Text | null | undefined, lang: Lang): string {
  if (!text) return "";
  if (typeof text === "string") return text;
  return text[lang] || text[lang === "zh" ? "en" : "zh"];
}

/** A date as the national site rules write it: YYYY-MM-DD. */
export function day(instant: string | undefined | null): string {
  if (!instant) return "";
  const when = new Date(instant);
  return Number.isNaN(when.valueOf()) ? "" : when.toLocaleDateString("sv-SE");
}

/** A date and time: YYYY-MM-DD HH:MM. */
export function minute(instant: string | undefined | null): string {
  if (!instant) return "";
  const when = new Date(instant);
  return Number.isNaN(when.valueOf()) ? "" : when.toLocaleString("sv-SE").slice(0, 16);
}

/** A whole number with its thousands apart. */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** A share of one as a percentage. */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(share < 0.1 ? 2 : 1)}%` : "–";
}

/** A share that somebody set, without digits that say nothing: 50%, 66.7%. */
export function share(part: number): string {
  return `${Number((part * 100).toFixed(1))}%`;
}

/** Marked text cut into plain and marked pieces; any other markup is dropped, never rendered. */
export function pieces(html: string): { text: string; marked: boolean }[] {
  const parts: { text: string; marked: boolean }[] = [];
  let marked = false;
  for (const piece of html.split(/(<\/?(?:b|em|mark|strong)>)/i)) {
    if (/^<(b|em|mark|strong)>$/i.test(piece)) marked = true;
    else if (piece.startsWith("</") && piece.length < 10) marked = false;
    else if (piece) parts.push({ text: plain(piece), marked });
  }
  return parts;
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " };

function plain(html: string): string {
  return html
    .replace(/<[^>]*>/g, "")
    .replace(/&(?:#x([0-9a-f]+)|#(\d+)|([a-z]+));/gi, (whole, hex, decimal, name) => {
      if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
      if (decimal) return String.fromCodePoint(Number(decimal));
      return ENTITIES[String(name).toLowerCase()] ?? whole;
    });
}
