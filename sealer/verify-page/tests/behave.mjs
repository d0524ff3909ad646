// The page as its reader meets it: by keyboard, by dropping files, in two languages, on paper; and shut off from the network.
// The folder given holds `x.asice`, `copie.asice` (a copy of it with a text and an exchange withheld) and `racine.pem`; and `dossier.zip`,
// the whole dossier of an act, with its root `dossier.der` and when to judge it in `dossier.date`.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { readFileSync, writeFileSync } from "node:fs";
import { check, give, openPage, resultOf } from "./browser.mjs";

const folder = process.argv[2];
const [bundle, root] = [join(folder, "x.asice"), join(folder, "racine.pem")];
const { browser, page, asked } = await openPage();
const textOf = (selector) => page.$eval(selector, (element) => element.textContent.trim());
const alertShown = () => page.$eval("#alerte", (element) => (element.hidden ? "" : element.textContent));
const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.className);

/** Drops a file on the page, as a mouse would. */
async function drop(name, path) {
  const octets = readFileSync(path).toString("base64");
  await page.evaluate((title, base64) => {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], title));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
  }, name, octets);
}

async function nothingLeaves() {
  const tried = await page.evaluate(async () => {
    const blocked = [];
    document.addEventListener("securitypolicyviolation", (event) => blocked.push(event.effectiveDirective));
    const address = "http://127.0.0.1:9/";
    const fetched = await fetch(address).then(() => "open", () => "closed");
    const script = document.createElement("script");
    script.textContent = "document.body.dataset.injected = 1";
    const picture = new Image();
    picture.src = address;
    const frame = document.createElement("iframe");
    frame.src = address;
    document.body.append(script, picture, frame);
    await new Promise((done) => setTimeout(done, 200));
    frame.remove();
    return { fetched, blocked: blocked.sort(), injected: document.body.dataset.injected ?? null };
  });
  assert.deepEqual(tried, {
    fetched: "closed", blocked: ["connect-src", "frame-src", "img-src", "script-src-elem"], injected: null,
  });
}

async function mistakesAreTold() {
  await page.click("#lancer");
  assert.match(await alertShown(), /Choisissez d'abord/);
  assert.equal(await focused(), "fichier");
  await drop("faux.pem", bundle);
  await page.waitForFunction(() => !document.getElementById("alerte").hidden);
  assert.match(await alertShown(), /faux\.pem : aucun certificat lisible/);
  await page.$eval("details.advanced", (element) => element.setAttribute("open", ""));
  await give(page, "#fichier", bundle);
  await page.type("#date", "hier");
  await page.click("#lancer");
  assert.match(await alertShown(), /pas la forme attendue/);
  await page.$eval("#date", (element) => (element.value = ""));
}

async function byKeyboardAlone() {
  await page.$eval(".skip", (element) => element.focus());
  const order = [];
  for (let i = 0; i < 12 && order.at(-1) !== "lancer"; i += 1) {
    await page.keyboard.press("Tab");
    order.push(await focused());
  }
  assert.deepEqual(order.filter((name) => ["langue", "fichier", "racines", "lancer"].includes(name)), [
    "langue", "fichier", "racines", "lancer",
  ]);
  await page.keyboard.press("Enter");
  const result = await resultOf(page);
  assert.equal(result.verdict, "INDETERMINATE");
  assert.equal(await focused(), "verdict");
  assert.match(await textOf("#verdict"), /^Contrôle incomplet — ESSAI INDETERMINATE$/);
}

async function droppedAndTranslated() {
  await page.click(".actions button:last-child");
  await drop("x.asice", bundle);
  await drop("racine.pem", root);
  await page.waitForSelector(".roots button");
  const result = await check(page);
  assert.ok(!result.findings.some(({ code }) => code === "trust.no_chain"), JSON.stringify(result.findings));
  assert.equal(await page.$$eval(".claim", (list) => list.length), 12);
  assert.match(await textOf("section[aria-labelledby=t-manques]"), /net::ERR_FAILED/);
  await page.click("#langue");
  assert.equal(await page.$eval("html", (element) => element.lang), "en");
  assert.match(await textOf("#verdict"), /^Check incomplete/);
  const tree = JSON.stringify(await page.accessibility.snapshot());
  for (const name of ["Check incomplete — TRIAL INDETERMINATE", "Point by point", "What the constat does not hold", "Print"]) {
    assert.ok(tree.includes(name), `${name}: ${tree}`);
  }
  await page.click("#langue");
}

/** What the page tells to type gives what the page states; the archive's own tools are not of every machine. */
async function redoneByHand() {
  const commands = await page.$$eval(".claim:not(:last-child) pre", (list) => list.map((element) => element.textContent));
  assert.equal(commands.length, 11);
  const run = (script) => execFileSync("bash", ["-euc", script], { cwd: folder, encoding: "utf8", stdio: "pipe" });
  const [container, ...others] = commands;
  const answers = [run(container), ...others.map((command) => run(`cd dossier && cp ../racine.pem . && ${command}`))];
  assert.match(answers[2], /^constat\.json : OK$/m);
  assert.doesNotMatch(answers[2], /DIFF/);
  assert.match(answers[9], /forme canonique/);
  assert.match(answers[10], /^1$/m);
}

/** A copy cannot be taken for the original, in either language; what it withholds is listed, and the rest is redone by hand. */
async function aCopySaysSo() {
  await page.click(".actions button:last-child");
  await give(page, "#fichier", join(folder, "copie.asice"));
  const result = await check(page);
  assert.equal(result.findings[0].code, "disclosure.redacted");
  assert.deepEqual([result.copy.files.length, result.copy.records, result.copy.records_withheld], [3, 3, 1]);
  const [banner, english] = ["COPIE CAVIARDÉE : ce fichier n'est pas le scellé d'origine", "REDACTED COPY: this file is not the original sealed bundle"];
  assert.equal(await textOf(".copy-banner .title"), banner);
  assert.equal(await textOf(".copy-banner .other"), english);
  assert.match(await textOf(".copy-banner strong"), /^3 fichiers retirés, 1 enregistrement retiré de l'archive, sur 3$/);
  assert.match(await textOf("#verdict"), /COPIE CAVIARDÉE/);
  const listed = await textOf("section[aria-labelledby=t-copie]");
  for (const told of ["captures/0001-texte.txt", "capture.wacz", "disclosure/secret.hex", "propos de tiers", "Me Essai", "response"]) {
    assert.ok(listed.includes(told), `${told}: ${listed}`);
  }
  const commands = await page.$$eval(".claim pre", (list) => list.map((element) => element.textContent));
  const run = (script) => execFileSync("bash", ["-euc", script], { cwd: folder, encoding: "utf8", stdio: "pipe" });
  run("rm -rf dossier");
  const [container, files, coverage] = commands;
  run(container);
  run(`cd dossier && ${files}`);
  const covered = run(`cd dossier && ${coverage}`);
  assert.match(covered, /^captures\/0001-texte\.txt : retiré de cette copie$/m);
  assert.doesNotMatch(covered, /DIFF/);
  // The archive's own tools are not of every machine: the line before.
  const records = commands.at(-1).split("\n").slice(1).join("\n");
  assert.match(run(`cd dossier && ${records}`), /^racine retrouvée$/m);
  await page.click("#langue");
  assert.equal(await textOf(".copy-banner .title"), english);
  assert.match(await textOf("section[aria-labelledby=t-copie] h2"), /^What is withheld from this copy$/);
  await page.click("#langue");
}

/** The whole dossier of an act: one verdict, tables that a screen reader follows, what is said of the law in French in both languages. */
async function aWholeDossier() {
  await page.click(".actions button:last-child");
  for (const button of await page.$$(".roots button")) await button.evaluate((element) => element.click());
  await drop("dossier.zip", join(folder, "dossier.zip"));
  await drop("dossier.der", join(folder, "dossier.der"));
  await page.waitForSelector(".roots button");
  await page.$eval("#date", (element, value) => (element.value = value), readFileSync(join(folder, "dossier.date"), "utf8"));
  const result = await check(page);
  assert.deepEqual([result.object, result.verdict, result.files, result.receipts.length, result.parts.length], ["dossier_complet", "PASS", 13, 1, 3]);
  assert.equal(await focused(), "verdict");
  assert.match(await textOf("#verdict"), /^Le dossier tient, en entier — ESSAI PASS$/);
  assert.match(await textOf("section[aria-labelledby=t-atteste] li"), /^Selon Étude Untel \(Paris\), ce dossier de l'acte /);
  const heads = await page.$$eval("#resultat table", (tables) => tables.map((one) =>
    [...one.querySelectorAll("thead th")].every((cell) => cell.scope === "col") && one.closest("[role=region][tabindex='0'][aria-labelledby]") !== null));
  assert.deepEqual(heads, [true, true, true]);
  assert.equal(await page.$$eval("#resultat .parts tbody th[scope=row]", (cells) => cells.length), 4);
  const titles = await page.$$eval("#resultat h2", (list) => list.map((element) => element.textContent));
  assert.deepEqual(titles.slice(1), [
    "Ce que ce dossier atteste", "Ce qu'il n'atteste pas", "Les récépissés", "Les autres pièces signées", "Ce que dit le manifeste, et qui l'a signé",
    "Constatations sur le zip, le manifeste et ses fichiers",
  ]);
  await page.click("#langue");
  assert.match(await textOf("#verdict"), /^The dossier holds, as a whole — TRIAL PASS$/);
  for (const place of ["section[aria-labelledby=t-atteste] ul", "section[aria-labelledby=t-limites] ul", "section[aria-labelledby=t-recepisses] th span"]) {
    assert.equal(await page.$eval(place, (element) => element.lang), "fr", place);
  }
  assert.match(await textOf("section[aria-labelledby=t-recepisses] th span"), /^Avis de réception$/);
  await page.click("#langue");
  await onANarrowWindow();
  await page.$eval("#date", (element) => (element.value = ""));
}

/** Rows become cards, which a screen reader must still hear as a table; nothing is to be scrolled sideways. */
async function onANarrowWindow() {
  await page.setViewport({ width: 360, height: 640 });
  const [width, boxes] = await page.evaluate(() => [
    document.documentElement.scrollWidth, [...document.querySelectorAll(".wide:has(.parts)")].map((box) => box.scrollWidth <= box.clientWidth),
  ]);
  assert.deepEqual([width, boxes], [360, [true, true]]);
  const tree = JSON.stringify(await page.accessibility.snapshot({ interestingOnly: false }));
  const told = ["table", "row", "columnheader", "rowheader", "cell"].map((role) => tree.includes(`"role":"${role}"`));
  assert.deepEqual(told, [true, true, true, true, true]);
  await page.setViewport({ width: 800, height: 600 });
}

async function onPaper() {
  await page.emulateMediaType("print");
  const shown = await page.$eval(".claim pre", (element) => element.getBoundingClientRect().height);
  assert.ok(shown > 0, "the commands are not printed");
  assert.equal(await page.$eval(".actions", (element) => getComputedStyle(element).display), "none");
  writeFileSync(join(folder, "page.pdf"), await page.pdf({ format: "A4" }));
  await page.emulateMediaType("screen");
}

try {
  await nothingLeaves();
  asked.length = 0;
  await mistakesAreTold();
  await byKeyboardAlone();
  await droppedAndTranslated();
  await redoneByHand();
  await aCopySaysSo();
  await onPaper();
  await aWholeDossier();
  assert.deepEqual(asked, []);
} finally {
  await browser.close();
}
