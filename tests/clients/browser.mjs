// The vendors' SDKs for browsers, in Chromium, on a page of another origin: `node browser.mjs CLIENT URL WRITE_KEY`.

import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const [client, url, key] = process.argv.slice(2);
const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];
const modules = join(dirname(fileURLToPath(import.meta.url)), "node_modules");
const TOLD = { item_id: "i-1", query: "公积金", attempt: 5 };

const clients = {
  "segment-browser": {
    script: "@segment/analytics-next/dist/umd/index.js",
    async run({ url, key, TOLD }) {
      const { AnalyticsBrowser } = window.AnalyticsNext ?? window;
      const host = new URL(url).host;
      const [analytics] = await AnalyticsBrowser.load(
        { writeKey: key, cdnURL: url },
        { integrations: { "Segment.io": { apiHost: `${host}/v1`, protocol: "http" } } },
      );
      await analytics.setAnonymousId("anon-1");
      await analytics.page("Home");
      await analytics.track("Products Searched", TOLD);
      await analytics.identify("u-1", { name: "Anna" });
    },
  },
  "rudder-browser": {
    script: "@rudderstack/analytics-js/dist/npm/legacy/bundled/umd/index.js",
    async run({ url, key, TOLD }) {
      const { RudderAnalytics } = window.rudderanalytics ?? window;
      const analytics = new RudderAnalytics();
      analytics.load(key, url, { configUrl: url, sendAdblockPage: false, storage: { encryption: { version: "legacy" } }, queueOptions: { batch: { enabled: false } } });
      await new Promise((resolve) => analytics.ready(resolve));
      analytics.setAnonymousId("anon-1");
      analytics.page("Home");
      analytics.track("Products Searched", TOLD);
      analytics.identify("u-1", { name: "Anna" });
    },
  },
  "rudder-beacon": {
    script: "@rudderstack/analytics-js/dist/npm/legacy/bundled/umd/index.js",
    async run({ url, key, TOLD }) {
      const { RudderAnalytics } = window.rudderanalytics ?? window;
      const analytics = new RudderAnalytics();
      analytics.load(key, url, { configUrl: url, sendAdblockPage: false, useBeacon: true, beaconQueueOptions: { maxItems: 2, flushQueueInterval: 1000 } });
      await new Promise((resolve) => analytics.ready(resolve));
      analytics.setAnonymousId("anon-1");
      analytics.page("Home");
      analytics.track("Products Searched", TOLD);
    },
  },
  "sensors-browser": {
    script: "sa-sdk-javascript/sensorsdata.min.js",
    async run({ url, key, TOLD }) {
      const sensors = window.sensorsDataAnalytic201505 ?? window.sensors;
      sensors.init({ server_url: `${url}/sa?project=default&token=${key}`, send_type: "ajax", batch_send: false, heatmap: { clickmap: "not_collect", scroll_notice_map: "not_collect" } });
      sensors.identify("anon-1", true);
      sensors.quick("autoTrack");
      sensors.track("SiteSearch", TOLD);
      sensors.login("u-1");
    },
  },
  "sensors-image": {
    script: "sa-sdk-javascript/sensorsdata.min.js",
    async run({ url, key, TOLD }) {
      const sensors = window.sensorsDataAnalytic201505 ?? window.sensors;
      sensors.init({ server_url: `${url}/sa?project=default&token=${key}`, send_type: "image", batch_send: false });
      sensors.identify("anon-1", true);
      sensors.quick("autoTrack");
      sensors.track("SiteSearch", TOLD);
    },
  },
  "sensors-beacon": {
    script: "sa-sdk-javascript/sensorsdata.min.js",
    async run({ url, key, TOLD }) {
      const sensors = window.sensorsDataAnalytic201505 ?? window.sensors;
      sensors.init({ server_url: `${url}/sa?project=default&token=${key}`, send_type: "beacon", batch_send: false });
      sensors.identify("anon-1", true);
      sensors.quick("autoTrack");
      sensors.track("SiteSearch", TOLD);
    },
  },
};

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: FLAGS });
const userAgent = `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${browser.version()} Safari/537.36`;
const page = await (await browser.newContext({ locale: "zh-CN", userAgent })).newPage();
const faults = [];
page.on("pageerror", (error) => faults.push(`uncaught: ${error.message}`));
page.on("console", (message) => message.type() === "error" && faults.push(`console: ${message.text()}`));
page.on("response", (answer) => answer.status() >= 300 && answer.url().startsWith(url) && faults.push(`${answer.status()} for ${answer.url()}`));
let open = 0;
let last = Date.now();
const count = (step) => (request) => request.url().startsWith(url) && ((open += step), (last = Date.now()));
page.on("request", count(1));
page.on("requestfinished", count(-1));
page.on("requestfailed", (request) => (count(-1)(request), request.url().startsWith(url) && faults.push(`failed: ${request.url()} ${request.failure()?.errorText}`)));
// Another port is another origin, and of the same kind of network: a browser lets no public page call a private address.
const portal = createServer((_, answer) => {
  answer.writeHead(200, { "content-type": "text/html; charset=utf-8" });
  answer.end("<!doctype html><html lang=zh><link rel=icon href=data:,><title>首页</title><p>门户</p>");
});
await new Promise((resolve) => portal.listen(0, "127.0.0.1", resolve));
await page.goto(`http://localhost:${portal.address().port}/a?x=1`);
const { script, run } = clients[client];
await page.addScriptTag({ path: join(modules, script) });
await page.evaluate(run, { url, key, TOLD });
// Quiet for a second: whatever the SDK holds back is sent by then.
while (open > 0 || Date.now() - last < 1_500) await new Promise((resolve) => setTimeout(resolve, 100));
await browser.close();
portal.close();
if (faults.length) {
  console.error(faults.join("\n"));
  process.exit(1);
}
