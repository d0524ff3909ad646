// What the scripts that drive the portal share: Debian's Chromium, the keyboard alone, codes of a telephone, and axe-core.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const requis = createRequire(join(process.env.CONSTAT_PAGE_MODULES, "x.js"));
const puppeteer = requis("puppeteer-core");
const axe = readFileSync(requis.resolve("axe-core/axe.min.js"), "utf8");

/** RFC 6238: six digits, SHA-1, 30 seconds. */
export function code(secret, millisecondes) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret.replaceAll(" ", "")].map((c) => alphabet.indexOf(c).toString(2).padStart(5, "0")).join("");
  const cle = Buffer.from(bits.match(/.{8}/g).map((b) => Number.parseInt(b, 2)));
  const pas = Buffer.alloc(8);
  pas.writeBigUInt64BE(BigInt(Math.floor(millisecondes / 30_000)));
  const tag = createHmac("sha1", cle).update(pas).digest();
  const place = tag[19] & 15;
  return String((tag.readUInt32BE(place) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** A browser, its first page, and what a person without a mouse does there. */
export async function ouvrir(portail, dossier) {
  const images = join(dossier, "images");
  mkdirSync(images, { recursive: true });
  const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);
  if (executablePath === undefined) throw new Error("Chromium is missing: run .ci/install");
  // The sandbox needs a user other than root.
  const args = ["--disable-gpu", ...(process.getuid() === 0 ? ["--no-sandbox"] : [])];
  const browser = await puppeteer.launch({ executablePath, headless: true, args, protocolTimeout: 180_000 });
  const page = await browser.newPage();
  page.setDefaultTimeout(120_000);
  await page.setViewport({ width: 1280, height: 900 });

  /** Presses Tab until the focus is there; it must be seen. */
  async function aller(selecteur) {
    for (let coups = 0; coups < 80; coups += 1) {
      await page.keyboard.press("Tab");
      const [la, contour] = await page.evaluate((s) => {
        const element = document.activeElement;
        const style = getComputedStyle(element);
        return [element.matches(s), style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 2];
      }, selecteur);
      if (!la) continue;
      assert.ok(contour, `${selecteur}: the focus is not seen`);
      return;
    }
    assert.fail(`${selecteur}: not reached by keyboard on ${page.url()}`);
  }

  async function saisir(selecteur, texte) {
    await aller(selecteur);
    await page.keyboard.type(texte);
  }

  /** Presses what the focus is on, and waits for the next page. */
  async function presser(selecteur) {
    await aller(selecteur);
    const allee = Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
    await allee.catch(async (erreur) => {
      const dit = await page.$$eval("[role=alert]", (all) => all.map((un) => un.textContent).join(" "));
      throw new Error(`${selecteur} on ${page.url()} leads nowhere: ${dit}`, { cause: erreur });
    });
  }

  // Every page: axe-core, one h1, no overflow at 320 points, a picture for the eye. axe-core is a script of the test, not of the
  // pages: it is run by the debugger, in another tab of the same browser.
  let juge;
  const reproches = [];
  async function juger(nom, chemin) {
    if (juge === undefined) {
      juge = await browser.newPage();
      juge.setDefaultTimeout(120_000);
    }
    await juge.bringToFront();
    await juge.setViewport({ width: 1280, height: 900 });
    const answer = await juge.goto(new URL(chemin, `${portail}/`).href);
    await juge.evaluate(axe);
    const rules = { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };
    const found = await juge.evaluate((runOnly) => globalThis.axe.run(document, { runOnly }), rules);
    const said = found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" | ")}`);
    if (said.length > 0) reproches.push(`${chemin} (${answer?.status()}): ${said.join("; ")}`);
    const [lang, h1, refs] = await juge.evaluate(() => [
      document.documentElement.lang,
      document.querySelectorAll("h1").length,
      [...document.querySelectorAll("[aria-describedby],[aria-labelledby]")].flatMap((e) =>
        `${e.getAttribute("aria-describedby") ?? ""} ${e.getAttribute("aria-labelledby") ?? ""}`.trim().split(/\s+/))
        .filter((id) => document.getElementById(id) === null),
    ]);
    if (lang !== "fr" || h1 !== 1 || refs.length > 0) reproches.push(`${chemin}: ${lang}, ${h1} h1, ${refs}`);
    await juge.screenshot({ path: join(images, `${nom}-1280.png`), fullPage: true });
    await juge.setViewport({ width: 320, height: 640 });
    const large = await juge.evaluate(() => document.scrollingElement.scrollWidth);
    if (large > 320) reproches.push(`${chemin}: ${large} points wide at 320`);
    await juge.screenshot({ path: join(images, `${nom}-320.png`), fullPage: true });
    await page.bringToFront();
  }

  const titre = () => page.$eval("h1", (h) => h.textContent);
  return { browser, page, images, aller, saisir, presser, titre, juger, reproches };
}
