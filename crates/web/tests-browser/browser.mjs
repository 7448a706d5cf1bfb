// A headless Chromium that watches itself: console errors, failed answers and foreign hosts are remembered.

import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const PROGRAM = process.env.CHROMIUM || "/usr/bin/chromium";
const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

/** A page at `base`, and everything about it that no page should do. */
export async function open(base, options = {}) {
  if (!existsSync(PROGRAM)) throw new Error(`no browser at ${PROGRAM}: set CHROMIUM, or install Debian's chromium`);
  const browser = await chromium.launch({ executablePath: PROGRAM, args: FLAGS });
  // “HeadlessChrome” would be counted as a machine; the walk is a citizen's.
  const userAgent = `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${browser.version()} Safari/537.36`;
  const context = await browser.newContext({ locale: "zh-CN", viewport: { width: 1360, height: 900 }, userAgent, ...options });
  const faults = [];
  watch(context, new URL(base).origin, faults);
  return { browser, context, page: await context.newPage(), faults };
}

function watch(context, origin, faults) {
  context.on("page", (page) => {
    page.on("pageerror", (error) => faults.push(`uncaught on ${page.url()}: ${error.message}`));
    page.on("dialog", (dialog) => {
      faults.push(`${dialog.type()} dialog on ${page.url()}: ${dialog.message()}`);
      void dialog.dismiss();
    });
  });
  context.on("console", (message) => {
    if (message.type() === "error") faults.push(`console error: ${message.text()} (${message.location().url})`);
  });
  context.on("response", (response) => {
    if (response.status() >= 400) faults.push(`${response.status()} for ${response.url()}`);
  });
  context.on("request", (request) => {
    const url = new URL(request.url());
    if (/^https?:$/.test(url.protocol) && url.origin !== origin) faults.push(`foreign request: ${url}`);
  });
}

/** Presses Tab until `selector` has the focus, as somebody without a mouse would. */
export async function tabTo(page, selector, limit = 120) {
  for (let pressed = 0; pressed < limit; pressed++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
  }
  throw new Error(`${selector} cannot be reached with the keyboard`);
}

/** Controls without a name, pictures without a text: what a screen reader cannot say. */
export function nameless(page) {
  return page.evaluate(() => {
    const named = (element) =>
      element.getAttribute("aria-label") || element.getAttribute("aria-labelledby") || element.textContent.trim() ||
      element.labels?.length || element.getAttribute("title");
    const controls = [...document.querySelectorAll("button, a[href], input, select, [role=switch]")];
    const pictures = [...document.querySelectorAll("img:not([alt])")];
    return [...controls.filter((one) => !named(one)), ...pictures].map((one) => one.outerHTML.slice(0, 120));
  });
}
