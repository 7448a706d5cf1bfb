// A site of its own for the SDK's test: one page under a strict policy, and a collector that remembers what it got.

import { createServer } from "node:http";

const POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'; worker-src 'self'";

const page = (attributes) => `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>文档标题</title>
<meta name="SiteName" content="云川省人民政府"><meta name="SiteIDCode" content="9900000001">
<meta name="ColumnName" content="政策文件"><meta name="ColumnType" content="政策"><meta name="ArticleTitle" content="关于公积金的通知">
<meta name="PubDate" content="2026-11-20 09:00"><meta name="ContentSource" content="省住房城乡建设厅"><meta name="Keywords" content="公积金">
<link rel="icon" href="/icon.svg">
<script async src="/sdk/civicsense.min.js" data-write-key="wk_test" data-site="t" ${attributes}></script></head>
<body><a id="away" href="/other?secret=1">去别处</a><a id="file" href="/files/form.pdf">附件</a>
<div id="place" data-cs-recommend="home" data-limit="3"><p id="fallback">常用服务</p></div></body></html>`;

const item = (position) => ({
  id: `item-${position}`, title: { zh: `第${position}项`, en: `Item ${position}` }, summary: { zh: "", en: "" }, url: `/item/${position}`,
  kind: "service", position, personalized: position === 0, reason: { code: "popular", text: { zh: "大家常用", en: "Much used" } }, needs: [],
});

/** Starts the site; `scripts` are the SDK and the worker under test. */
export async function record(scripts) {
  const state = { events: [], batches: [], consents: [], refusal: undefined, delay: 0, attributes: "" };
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const send = (status, text, type = "application/json", more = {}) =>
      response.writeHead(status, { "content-type": type, ...more }).end(text);
    if (pathname === "/v1/events") {
      if (state.refusal) return send(503, "{}", "application/problem+json", { "retry-after": String(state.refusal) });
      const batch = JSON.parse(body);
      state.batches.push(batch);
      state.events.push(...batch.events);
      return send(200, JSON.stringify({ results: Object.fromEntries(batch.events.map(({ event_id }) => [event_id, { result: "ok" }])) }));
    }
    if (pathname === "/v1/recommendations") {
      await new Promise((resolve) => setTimeout(resolve, state.delay));
      return send(200, JSON.stringify({ request_id: "r1", policy: "home@1", personalized: true, degraded: false, items: [0, 1, 2].map(item) }));
    }
    if (pathname === "/v1/me/consent") {
      state.consents.push([request.headers["x-civicsense-visitor"], JSON.parse(body)]);
      return response.writeHead(204).end();
    }
    if (scripts[pathname]) return send(200, scripts[pathname], "text/javascript; charset=utf-8");
    if (pathname.endsWith(".svg")) return send(200, '<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml");
    return send(200, page(state.attributes), "text/html; charset=utf-8", { "content-security-policy": POLICY });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { state, origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
