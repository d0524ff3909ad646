// Why: measures on the feed of benches/fil.sh what the scrolling of a peer (browsertrix-behaviors) makes come, and in what time.
// Usage: node autoscroll.mjs MODULES BASE ITEMS OUT.json PROGRESS.tsv MINUTES; MODULES is the folder of autoscroll/install.sh.
// browsertrix-behaviors is AGPL-3.0: a separate tool, run in the page as it is published; nothing of it is in this repository. It is
// injected and started as browsertrix-crawler does by default; what only counts (`watch`) is ours, and changes nothing in the page.
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import { join, resolve } from "node:path";

const [, , modules, base, items, out, progress, minutes] = process.argv;
const require = createRequire(join(resolve(modules), "x.js"));
const puppeteer = require("puppeteer-core");
const version = (name) => JSON.parse(fs.readFileSync(join(modules, "node_modules", name, "package.json"), "utf8")).version;
/** The window of our captures, and their language. */
const WINDOW = { width: 1280, height: 800 };
/** After so long the crawler stops a behaviour, unless it is told otherwise. */
const CRAWLER_LIMIT = 90;
/** How often what was reached is written down. */
const EVERY = 5000;
/** What is written down: the name of the column, and what the page or the network told. */
const COLUMNS = [
  ["reseau", "given_by_network"], ["document", "in_document"], ["entieres", "whole_in_window"],
  ["avec_photographie", "whole_in_window_with_picture"], ["position", "position"], ["hauteur", "height"],
];
const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

/** Runs in the page: the posts that were ever in its document, and those of which every row was in the window in some frame. */
function watch() {
  if (globalThis.top !== globalThis.self) return;
  const EDGE = 3; // as in our own count: borders and shadows are not drawn to the row
  const posts = new Map();
  let most = 0;
  const identity = (article) => /\/p\/(\d+)$/.exec(article.querySelector("time")?.parentElement?.href ?? "")?.[1];
  const known = (article) => {
    const id = identity(article);
    if (id && !posts.has(id)) posts.set(id, { any: [], loaded: [], whole: false, withPicture: false });
    return posts.get(id);
  };
  const join = (rows, from, to) => {
    const apart = rows.filter(([a, b]) => b < from || a > to), touched = rows.filter(([a, b]) => b >= from && a <= to);
    return [...apart, [Math.min(from, ...touched.map(([a]) => a)), Math.max(to, ...touched.map(([, b]) => b))]];
  };
  const covers = (rows, height) => rows.some(([a, b]) => a <= EDGE && b >= height - EDGE);
  const shown = (article) => [...article.querySelectorAll(".photo")].every((photo) => {
    const picture = photo.querySelector("img");
    return picture?.complete && picture.naturalWidth > 0;
  });
  const frame = () => {
    const all = document.querySelectorAll("article");
    most = Math.max(most, all.length);
    const above = document.querySelector(".bandeau")?.getBoundingClientRect().bottom ?? 0;
    for (const article of all) {
      const post = known(article);
      if (!post || post.withPicture) continue;
      const box = article.getBoundingClientRect();
      const from = Math.max(box.top, above) - box.top, to = Math.min(box.bottom, innerHeight) - box.top;
      if (to <= from) continue;
      post.any = join(post.any, from, to);
      post.whole ||= covers(post.any, box.height);
      if (!shown(article)) continue;
      post.loaded = join(post.loaded, from, to);
      post.withPicture = covers(post.loaded, box.height);
    }
    requestAnimationFrame(frame);
  };
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) for (const node of addedNodes) {
      if (node.nodeType !== Node.ELEMENT_NODE) continue;
      if (node.matches("article")) known(node);
      node.querySelectorAll("article").forEach(known);
    }
  }).observe(document, { childList: true, subtree: true });
  requestAnimationFrame(frame);
  const count = (test) => [...posts.values()].filter(test).length;
  globalThis.benchWatch = {
    told: () => ({
      in_document: posts.size, whole_in_window: count((p) => p.whole), whole_in_window_with_picture: count((p) => p.withPicture), most_items_in_document: most,
      position: Math.round(scrollY), height: document.scrollingElement.scrollHeight,
    }),
    ids: () => [...posts.keys()],
  };
}

/** What the network gave: the posts of the answers of the site, and the addresses of all good answers. */
function follow(page) {
  const given = { posts: new Set(), addresses: new Set(), failed: 0 };
  page.on("response", async (response) => {
    if (response.status() >= 400) given.failed += 1;
    else given.addresses.add(response.url());
    if (!new URL(response.url()).pathname.endsWith("/reseau/api/publications")) return;
    try {
      for (const post of (await response.json()).publications) given.posts.add(String(post.id));
    } catch (error) {
      given.failed += 1;
      console.error(String(error));
    }
  });
  return given;
}

/** The page with the behaviours in it, as the crawler prepares it: its options by default, its messages heard. */
async function prepare(browser, messages) {
  const page = await browser.newPage();
  await page.setExtraHTTPHeaders({ "Accept-Language": "fr-FR" });
  const script = fs.readFileSync(require.resolve("browsertrix-behaviors/dist/behaviors.js"), "utf8");
  await page.exposeFunction("__bx_log", ({ data, type }) => {
    messages.count += 1;
    if (type === "error") messages.errors.push(data);
    // The step it repeats all along is told once.
    const text = data.msg ?? data;
    if (!text.startsWith("Waiting up to") && messages.last.at(-1) !== text) messages.last = [...messages.last.slice(-9), text];
    messages.segments = data.state?.segments ?? messages.segments;
  });
  const options = { autoplay: true, autofetch: true, autoscroll: true, siteSpecific: true, log: "__bx_log", startEarly: true };
  await page.evaluateOnNewDocument(`${script};\nself.__bx_behaviors.init(${JSON.stringify(options)}, false);\nself.__bx_behaviors.selectMainBehavior();`);
  await page.evaluateOnNewDocument(watch);
  return page;
}

/** Runs the behaviours to their end or to the limit; what was reached is written down on the way. */
async function run(page, given, reach) {
  const begun = performance.now();
  const elapsed = () => (performance.now() - begun) / 1000;
  let ended = null;
  const over = page.evaluate(() => self.__bx_behaviors.run()).then(() => { ended = "of itself"; });
  over.catch(() => {}); // told by the wait below
  const limit = Number(minutes) * 60;
  let early = null, told = null, next = EVERY / 1000, peak = os.loadavg()[0];
  fs.writeFileSync(progress, `${["secondes", ...COLUMNS.map(([name]) => name)].join("\t")}\n`);
  while (!ended) {
    const until = Math.min(next, limit, early ? Infinity : CRAWLER_LIMIT);
    await Promise.race([over, pause(Math.ceil(Math.max(0, until - elapsed()) * 1000) + 5)]);
    const at = elapsed();
    told = { ...await reach(), given_by_network: given.posts.size };
    if (!ended && !early && at >= CRAWLER_LIMIT) early = told;
    peak = Math.max(peak, os.loadavg()[0]);
    fs.appendFileSync(progress, `${[at.toFixed(1), ...COLUMNS.map(([, of]) => told[of])].join("\t")}\n`);
    while (next <= at) next += EVERY / 1000;
    if (!ended && at >= limit) ended = `limit of ${minutes} minutes`;
  }
  return { ended, seconds: Number(elapsed().toFixed(1)), early, told, peak };
}

const messages = { count: 0, errors: [], last: [], segments: null };
const before = os.loadavg()[0];
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", defaultViewport: WINDOW, protocolTimeout: 0,
  // The crawler turns lazy loading off: more is asked, which is what it is there for.
  args: [...(process.getuid() === 0 ? ["--no-sandbox"] : []), "--disable-gpu", "--no-first-run", "--disable-lazy-loading"],
});
try {
  const page = await prepare(browser, messages);
  const given = follow(page);
  const reach = () => page.evaluate(() => globalThis.benchWatch.told());
  await page.goto(`${base}/reseau/virtuel?n=${items}`, { waitUntil: ["load", "networkidle2"] });
  await page.evaluate("self.__bx_behaviors.awaitPageLoad()");
  const { ended, seconds, early, told, peak } = await run(page, given, reach);
  // As the crawler: what is still under way may come.
  await page.waitForNetworkIdle({ idleTime: 500, concurrency: 1, timeout: 2000 }).catch(() => {});
  const answer = await fetch(`${base}/reseau/api/verite?page=virtuel&n=${items}`);
  if (!answer.ok) throw new Error(`the truth of the page: ${answer.status}`);
  const truth = (await answer.json()).elements;
  const ids = new Set(truth.map((post) => String(post.id)));
  const pictures = new Set(truth.filter((post) => post.image).map((post) => new URL(post.image.src, base).href));
  const met = await page.evaluate(() => globalThis.benchWatch.ids());
  fs.writeFileSync(out, JSON.stringify({
    tool: `browsertrix-behaviors ${version("browsertrix-behaviors")}, autoscroll`, ended, seconds, items: Number(items),
    ...told, not_of_the_feed: [...met, ...given.posts].filter((id) => !ids.has(id)).length, items_per_second: Number((told.in_document / seconds).toFixed(2)),
    pictures_of_the_feed: pictures.size, pictures_given_by_network: [...pictures].filter((address) => given.addresses.has(address)).length,
    answers: given.addresses.size, answers_that_failed: given.failed,
    at_90_seconds_where_the_crawler_stops_it: early, segments: messages.segments, messages: messages.count, errors: messages.errors, last_messages: messages.last,
    window: WINDOW, browser: await browser.version(), puppeteer_core: version("puppeteer-core"), node: process.version,
    processors: os.cpus().length, load_before_peak_after: [before, peak, os.loadavg()[0]].map((n) => Number(n.toFixed(2))),
  }, null, 1));
} finally {
  await browser.close();
}
