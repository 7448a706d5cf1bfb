// Walks the demo's main path as a citizen and an analyst would: `node demo.mjs BASE_URL [SCREENSHOT_FOLDER]`.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { nameless, open, tabTo } from "./browser.mjs";

const [base, folder] = process.argv.slice(2);
if (!base) {
  console.error("usage: node demo.mjs BASE_URL [SCREENSHOT_FOLDER]");
  process.exit(2);
}
if (folder) await mkdir(folder, { recursive: true });

const { browser, context, page, faults } = await open(base);
page.setDefaultTimeout(30_000);
const titles = () => page.locator(".for-you .card h3").allTextContents();
const picture = async (name, of = page) => folder && of.screenshot({ path: join(folder, `${name}.png`) });

async function step(what, walk) {
  const began = performance.now();
  await walk();
  console.log(`ok   ${what} (${Math.round(performance.now() - began)} ms)`);
}

/** Waits until the list on the home page is the one last asked for. */
async function settled() {
  await page.waitForSelector(".for-you .card");
  await page.waitForFunction(() => !document.querySelector(".settling"));
}

/** Chooses a persona in the dialog and waits for the home page that follows. */
async function become(id) {
  const answered = page.waitForResponse((response) => response.url().includes("/v1/recommendations"));
  await page.click(`[data-persona="${id}"]`);
  await answered;
  await settled();
}

/** Whether at least four charts have something on them. */
function drawn() {
  const painted = [...document.querySelectorAll(".panel canvas")].filter((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.some((byte) => byte !== 0);
  });
  return painted.length >= 4;
}

let everybody, first, second, personas;
const walk = [
  ["a new visitor is asked once, and nothing is kept before the answer", async () => {
    await page.goto(base);
    await page.waitForSelector(".for-you .card");
    everybody = await titles();
    assert.ok(everybody.length >= 4, "the home page shows a list to everybody");
    const kept = await page.evaluate(() => [document.cookie, localStorage.getItem("civicsense.id")]);
    assert.deepEqual(kept, ["", null]);
    const size = async (answer) => (await page.locator(`[data-consent="${answer}"]`).boundingBox()).width;
    assert.ok((await size("refuse")) >= (await size("accept")) - 1, "refusing is as easy as agreeing");
    await picture("1-home-everybody");
    await page.click('[data-consent="refuse"]');
    await page.reload();
    await page.waitForSelector(".for-you .card");
    assert.equal(await page.locator(".consent").count(), 0, "a refusal is remembered");
    assert.equal(await page.locator(".human a[href='tel:12345']").isVisible(), true, "12345 is on the page");
  }],
  ["a persona is chosen with the keyboard alone, and the home page becomes theirs", async () => {
    await tabTo(page, ".persona-pill");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-persona]:not([data-persona=''])");
    personas = await page.locator("[data-persona]").evaluateAll((all) => all.map((one) => one.dataset.persona).filter(Boolean));
    assert.ok(personas.length >= 2, "the demo has a cast");
    await picture("2-personas");
    await tabTo(page, `[data-persona="${personas[0]}"]`);
    await page.keyboard.press("Enter");
    await page.waitForSelector(".for-you .mark");
    await settled();
    first = await titles();
    await page.waitForTimeout(800);
    await picture("3-home-first-persona");
  }],
  ["another persona sees another home page", async () => {
    await page.click(".persona-pill");
    await page.waitForSelector("[data-persona]:not([data-persona=''])");
    await become(personas[1]);
    await page.waitForSelector(".for-you .mark");
    second = await titles();
    const shared = second.filter((title) => first.includes(title)).length;
    assert.ok(shared <= second.length / 2, `${shared} of ${second.length} items are the same for both`);
    assert.notDeepEqual(second, everybody);
    await page.waitForTimeout(800);
    await picture("4-home-second-persona");
  }],
  ["every item says why, in both languages, and the dialog gives the focus back", async () => {
    const reasons = await page.locator(".card .reason").allTextContents();
    assert.ok(reasons.length && reasons.every((reason) => reason.trim()), "no item without a reason");
    await tabTo(page, ".card .reason");
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog[open] [data-reason]");
    await picture("5-why");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
    assert.ok(await page.evaluate(() => document.activeElement.matches(".reason")), "focus returns to the button");
    await page.click("button[lang=en]");
    await page.waitForFunction(() => document.documentElement.lang === "en");
    await page.waitForFunction(() => [...document.querySelectorAll(".reason span")].every((one) => /[a-z]{3}/i.test(one.textContent)));
    await picture("6-english");
    await page.click("button[lang=zh-CN]");
    await page.waitForFunction(() => document.documentElement.lang === "zh-CN");
    await settled();
  }],
  ["“not interested” removes an item at once", async () => {
    const before = await page.locator(".card:not(.gone)").count();
    await page.locator(".card .bare").first().click();
    await page.waitForSelector(".card.gone [role=status]");
    assert.equal(await page.locator(".card:not(.gone)").count(), before - 1);
  }],
  ["社保 and 公积金 are found, marked and narrowed by facets", async () => {
    for (const word of ["社保", "公积金"]) {
      await page.fill("[role=combobox]", "");
      await page.locator("[role=combobox]").pressSequentially(word, { delay: 40 });
      await page.waitForSelector("[role=option]");
      if (word === "公积金") await picture("7-suggestions");
      await page.keyboard.press("Enter");
      await page.waitForFunction((q) => new URLSearchParams(location.search).get("q") === q, word);
      // The results before stay visible until the new ones are there.
      await page.waitForSelector(".results[aria-busy=false] li mark");
      const marks = await page.locator(".results mark").allTextContents();
      assert.ok(marks.some((mark) => word.includes(mark) || mark.includes(word)), `${word} is not marked: ${marks}`);
    }
    const regions = await page.locator('.facets section[aria-label="地区"] span').allTextContents();
    assert.ok(regions.length && regions.every((name) => name.endsWith("政府")), `a region is called after a department: ${regions}`);
    await picture("8-search");
    const total = () => page.locator(".search-head [role=status]").textContent().then((text) => Number.parseInt(text, 10));
    const all = await total();
    await page.locator(".facets section a").first().click();
    await page.waitForSelector(".facets a[aria-current]");
    await page.waitForFunction(() => !document.querySelector(".waiting"));
    assert.ok((await total()) <= all, "a facet narrows");
  }],
  ["an item is opened with the keyboard, with its related items from the one-line widget", async () => {
    await tabTo(page, ".results a");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".article h1");
    await page.waitForSelector(".related .cs-item a");
    const why = page.locator(".related .cs-acts button").first();
    await why.focus();
    await page.keyboard.press("Enter");
    assert.equal(await why.getAttribute("aria-expanded"), "true");
    assert.ok(await page.locator(".cs-reason:visible").first().textContent());
    await picture("9-item");
  }],
  ["my page shows needs with their evidence, and the switch works at once", async () => {
    await page.click(".navigation a[href='/me']");
    await page.waitForSelector(".needs [data-need]");
    assert.ok((await page.locator(".needs .evidence a").count()) > 0, "an inferred need says what it rests on");
    await picture("10-me");
    const flip = async (to) => {
      await page.click(".switch [role=switch]");
      await page.waitForSelector(`.switch [role=switch][aria-checked="${to}"]`);
    };
    await flip(false);
    await page.click(".navigation a[href='/']");
    await page.waitForSelector(".for-you .card");
    assert.equal(await page.locator(".for-you .mark").count(), 0, "nothing is personal once switched off");
    await page.click(".navigation a[href='/me']");
    await page.waitForSelector(".switch");
    await flip(true);
  }],
  ["the large-text edition enlarges, on a phone too", async () => {
    const size = () => page.evaluate(() => Number.parseFloat(getComputedStyle(document.body).fontSize));
    const before = await size();
    await page.click(".comforts button[aria-pressed]");
    await page.waitForFunction(() => document.documentElement.dataset.size === "large");
    assert.ok((await size()) > before * 1.2);
    await page.goto(base);
    await page.waitForSelector(".for-you .card");
    await page.setViewportSize({ width: 390, height: 844 });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, `the page is ${overflow} px wider than a phone`);
    await picture("11-phone-large-text");
    await page.setViewportSize({ width: 1360, height: 900 });
    await page.click(".comforts button[aria-pressed]");
  }],
  ["how lists are made is one link away, in both languages", async () => {
    await page.goto(base);
    await page.click(".foot a[href='/transparency']");
    await page.waitForSelector(".rules table.told tbody tr");
    assert.ok((await page.locator(".rules dl.told dt").count()) >= 5, "the models");
    const said = await page.locator(".rules").innerText();
    assert.match(said, /推荐规则公示/);
    assert.match(said, /home@[0-9a-f]{8}/);
    const cells = (await page.locator(".rules table.told :is(th, td:not(:has(code)))").allInnerTexts()).join(" ");
    assert.doesNotMatch(cells, /[a-z]_[a-z]/, "no name of the code is shown");
    await page.setViewportSize({ width: 390, height: 844 });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, `the page is ${overflow} px wider than a phone`);
    await picture("14-rules-phone");
    await page.setViewportSize({ width: 1360, height: 900 });
    await picture("14-rules");
  }],
  ["every control of the portal has a name", async () => {
    for (const path of ["/", "/search?q=社保", "/me", "/transparency"]) {
      await page.goto(new URL(path, base).href);
      await page.waitForSelector("h1, .for-you .card");
      assert.deepEqual(await nameless(page), [], path);
    }
  }],
  ["the console draws charts, shows the SQL behind them, and events as they happen", async () => {
    const desk = await context.newPage();
    await desk.goto(new URL("/console", base).href);
    await desk.waitForFunction(() => document.querySelectorAll(".panel canvas").length >= 4);
    await desk.waitForFunction(() => [...document.querySelectorAll(".tile .number")].every((one) => /\d/.test(one.textContent)));
    await desk.waitForSelector(".dot.on");
    const seen = await desk.locator(".events li").count();
    await page.goto(base);
    await page.waitForSelector(".for-you .card");
    await desk.waitForFunction((before) => document.querySelectorAll(".events li").length > before, seen);
    const sql = desk.locator("[data-question=trends] .sql");
    await sql.locator("summary").focus();
    await desk.keyboard.press("Enter");
    assert.match(await sql.locator("pre").textContent(), /SELECT/);
    await desk.locator("[data-question=trends] button").click();
    assert.ok((await desk.locator("[data-question=trends] tbody tr").count()) > 0, "the chart's table");
    await desk.locator("[data-question=trends] button").click();
    await desk.waitForFunction(drawn);
    await desk.waitForSelector("#experiments [data-experiment=none]");
    assert.deepEqual(await nameless(desk), []);
    await picture("12-console", desk);
    if (folder) await desk.screenshot({ path: join(folder, "13-console-full.png"), fullPage: true });
  }],
  ["an editor finds an item, sees where it is shown, pins it, takes it back, and looks as somebody else", async () => {
    const desk = await context.newPage();
    await desk.goto(new URL("/console#editors", base).href);
    await desk.fill("#editors input[type=search]", "公积金");
    await desk.click("#editors [role=search] button");
    await desk.locator("#editors .choices button").first().click();
    await desk.waitForSelector("[data-editing=placements] tbody tr");
    const fields = desk.locator("[data-editing=decide] input");
    await fields.nth(0).fill("tested");
    await fields.nth(1).fill("li");
    await desk.click("[data-editing=decide] button");
    const decision = desk.locator("[data-editing=decisions] li", { hasText: "tested" });
    await decision.waitFor();
    const kind = desk.locator("[data-editing=decisions] select");
    await kind.selectOption("block");
    await decision.waitFor({ state: "detached" });
    await kind.selectOption("pin");
    await decision.waitFor();
    await desk.click("[data-editing=preview] button");
    await desk.waitForSelector("[data-editing=preview] .listed li");
    assert.deepEqual(await nameless(desk), []);
    await desk.locator("#editors").scrollIntoViewIfNeeded();
    await picture("14-editors", desk);
    await desk.setViewportSize({ width: 390, height: 844 });
    const overflow = await desk.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, `the console is ${overflow} px wider than a phone`);
    await desk.locator("#editors").scrollIntoViewIfNeeded();
    await picture("15-editors-phone", desk);
    await decision.locator("button").click();
    await decision.locator("input").fill("wang");
    await decision.locator("button").click();
    await decision.waitFor({ state: "detached" });
    await desk.close();
  }],
];

try {
  for (const [what, how] of walk) await step(what, how);
  assert.deepEqual(faults, [], "the pages did something no page should do");
  console.log(`ok   no console errors, no failed requests, no foreign hosts`);
} catch (error) {
  await picture("failure").catch(() => undefined);
  console.error(`FAIL ${error.stack}\n${faults.join("\n")}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}
