// A file far larger than the memory it may take: `x.asice` of the folder given is checked while the memory of every process
// of the browser is watched. Writes `memory.json`: the file's length, and by how much the largest process grew at most.
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { check, give, openPage } from "./browser.mjs";

const folder = process.argv[2];
const { browser, page, asked } = await openPage();

/** The largest resident set each process ever had, in octets (proc(5), VmHWM). */
async function peaks() {
  const session = await browser.target().createCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  return new Map(processInfo.map(({ id }) => {
    const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${id}/status`, "utf8")) ?? [];
    return [id, Number(kibibytes) * 1024];
  }));
}

try {
  const [bundle, small] = ["x.asice", "petit.asice"].map((name) => join(folder, name));
  await give(page, "#racines", join(folder, "racine.pem"));
  await page.waitForSelector(".roots button");
  // What any check takes, small as the file may be, is not the file's.
  await give(page, "#fichier", small);
  await check(page);
  await page.click(".actions button:last-child");
  const before = await peaks();
  await give(page, "#fichier", bundle);
  const result = await check(page);
  const after = await peaks();
  const grown = Math.max(...[...after].map(([id, peak]) => peak - (before.get(id) ?? 0)));
  writeFileSync(join(folder, "memory.json"), JSON.stringify({ length: statSync(bundle).size, grown, ...result }));
  if (asked.length > 0) throw new Error(`the page asked for ${asked.join(", ")}`);
} finally {
  await browser.close();
}
