// Walks the console's experiments: `node experiments.mjs BASE_URL [SCREENSHOT_FOLDER]`. The server has one named `length`.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { nameless, open } from "./browser.mjs";

const [base, folder] = process.argv.slice(2);
if (!base) {
  console.error("usage: node experiments.mjs BASE_URL [SCREENSHOT_FOLDER]");
  process.exit(2);
}
if (folder) await mkdir(folder, { recursive: true });

const { browser, page, faults } = await open(base, { locale: "en-US" });
page.setDefaultTimeout(30_000);
const ROUTE = "**/v1/console/experiments*";
const panel = page.locator("[data-experiment=length]");
const refresh = () => page.click(".filters > button");
async function picture(name) {
  if (!folder) return;
  // The bar would lie over what is looked at.
  await page.evaluate(() => (document.querySelector(".bar").style.position = "static"));
  await page.locator("#experiments").screenshot({ path: join(folder, `${name}.png`) });
}

/** What the server says, with something changed. */
function changed(change) {
  return page.route(ROUTE, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: change(await response.json()) });
  });
}

async function step(what, walk) {
  await walk();
  console.log(`ok   ${what}`);
}

const walk = [
  ["an experiment tells its shares in words, and what is clicked more", async () => {
    await page.goto(new URL("/console#experiments", base).href);
    await panel.locator("[data-arm]").first().waitFor();
    assert.equal(await panel.locator("[data-arm]").count(), 2);
    assert.match(await panel.textContent(), /The shares came out as they should/);
    const control = await panel.locator("[data-arm=control]").textContent();
    assert.match(control, /50%.*the control/);
    assert.match(await panel.locator("[data-arm=short]").textContent(), /home-short.*clearly more clicks/);
    assert.equal(await panel.locator("svg.interval").count(), 2);
    assert.equal(await panel.getByRole("row", { name: /short/ }).count(), 1, "an arm is a row");
    assert.deepEqual(await nameless(page), []);
    await picture("16-experiments");
  }],
  ["a phone shows every number of every arm, and the other language too", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    // Charts take the new width a moment later.
    await page.waitForFunction(() => document.documentElement.scrollWidth <= innerWidth);
    assert.equal(await panel.getByRole("row", { name: /short/ }).count(), 1, "still a row to those who listen");
    await picture("17-experiments-phone");
    await page.click(".links button");
    await page.waitForFunction(() => document.documentElement.lang === "zh-CN");
    assert.match(await panel.textContent(), /份额符合设定.*点击明显更多/s);
    await page.click(".links button");
    await page.setViewportSize({ width: 1360, height: 900 });
  }],
  ["shares that are off take every result away", async () => {
    await changed((answer) => {
      const [one] = answer.experiments;
      return { ...answer, experiments: [{ ...one, ratio_p: 1e-7, mismatch: true }] };
    });
    await refresh();
    await panel.locator(".failed").waitFor();
    assert.match(await panel.textContent(), /did not come out as they should.*< 0\.01%.*Believe no result/);
    assert.match(await panel.locator("[data-arm=short]").textContent(), /not compared/);
    await picture("18-experiments-off");
    await page.unroute(ROUTE);
  }],
  ["where there is none, it is said how to define one", async () => {
    await changed(() => ({ holdout: null, experiments: [] }));
    await refresh();
    const none = page.locator("[data-experiment=none]");
    await none.waitFor();
    assert.match(await none.textContent(), /\[recommend\] experiments.*civicsense validate.*\[\[experiment\]\]/s);
    await picture("19-experiments-none");
    await page.unroute(ROUTE);
  }],
  ["a server that cannot tell is said so, and asked again", async () => {
    assert.deepEqual(faults, [], "the pages did something no page should do");
    const problem = { title: "A part of the service is away", detail: "the analytic store is away, try again" };
    await page.route(ROUTE, (route) => route.fulfill({ status: 503, contentType: "application/problem+json", json: problem }));
    await refresh();
    const alert = page.locator("#experiments [role=alert]");
    await alert.waitFor();
    assert.match(await alert.textContent(), /the analytic store is away/);
    await page.unroute(ROUTE);
    faults.length = 0;
    await alert.locator("button").click();
    await panel.waitFor();
    assert.equal(await alert.count(), 0);
  }],
];

try {
  for (const [what, how] of walk) await step(what, how);
  assert.deepEqual(faults, [], "the pages did something no page should do");
  console.log("ok   no console errors, no failed requests, no foreign hosts");
} catch (error) {
  await picture("failure-experiments").catch(() => undefined);
  console.error(`FAIL ${error.stack}\n${faults.join("\n")}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}
