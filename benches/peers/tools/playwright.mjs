// A page as a plain script takes it (HTML, picture, HAR), or, with PATIENT=1, only its height once all has come.
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';

const { chromium } = await import(pathToFileURL(process.env.PLAYWRIGHT).href);
const [url, folder, ...args] = process.argv.slice(2);
const patient = process.env.PATIENT === '1';
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args });
const har = patient ? {} : { recordHar: { path: `${folder}/page.har`, content: 'embed' } };
const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...har });
const page = await context.newPage();
page.on('download', (file) => file.saveAs(`${folder}/${file.suggestedFilename()}`).catch(() => {}));
await page.goto(url, { waitUntil: patient ? 'load' : 'networkidle', timeout: 30000 }).catch((error) => console.error(String(error)));
let last = -1;
for (let step = 0, still = 0; step < 600 && still < (patient ? 12 : 8); step += 1) {
  const y = await page.evaluate(() => { scrollBy(0, innerHeight * 0.8); return scrollY; }).catch(() => 0);
  await pause(patient ? 120 : 100);
  still = y === last ? still + 1 : 0;
  last = y;
}
await page.evaluate(() => scrollTo(0, 0)).catch(() => {});
await page.waitForLoadState('networkidle', { timeout: 10000 }).catch(() => {});
if (patient) {
  await pause(2500);
  const height = await page.evaluate(() => Math.max(document.documentElement.scrollHeight, document.body?.scrollHeight ?? 0)).catch(() => null);
  fs.writeFileSync(`${folder}/reference.json`, JSON.stringify({ height }));
} else {
  fs.writeFileSync(`${folder}/page.html`, await page.content());
  await page.screenshot({ path: `${folder}/page.png`, fullPage: true, timeout: 60000 }).catch((error) => console.error(String(error)));
  // Beside a PDF shown in the page, closing with a HAR never ends.
  await Promise.race([context.close(), pause(15000)]);
}
await Promise.race([browser.close(), pause(5000)]);
process.exit(0);
