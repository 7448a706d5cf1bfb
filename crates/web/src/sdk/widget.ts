// `<div data-cs-recommend="home" data-limit="6">`: an accessible list that says why each item is there.
// `data-href="/item/{id}"` replaces the items' own addresses.

import type { Client } from "./client";
import type { Lang, Recommendation, Recommendations, Text } from "./types";

const WORDS = {
  zh: { title: "为您推荐", why: "为什么推荐", no: "不感兴趣", gone: "已移除，不再推荐", mark: "定推" },
  en: { title: "For you", why: "Why this?", no: "Not interested", gone: "Removed", mark: "Personalised" },
};

// A constructed sheet needs no inline style, so a strict content security policy holds.
const SHEET = `
.cs-list{list-style:none;margin:0;padding:0;display:grid;gap:.75em}
.cs-item{padding:.75em 0;border-bottom:1px solid rgb(128 128 128/.25)}
.cs-item a{font-weight:600;text-underline-offset:.2em}
.cs-item p{margin:.35em 0;opacity:.85}
.cs-acts{display:flex;flex-wrap:wrap;gap:.5em;align-items:center;font-size:.85em}
.cs-acts button{font:inherit;color:inherit;min-height:2em;padding:.1em .7em;cursor:pointer;background:none;border:1px solid rgb(128 128 128/.6);border-radius:1em}
.cs-acts button:hover{border-color:currentcolor}
.cs-mark{padding:0 .5em;border:1px solid currentcolor;border-radius:.3em}`;

let styled = false;

function dress(): void {
  if (styled || !("adoptedStyleSheets" in document)) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(SHEET);
  document.adoptedStyleSheets.push(sheet);
  styled = true;
}

function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  name: string,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (name) element.className = name;
  element.append(...children);
  return element;
}

function say(value: string | Text | undefined, lang: Lang): string {
  return typeof value === "string" ? value : (value?.[lang] || value?.zh) ?? "";
}

/** Fills every placeholder inside `root`; what a placeholder held stays when there is no answer. */
export async function fillWidgets(client: Client, root: ParentNode): Promise<void> {
  const places = [...root.querySelectorAll<HTMLElement>("[data-cs-recommend]")];
  await Promise.all(places.map((place) => fill(client, place)));
}

async function fill(client: Client, place: HTMLElement): Promise<void> {
  const { csRecommend, item, limit, href } = place.dataset;
  const surface = csRecommend === "item" ? "item" : "home";
  const answer = await client.recommend({ surface, item, limit: Number(limit) || 6 });
  if (!answer?.items.length) return;
  dress();
  const words = WORDS[client.lang];
  const list = make("ul", "cs-list");
  list.setAttribute("data-cs-rec", answer.request_id);
  list.setAttribute("data-cs-policy", answer.policy);
  list.append(...answer.items.map((one) => row(client, answer, one, href)));
  place.setAttribute("role", "region");
  if (!place.hasAttribute("aria-label")) place.setAttribute("aria-label", words.title);
  place.replaceChildren(list);
  client.watch(list);
}

function row(client: Client, answer: Recommendations, one: Recommendation, href?: string): HTMLElement {
  const words = WORDS[client.lang];
  const title = say(one.title, client.lang);
  const link = make("a", "", title);
  link.href = href ? href.replace("{id}", encodeURIComponent(one.id)) : one.url;
  const reason = make("p", "cs-reason", say(one.reason.text, client.lang));
  reason.hidden = true;
  reason.id = `cs-why-${answer.request_id}-${one.position}`;

  const why = make("button", "", words.why);
  why.type = "button";
  why.setAttribute("aria-expanded", "false");
  why.setAttribute("aria-controls", reason.id);
  why.onclick = () => {
    reason.hidden = !reason.hidden;
    why.setAttribute("aria-expanded", String(!reason.hidden));
  };

  const line = make("li", "cs-item");
  const no = make("button", "", words.no);
  no.type = "button";
  no.setAttribute("aria-label", `${words.no}: ${title}`);
  no.onclick = () => {
    client.feedback(one.id, "not_interested", {
      rec_id: answer.request_id,
      rec_pos: one.position,
      rec_policy: answer.policy,
    });
    const note = make("p", "", words.gone);
    note.tabIndex = -1;
    note.setAttribute("role", "status");
    line.replaceChildren(note);
    note.focus();
  };

  const acts = make("div", "cs-acts", why, no);
  if (one.personalized) acts.prepend(make("span", "cs-mark", words.mark));
  line.setAttribute("data-cs-item", one.id);
  line.setAttribute("data-cs-kind", one.kind);
  line.setAttribute("data-cs-reason", one.reason.code);
  line.setAttribute("data-cs-pos", String(one.position));
  line.append(link, acts, reason);
  return line;
}
