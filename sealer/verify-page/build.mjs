// Builds dist/verify.html: one file with everything in it, which may reach nothing (Content-Security-Policy).
import { createHash } from "node:crypto";
import { readFileSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
/** Where the packages of package-lock.json are installed. */
const modules = process.env.CONSTAT_PAGE_MODULES ?? join(here, "node_modules");
const out = process.argv[2] ?? join(here, "dist", "verify.html");
const { build } = createRequire(join(modules, "x.js"))("esbuild");

/** One script, readable: an expert may want to read what judges. Paths of this machine are taken out of its comments. */
async function script(entry) {
  const { outputFiles } = await build({
    entryPoints: [join(here, entry)], bundle: true, write: false, format: "iife", target: "es2022", charset: "utf8",
    nodePaths: [modules], absWorkingDir: here, legalComments: "inline", logLevel: "warning",
  });
  const text = outputFiles[0].text.replaceAll(/(^\s*\/\/ |")(?:[^\s"]*\/)?node_modules\//gm, "$1node_modules/");
  if (/<\/script|<!--/i.test(text)) throw new Error(`${entry}: not to be put into a page`);
  return text;
}

const sha256 = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
const source = (name) => readFileSync(join(here, "src", "page", name), "utf8");

const [main, worker, style] = [await script("src/page/main.js"), await script("src/page/worker.js"), source("style.css")];
const policy = [
  "default-src 'none'", `script-src ${sha256(main)} 'wasm-unsafe-eval'`, `style-src ${sha256(style)}`, "worker-src blob:",
  "base-uri 'none'", "form-action 'none'",
].join("; ");
const parts = { POLICY: policy, STYLE: style, WORKER: worker, MAIN: main };
const page = source("index.html").replaceAll(/\{\{([A-Z]+)\}\}/g, (_, name) => parts[name]);
mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, page);
