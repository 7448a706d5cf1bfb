// Answers like the server while a page is being designed: `node mock-api.mjs [PORT] [DIST]`. Front-end development only,
// never shipped and never a test of the product. Content is the demo catalogue; behaviour figures are made up.

import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const port = Number(process.argv[2] ?? 8080);
const dist = process.argv[3] ?? here("../dist");
const catalogue = here("../../server/demo/catalogue");
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'";

const items = readdirSync(catalogue)
  .flatMap((file) => readFileSync(join(catalogue, file), "utf8").split("\n"))
  .filter(Boolean)
  .map((line) => JSON.parse(line))
  .map((item) => ({
    lifecycle: "current",
    ...item,
    url: `/item/${item.id}`,
    published_at: new Date(Date.now() - (item.age_days ?? 1) * 86_400_000).toISOString(),
  }))
  .sort((a, b) => b.published_at.localeCompare(a.published_at));

const taxonomy = readTaxonomy(here("../../../models/taxonomy.toml"));
const needName = (id) => taxonomy.need.find((need) => need.id === id) ?? { id, zh: id, en: id };

const personas = [
  ["mother", "林晓雨", "Lin Xiaoyu", "刚生育的新手妈妈，关心落户、津贴和疫苗", "New mother: registration, allowance, vaccination", ["p.birth.register", "p.birth.allowance", "p.home.fund"]],
  ["founder", "周启明", "Zhou Qiming", "小餐饮店主，准备开第二家店", "Restaurant owner opening a second shop", ["b.entry.permit", "b.tax.relief", "b.staff.hire"]],
  ["retiree", "王桂兰", "Wang Guilan", "七十岁退休职工，办理养老与就医", "Retired at 70: pension and care", ["p.elder.pension", "p.elder.care", "p.life.idcard"]],
  ["graduate", "陈嘉树", "Chen Jiashu", "应届毕业生，找工作、落户、租房", "Graduate: job, registration, renting", ["p.work.job", "p.work.talent", "p.life.hukou"]],
].map(([id, zh, en, aboutZh, aboutEn, needs]) => ({
  id, name: { zh, en }, about: { zh: aboutZh, en: aboutEn }, anonymous_id: `demo-${id}`, needs,
}));

const people = new Map();
const listeners = new Set();
let ids = 0;
const requestId = () => `req-${(++ids).toString(36).padStart(6, "0")}`;

function person(id) {
  if (!people.has(id)) {
    const known = personas.find((one) => one.anonymous_id === id);
    people.set(id, { on: true, consent: { analytics: !!known, personalisation: !!known, push: false }, needs: [...(known?.needs ?? [])], declared: [], subscriptions: [], unwanted: new Set() });
  }
  return people.get(id);
}

const emBrief = (item, lang) => item.summary?.[lang] || item.summary?.zh || item.body?.slice(0, 60) || "";
const titled = (item, lang) => item.title[lang] || item.title.zh;

function card(item, index, lang, code, text, personalized) {
  return {
    id: item.id, title: titled(item, lang), summary: emBrief(item, lang), url: item.url, kind: item.kind, column: item.column,
    dept: item.dept, published_at: item.published_at, position: index, score: 1 / (index + 1), personalized,
    reason: { code, text }, needs: (item.needs ?? []).map(needName).map(({ id, zh, en }) => ({ id, zh, en })),
  };
}

function recommendations({ query, visitor }) {
  const lang = query.get("lang") === "en" ? "en" : "zh";
  const limit = Number(query.get("limit") ?? 12);
  const me = visitor ? person(visitor) : undefined;
  const personal = me?.on && me.consent.personalisation;
  const chosen = [];
  const push = (item, code, zh, en, own = false) => {
    if (item && chosen.length < limit && !me?.unwanted.has(item.id) && !chosen.some((one) => one.id === item.id)) {
      chosen.push(card(item, chosen.length, lang, code, { zh, en }, own));
    }
  };
  if (query.get("surface") === "item") {
    const seed = items.find((item) => item.id === query.get("item"));
    const near = items.filter((item) => item.id !== seed?.id && item.needs?.some((need) => seed?.needs?.includes(need)));
    for (const item of near) push(item, "similar", `浏览“${seed.title.zh}”的人也看了`, `People who viewed “${titled(seed, "en")}” also viewed this`);
  } else {
    for (const item of items.filter((one) => one.emergency)) push(item, "emergency", "应急信息，面向所有人", "Emergency information for everybody");
    for (const item of items.filter((one) => one.mandated && !one.emergency)) push(item, "mandated", "上级要求转载的重要信息", "Important information every site must carry");
    if (personal) {
      const lists = [...me.declared, ...me.needs].map((need) => [need, items.filter((item) => item.needs?.includes(need))]);
      for (let row = 0; row < 4; row++) {
        for (const [need, list] of lists) {
          const { zh, en } = needName(need);
          push(list[row], "need", `您可能需要“${zh}”`, `You may need “${en}”`, true);
        }
      }
    }
    for (const item of items.filter((one) => one.importance >= 1)) push(item, "popular", "大家常用", "Much used");
  }
  return { request_id: requestId(), policy: "home@0a1b2c3d", personalized: !!personal && chosen.some((one) => one.personalized), degraded: false, items: chosen };
}

function search({ query }) {
  const lang = query.get("lang") === "en" ? "en" : "zh";
  const q = (query.get("q") ?? "").trim();
  const began = performance.now();
  const fixed = { 公基金: "公积金", shebao: "社保" }[q];
  const words = fixed ?? q;
  const escape = (text) => text.replace(/[&<>]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign]);
  const marked = (text) => (words ? escape(text).replaceAll(escape(words), `<em>${escape(words)}</em>`) : escape(text));
  const hay = (item) => `${item.title.zh} ${item.title.en} ${item.summary?.zh} ${item.body} ${item.aliases}`.toLowerCase();
  const found = items.filter((item) => !words || hay(item).includes(words.toLowerCase()));
  const value = { kind: (item) => item.kind, dept: (item) => item.dept, region: (item) => item.region, year: (item) => item.published_at.slice(0, 4) };
  const names = Object.keys(value);
  const kept = found.filter((item) => names.every((name) => !query.get(name) || query.get(name) === value[name](item)));
  const facets = Object.fromEntries(names.map((name) => {
    const counts = new Map();
    for (const item of kept) counts.set(value[name](item), (counts.get(value[name](item)) ?? 0) + 1);
    return [name, [...counts].filter(([key]) => key).map(([key, count]) => ({ value: key, count })).sort((a, b) => b.count - a.count)];
  }));
  const offset = Number(query.get("offset") ?? 0);
  const page = kept.slice(offset, offset + Number(query.get("limit") ?? 10));
  return {
    request_id: requestId(), total: kept.length, took_ms: performance.now() - began, did_you_mean: fixed ?? null, personalized: false, facets,
    items: page.map((item) => ({ id: item.id, title_html: marked(titled(item, lang)), snippet_html: marked(item.body.slice(0, 120)), url: item.url, kind: item.kind, dept: item.dept, column: item.column, published_at: item.published_at })),
  };
}

function suggest({ query }) {
  const q = query.get("q") ?? "";
  const found = items.filter((item) => item.title.zh.includes(q) || item.aliases?.some((alias) => alias.includes(q)));
  return { suggestions: found.slice(0, Number(query.get("limit") ?? 8)).map((item, index) => ({ text: item.title.zh, kind: item.kind, origin: "title", item: index < 2 ? item.id : null })) };
}

function me({ visitor }) {
  const one = person(visitor ?? "nobody");
  const evidence = (need) => items.filter((item) => item.needs?.includes(need)).slice(0, 2).map((item) => ({ item_id: item.id, title: item.title }));
  const needs = [
    ...one.declared.map((id) => ({ ...needName(id), score: 1, confidence: 1, source: "declared", evidence: [], sensitivity: "normal" })),
    ...(one.consent.personalisation && one.on ? one.needs : []).map((id, index) => ({ ...needName(id), score: 0.9 - index / 5, confidence: 0.88 - index / 6, source: "inferred", evidence: evidence(id), sensitivity: "normal" })),
  ];
  const mode = !one.on ? "none" : one.consent.personalisation ? "profile" : "session";
  return { mode, personalisation: { on: one.on }, consent: one.consent, needs, subscriptions: one.subscriptions };
}

function inbox() {
  const item = items.find((one) => one.kind === "notice");
  return { items: [{ id: "m1", class: "subscribed", title: { zh: `您订阅的内容有更新：${item.title.zh}`, en: `Updated: ${item.title.en}` }, body: item.summary, url: item.url, item: item.id, received_at: new Date().toISOString(), read_at: null }], next_cursor: null };
}

const wave = (hour) => Math.max(0, Math.round(60 + 50 * Math.sin(((hour % 24) - 8) / 3.8) + 12 * Math.sin(hour * 1.7)));
const column = (name, kind) => ({ name, kind });

function analytics({ body }) {
  const answer = (columns, rows) => ({ columns, rows, took_ms: 4 + (rows.length % 9), sql: `SELECT … -- made up by the mock\nFROM events\nWHERE question = '${body.question}'\n  AND ts >= {from:DateTime64(3)}` });
  if (body.question === "trends") {
    const step = { minute: 60e3, hour: 3600e3, day: 86400e3 }[body.interval ?? "day"];
    const times = [];
    for (let at = Date.parse(body.from); at < Date.parse(body.to); at += step) times.push(at);
    const value = (at, part = 1) => Math.round((step > 4e6 ? 900 + wave(at / 3600e3) * 4 : wave(at / 3600e3)) * part);
    const time = (at) => new Date(at).toISOString().slice(0, 19);
    if (!body.breakdown) return answer([column("time", "time"), column("value", "count")], times.map((at) => [time(at), value(at, body.metric === "searches" ? 0.2 : 1)]));
    const rows = ["service", "policy", "news"].flatMap((series, index) => times.map((at) => [time(at), series, value(at, 0.5 / (index + 1))]));
    return answer([column("time", "time"), column("series", "text"), column("value", "count")], rows);
  }
  if (body.question === "top_content") {
    const rows = items.filter((item) => item.importance >= 1).slice(0, 40).map((item, index) => [item.id, item.title.zh, item.kind, 900 - index * 19, 700 - index * 15, 9000 - index * 150, 12.4]);
    return answer([column("key", "text"), column("title", "text"), column("kind", "text"), column("views", "count"), column("visitors", "count"), column("engaged_seconds", "seconds"), column("seconds_per_view", "seconds")], rows);
  }
  if (body.question === "recommendations") {
    const keys = { position: [...Array(12).keys()], reason: ["need", "similar", "factors", "popular", "fresh", "mandated"], policy: ["home@0a1b2c3d", "item@99aa88bb"], day: [...Array(7).keys()].map((day) => `2026-11-1${day + 1}T00:00:00`) }[body.by ?? "policy"];
    return answer([column("key", body.by === "position" ? "count" : "text"), column("impressions", "count"), column("clicks", "count"), column("ctr", "ratio")], keys.map((key, index) => [key, 4000 - index * 200, 420 - index * 30, (420 - index * 30) / (4000 - index * 200)]));
  }
  if (body.question === "search") {
    const columns = [column("query", "text"), column("searches", "count"), column("visitors", "count"), column("zero_results", "count"), column("zero_result_rate", "ratio"), column("mean_results", "number"), column("clicks", "count"), column("ctr_at_k", "ratio")];
    const list = body.report === "zero_results" ? ["宠物护照", "共享单车押金", "etc注销"] : ["社保", "公积金提取", "居住证", "医保报销", "新生儿落户"];
    const rows = list.map((query, index) => [query, 320 - index * 40, 250 - index * 30, body.report === "zero_results" ? 20 - index : 0, body.report === "zero_results" ? 1 : 0, 12.5, 200 - index * 20, 0.62 - index / 30]);
    return body.report === "summary" ? answer([column("queries", "count"), ...columns.slice(1)], [[214, 5120, 2011, 143, 0.028, 11.2, 3100, 0.58]]) : answer(columns, rows);
  }
  const now = Math.floor(Date.now() / 60e3);
  const rows = [...Array(30).keys()].map((minute) => [new Date((now - 30 + minute) * 60e3).toISOString().slice(0, 19), wave(minute), wave(minute + 3) >> 1, wave(minute) >> 2, wave(minute) >> 3, wave(minute) * 2]);
  return answer([column("time", "time"), ...["page_views", "visitors", "sessions", "searches", "events"].map((name) => column(name, "count"))], rows);
}

const routes = {
  "GET /v1/client-config": () => ({ site: { code: "yunchuan", name: { zh: "云川省人民政府", en: "Yunchuan Province" }, write_key: "wk_demo" }, lang: "zh", demo: true }),
  "GET /v1/recommendations": recommendations,
  "GET /v1/search": search,
  "GET /v1/suggest": suggest,
  "GET /v1/demo/personas": () => personas,
  "GET /v1/sites": () => ({ sites: [{ id: 1, code: "yunchuan", region: "990000", name: "云川省" }, { id: 2, code: "qinglan", region: "990100", name: "青澜市" }] }),
  "GET /v1/taxonomy": () => taxonomy,
  "GET /v1/me": me,
  "GET /v1/me/inbox": inbox,
  "GET /v1/me/export": me,
  "PUT /v1/me/personalisation": ({ visitor, body }) => void (person(visitor).on = body.on),
  "PUT /v1/me/consent": ({ visitor, body }) => void (person(visitor).consent = body),
  "PUT /v1/me/needs": ({ visitor, body }) => void (person(visitor).declared = body.declared),
  "POST /v1/me/subscriptions": ({ visitor, body }) => void person(visitor).subscriptions.push({ ...body, name: items.find((item) => item.id === body.value)?.title }),
  "DELETE /v1/me/subscriptions": ({ visitor, body }) => void (person(visitor).subscriptions = person(visitor).subscriptions.filter((one) => one.value !== body.value)),
  "DELETE /v1/me": ({ visitor }) => void people.delete(visitor),
  "POST /v1/analytics/query": analytics,
  "GET /v1/console/status": () => ({
    version: "0.1.0", clickhouse: true, embedded: true, spool: { backlog_events: 12, bytes: 48211 }, index_items: items.length, live_visitors: 214,
    models: { digest: "9f2c11aa", trained_at: new Date().toISOString(), age_s: 1820, uses: 81230, visitors: 5102, metrics: [["als_loss", 0.412], ["coverage", 0.93]] },
    resident_bytes: 734003200, pipelines: ["home@0a1b2c3d", "item@99aa88bb"],
  }),
  "POST /v1/events": ({ body, visitor }) => {
    for (const event of body.events) {
      if (event.props?.verdict === "not_interested") person(event.anonymous_id ?? visitor).unwanted.add(event.item_id);
      tell({ ts: event.ts, name: event.name, site: 1, channel: event.channel, path: new URL(event.page.url).pathname, item_id: event.item_id ?? "", search_q: event.search_q ?? "", bot: false });
    }
    return { results: Object.fromEntries(body.events.map((event) => [event.event_id, { result: "ok" }])) };
  },
};

function tell(event) {
  for (const response of listeners) response.write(`event: event\ndata: ${JSON.stringify(event)}\n\n`);
}

setInterval(() => {
  const item = items[Math.floor(Math.random() * items.length)];
  const name = ["page_view", "click", "impression", "search", "engagement"][Math.floor(Math.random() * 5)];
  tell({ ts: new Date().toISOString(), name, site: 1, channel: "web", path: item.url, item_id: item.id, search_q: "", bot: Math.random() < 0.05 });
}, 700).unref();

createServer(async (request, response) => {
  const url = new URL(request.url, "http://localhost");
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const said = { query: url.searchParams, visitor: request.headers["x-civicsense-visitor"], body: text ? JSON.parse(text) : undefined };
  const send = (status, body, type = "application/json") => response.writeHead(status, { "content-type": type, "content-security-policy": CSP }).end(body);
  if (url.pathname === "/v1/stream") return void response.writeHead(200, { "content-type": "text/event-stream" }).write(": hello\n\n");
  if (url.pathname === "/v1/console/live") {
    response.writeHead(200, { "content-type": "text/event-stream" });
    listeners.add(response);
    return void request.on("close", () => listeners.delete(response));
  }
  const route = routes[`${request.method} ${url.pathname}`];
  if (route) {
    const answer = route(said);
    return answer === undefined ? void response.writeHead(204).end() : send(200, JSON.stringify(answer));
  }
  const [, one, kind, id] = url.pathname.split("/");
  if (one === "v1") {
    const item = kind === "items" && items.find((known) => known.id === decodeURIComponent(id));
    if (item) return send(200, JSON.stringify(item));
    if (request.method === "DELETE") {
      person(said.visitor).needs = person(said.visitor).needs.filter((need) => !url.pathname.endsWith(need));
      person(said.visitor).declared = person(said.visitor).declared.filter((need) => !url.pathname.endsWith(need));
    }
    return request.method === "GET" ? send(404, JSON.stringify({ title: "not found", code: "not_found" })) : void response.writeHead(204).end();
  }
  const file = one === "console" ? "console.html" : ["assets", "sdk"].includes(one) || extname(one) ? url.pathname.slice(1) : "portal.html";
  const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml" };
  try {
    send(200, readFileSync(join(dist, file)), types[extname(file)]);
  } catch {
    send(404, "");
  }
}).listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}/`));

/** The few fields needed here, picked out of the tables of the taxonomy's file. */
function readTaxonomy(path) {
  const tables = { group: [], need: [], theme: [], topic: [] };
  for (const part of readFileSync(path, "utf8").split(/^\[\[/m).slice(1)) {
    const [name] = part.split("]]");
    const fields = [...part.matchAll(/^(id|zh|en|group|sensitivity) = "(.*)"$/gm)];
    tables[name]?.push(Object.fromEntries(fields.map(([, key, value]) => [key, value])));
  }
  return tables;
}
