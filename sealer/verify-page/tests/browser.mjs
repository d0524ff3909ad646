// Debian's Chromium with the page open from a file, as a clerk opens it; whatever it asks of the network is noted.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const modules = process.env.CONSTAT_PAGE_MODULES ?? join(here, "..", "node_modules");
const puppeteer = createRequire(join(modules, "x.js"))("puppeteer-core");

/** A long file on a busy machine takes its time; a page that hangs must end the test all the same. */
export const PATIENCE = 180_000;

/** `{browser, page, asked}`; `asked` lists every address requested but the page itself and its own worker. */
export async function openPage() {
  const url = pathToFileURL(process.env.CONSTAT_PAGE ?? join(here, "..", "dist", "verify.html")).href;
  const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);
  if (executablePath === undefined) throw new Error("Chromium is missing: run .ci/install");
  // The sandbox needs a user other than root.
  const args = ["--disable-gpu", ...(process.getuid() === 0 ? ["--no-sandbox"] : [])];
  const browser = await puppeteer.launch({ executablePath, headless: true, args, protocolTimeout: 2 * PATIENCE });
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  const asked = [];
  page.on("request", (request) => {
    if (request.url() !== url && !request.url().startsWith("blob:null/")) asked.push(request.url());
  });
  page.on("pageerror", (error) => asked.push(`error: ${error.message}`));
  await page.goto(url);
  await page.waitForSelector("body[data-ready]");
  return { browser, page, asked };
}

export async function give(page, selector, ...files) {
  await (await page.$(selector)).uploadFile(...files);
}

/** Starts the check and gives the machine's form of the result. */
export async function check(page) {
  await page.click("#lancer");
  return resultOf(page);
}

export async function resultOf(page) {
  await page.waitForFunction(() => document.getElementById("rapport").textContent !== "");
  return JSON.parse(await page.$eval("#rapport", (element) => element.textContent));
}
