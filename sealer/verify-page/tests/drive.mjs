// Checks every vector of a folder with the page: `NAME.asice` with `NAME.json` ({at, anchors}) gives `NAME.page.json`.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { check, give, openPage } from "./browser.mjs";

const folder = process.argv[2];
const names = readdirSync(folder).filter((name) => name.endsWith(".asice")).map((name) => name.slice(0, -6)).sort();
const { browser, page, asked } = await openPage();
try {
  // The date is behind a disclosure, which a script has to open.
  await page.$eval("details.advanced", (element) => element.setAttribute("open", ""));
  let given = "";
  for (const name of names) {
    const told = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"));
    // The page lists a root once: two authorities may have the same.
    const [at, anchors] = [told.at, [...new Set(told.anchors)]];
    if (given !== anchors.join()) {
      for (const button of await page.$$(".roots button")) await button.evaluate((element) => element.click());
      if (anchors.length > 0) await give(page, "#racines", ...anchors.map((anchor) => join(folder, anchor)));
      const listed = (count) => document.querySelectorAll(".roots button").length === count;
      await page.waitForFunction(listed, {}, anchors.length);
      given = anchors.join();
    }
    await give(page, "#fichier", join(folder, `${name}.asice`));
    await page.$eval("#date", (element, value) => (element.value = value), at);
    const result = await check(page);
    writeFileSync(join(folder, `${name}.page.json`), JSON.stringify(result));
    if (result.error === undefined) await page.click(".actions button:last-child");
  }
  if (asked.length > 0) throw new Error(`the page asked for ${asked.join(", ")}`);
} finally {
  await browser.close();
}
