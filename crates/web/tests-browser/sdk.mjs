// Proves what the SDK and the service worker promise, on a page of another site: `node sdk.mjs BASE_URL`.

import assert from "node:assert/strict";
import { open } from "./browser.mjs";
import { record } from "./recorder.mjs";

const [base] = process.argv.slice(2);
if (!base) {
  console.error("usage: node sdk.mjs BASE_URL");
  process.exit(2);
}
const script = async (path) => [path, await (await fetch(new URL(path, base))).text()];
const scripts = Object.fromEntries(await Promise.all(["/sdk/civicsense.min.js", "/sw.js"].map(script)));

/** Waits until `found` returns something. */
async function until(found, what, patience = 8_000) {
  for (const end = Date.now() + patience; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const value = await found();
    if (value) return value;
  }
  throw new Error(`waited in vain for ${what}`);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const named = (state, name) => state.events.filter((event) => event.name === name);
const seen = (state, name) => until(() => named(state, name)[0], name);
const kept = (page) => page.evaluate(() => [document.cookie, ...Object.keys(localStorage).filter((key) => key !== "civicsense.consent")]);
const started = (page) => page.waitForFunction(() => window.civicsense);

const promises = {
  "the 47号 meta tags describe the page, and nothing is kept before the answer": async ({ page, site, state }) => {
    await page.goto(`${site}/a?name=secret&utm_source=weixin`);
    const view = await seen(state, "page_view");
    assert.equal(view.column_id, "政策文件");
    assert.equal(view.dept, "省住房城乡建设厅");
    assert.equal(view.page.title, "关于公积金的通知");
    assert.equal(view.props.site_id_code, "9900000001");
    assert.equal(view.page.url, `${site}/a?utm_source=weixin`, "a query may hold what somebody typed");
    assert.match(view.event_id, UUID);
    assert.equal(view.consent, undefined, "nobody has answered yet");
    assert.equal(state.batches[0].write_key, "wk_test");
    assert.deepEqual(await kept(page), [""]);
    await page.reload();
    const again = await until(() => named(state, "page_view")[1], "a second view");
    assert.notEqual(again.anonymous_id, view.anonymous_id, "the id dies with the page");
  },
  "consent makes the id last, a withdrawal forgets it and silences the SDK": async ({ page, site, state }) => {
    await page.goto(site);
    await started(page);
    await page.evaluate(() => civicsense.decide({ analytics: true, personalisation: true }));
    const id = await page.evaluate(() => civicsense.visitor);
    await page.reload();
    await started(page);
    assert.equal(await page.evaluate(() => civicsense.visitor), id);
    await page.evaluate(() => civicsense.decide({ analytics: false, personalisation: false }));
    assert.deepEqual(state.consents.map(([visitor, { analytics }]) => [visitor, analytics]), [[id, true], [id, false]]);
    assert.notEqual(await page.evaluate(() => civicsense.visitor), id);
    assert.deepEqual(await kept(page), [""]);
    await page.evaluate(() => civicsense.flush());
    const before = state.events.length;
    await page.reload();
    await started(page);
    await page.waitForTimeout(1_500);
    assert.equal(state.events.length, before, "a refusal is not counted");
  },
  "Global Privacy Control and a kiosk keep it silent or forgetful": async ({ page, site, state }) => {
    await page.addInitScript(() => Object.defineProperty(navigator, "globalPrivacyControl", { get: () => true }));
    await page.goto(site);
    await started(page);
    await page.click("#file", { noWaitAfter: true });
    await page.waitForTimeout(1_500);
    assert.equal(state.events.length, 0);
    state.attributes = 'data-channel="kiosk"';
    const kiosk = await page.context().newPage();
    await kiosk.goto(site);
    await started(kiosk);
    await kiosk.evaluate(() => civicsense.decide({ analytics: true }));
    assert.deepEqual(await kept(kiosk), [""]);
  },
  "a refused batch comes again with the same ids, after the time the server asked for": async ({ page, site, state }) => {
    state.refusal = 2;
    const refused = page.waitForResponse((response) => response.status() === 503);
    await page.goto(site);
    await refused;
    const began = Date.now();
    await page.evaluate(() => civicsense.track("download"));
    state.refusal = undefined;
    await seen(state, "download");
    assert.ok(Date.now() - began >= 1_900, "Retry-After is kept");
    const ids = state.events.map((event) => event.event_id);
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(named(state, "page_view").length, 1);
  },
  "events of an offline page arrive after a reload, at most 200 of them": async ({ page, site, state }) => {
    await page.goto(site);
    await started(page);
    await page.evaluate(() => civicsense.decide({ analytics: true }));
    await seen(state, "page_view");
    state.refusal = 1;
    await page.evaluate(() => {
      for (let turn = 0; turn < 300; turn++) civicsense.track("click", { item_id: `i${turn}` });
      return civicsense.flush();
    });
    await page.waitForFunction(() => JSON.parse(localStorage.getItem("civicsense.queue") ?? "[]").length === 200);
    state.refusal = undefined;
    await page.reload();
    await until(() => named(state, "click").some(({ item_id }) => item_id === "i299"), "the last event");
    await until(() => new Set(named(state, "click").map(({ event_id }) => event_id)).size >= 180, "the kept events");
    assert.ok(!named(state, "click").some(({ item_id }) => item_id === "i0"), "the oldest gave way");
  },
  "a single-page application's views, its downloads, and reading time on leaving": async ({ page, site, state }) => {
    await page.goto(site);
    await seen(state, "page_view");
    await page.mouse.move(20, 20);
    await page.waitForTimeout(2_200);
    await page.evaluate(() => history.pushState(null, "", "/b?q=secret"));
    const second = await until(() => named(state, "page_view")[1], "the second view");
    assert.equal(second.page.url, `${site}/b`);
    assert.equal(second.page.referrer, `${site}/`);
    const read = await seen(state, "engagement");
    assert.ok(read.engaged_ms >= 1_000 && read.engaged_ms < 6_000, `${read.engaged_ms} ms`);
    assert.ok(read.scroll_pct > 0 && read.scroll_pct <= 100);
    await page.evaluate(() => document.querySelector("#file").addEventListener("click", (event) => event.preventDefault()));
    await page.click("#file");
    await page.click("#away");
    await seen(state, "download");
    const click = await seen(state, "click");
    assert.ok(click.props.href.endsWith("/other"), "never the query");
  },
  "a late answer leaves the page as it is, a timely one becomes a list that explains itself": async ({ page, site, state }) => {
    state.delay = 900;
    await page.goto(site);
    await page.waitForTimeout(1_300);
    assert.equal(await page.locator("#fallback").count(), 1, "300 ms are over: the fallback stays");
    state.delay = 0;
    await page.reload();
    await page.waitForSelector("#place li");
    await until(() => named(state, "impression").length >= 3, "impressions");
    await page.evaluate(() => civicsense.watch(document));
    await page.waitForTimeout(1_300);
    const shown = named(state, "impression");
    assert.deepEqual(shown.map(({ item_id, rec_id, rec_pos, rec_policy, props }) => [item_id, rec_id, rec_pos, rec_policy, props.reason]),
      [0, 1, 2].map((position) => [`item-${position}`, "r1", position, "home@1", "popular"]), "each item once");
    const why = page.getByRole("button", { name: "为什么推荐" }).first();
    await why.focus();
    await page.keyboard.press("Enter");
    assert.equal(await page.locator(".cs-reason").first().textContent(), "大家常用");
    await page.getByRole("button", { name: /不感兴趣/ }).nth(1).click();
    assert.deepEqual((await seen(state, "feedback")).props, { verdict: "not_interested" });
    await page.locator("#place a").first().click();
    const click = await until(() => named(state, "click")[0], "the click");
    assert.deepEqual([click.item_id, click.rec_id, click.rec_pos], ["item-0", "r1", 0]);
  },
  "the service worker shows a push once, keeps a discreet one wordless, and sends receipts": async ({ page, site, state, context, faults }) => {
    await context.grantPermissions(["notifications"], { origin: site });
    await page.goto(site);
    const cdp = await context.newCDPSession(page);
    const registrations = new Map();
    cdp.on("ServiceWorker.workerRegistrationUpdated", ({ registrations: all }) => all.forEach((one) => registrations.set(one.scopeURL, one.registrationId)));
    await cdp.send("ServiceWorker.enable");
    await page.evaluate(async (origin) => {
      const registration = await navigator.serviceWorker.register("/sw.js");
      await navigator.serviceWorker.ready;
      registration.active.postMessage({ type: "civicsense.brief", brief: { origin, writeKey: "wk_test", visitor: "v1", lang: "zh" } });
    }, site);
    const registrationId = await until(() => registrations.get(`${site}/`), "the registration");
    const push = (payload) => cdp.send("ServiceWorker.deliverPushMessage", { origin: site, registrationId, data: JSON.stringify(payload) });
    const notes = () => page.evaluate(async () => (await (await navigator.serviceWorker.ready).getNotifications()).map(({ title, body, tag }) => ({ title, body, tag })));
    const words = { v: 1, id: "m1", class: "subscribed", title: { zh: "公交改道", en: "Detour" }, body: { zh: "12路绕行", en: "Line 12" }, url: "/n/1" };
    await push(words);
    await until(async () => (await notes()).length === 1, "a notification");
    await push(words);
    await push({ v: 1, id: "m2", class: "suggested" });
    await until(async () => (await notes()).length === 2, "the second message");
    const shown = await notes();
    assert.ok(shown.some(({ title, body }) => title === "公交改道" && body === "12路绕行"));
    assert.ok(shown.some(({ title, body, tag }) => tag === "m2" && title === "有一项服务可能适合您" && body === ""));
    await until(() => named(state, "push").length >= 2, "receipts");
    await page.waitForTimeout(500);
    const receipts = named(state, "push").map(({ props, consent }) => [props.message_id, props.state, consent.push]);
    assert.deepEqual(receipts.sort(), [["m1", "displayed", true], ["m2", "displayed", true]], "a repeated message has one receipt");
    assert.deepEqual(faults, []);
  },
};

for (const [what, keep] of Object.entries(promises)) {
  const recorder = await record(scripts);
  const opened = await open(recorder.origin);
  const began = performance.now();
  try {
    await keep({ ...opened, site: recorder.origin, state: recorder.state });
    const faults = opened.faults.filter((fault) => !fault.includes("503"));
    assert.deepEqual(faults, []);
    console.log(`ok   ${what} (${Math.round(performance.now() - began)} ms)`);
  } catch (error) {
    console.error(`FAIL ${what}\n${error.stack}\n${opened.faults.join("\n")}`);
    process.exitCode = 1;
  } finally {
    await opened.browser.close();
    recorder.close();
  }
}
