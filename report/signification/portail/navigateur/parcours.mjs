// The recipient's whole road in Debian's Chromium: no script, keyboard alone; then every page judged by axe-core, at two widths.
// Arguments: the portal, the test's control server, a folder for what is downloaded and for the pictures of the pages.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [portail, controle, dossier] = process.argv.slice(2);
const modules = process.env.CONSTAT_PAGE_MODULES;
const requis = createRequire(join(modules, "x.js"));
const puppeteer = requis("puppeteer-core");
const axe = readFileSync(requis.resolve("axe-core/axe.min.js"), "utf8");
const demander = async (chemin) => (await fetch(controle + chemin)).json();
const images = join(dossier, "images");
const telecharges = join(dossier, "telecharges");
mkdirSync(images, { recursive: true });
mkdirSync(telecharges, { recursive: true });

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);
if (executablePath === undefined) throw new Error("Chromium is missing: run .ci/install");
// The sandbox needs a user other than root.
const args = ["--disable-gpu", ...(process.getuid() === 0 ? ["--no-sandbox"] : [])];
const browser = await puppeteer.launch({ executablePath, headless: true, args, protocolTimeout: 180_000 });
const page = await browser.newPage();
page.setDefaultTimeout(120_000);
await page.setViewport({ width: 1280, height: 900 });
await page.setJavaScriptEnabled(false);
const client = await browser.target().createCDPSession();
await client.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: telecharges });

/** RFC 6238: six digits, SHA-1, 30 seconds. */
function code(secret, millisecondes) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret.replaceAll(" ", "")].map((c) => alphabet.indexOf(c).toString(2).padStart(5, "0")).join("");
  const cle = Buffer.from(bits.match(/.{8}/g).map((b) => Number.parseInt(b, 2)));
  const pas = Buffer.alloc(8);
  pas.writeBigUInt64BE(BigInt(Math.floor(millisecondes / 30_000)));
  const tag = createHmac("sha1", cle).update(pas).digest();
  const place = tag[19] & 15;
  return String((tag.readUInt32BE(place) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

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
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
}

const titre = () => page.$eval("h1", (h) => h.textContent);
const motDePasse = "sept hiboux violets sous la pluie";

// Invitation, choice, account.
const invitation = await demander("/invitation");
await page.goto(`${portail}/`);
await presser('a[href="/invitation"]');
await saisir("#reference", invitation.reference);
await saisir("#code", invitation.code);
await presser("main button");
assert.equal(await titre(), "Accepter ou refuser");
const tailles = await page.$$eval(".choix button", (all) => all.map((b) => {
  const { width, height } = b.getBoundingClientRect();
  return [Math.round(width), Math.round(height), getComputedStyle(b).backgroundColor, getComputedStyle(b).fontSize];
}));
assert.equal(tailles.length, 2);
assert.deepEqual(tailles[0], tailles[1], "both buttons the same (row A19)");
await page.screenshot({ path: join(images, "choix-1280.png"), fullPage: true });
await presser('form[action="/ouverture"] button');
assert.equal(await titre(), "Ouvrir votre espace");
await page.screenshot({ path: join(images, "ouverture-1280.png"), fullPage: true });
const secret = await page.$eval(".cadre code", (c) => c.textContent);
assert.equal(await page.$$eval("svg.qr", (all) => all.length), 1);
await saisir("#nom", "isaline");
await saisir("#mot", motDePasse);
await saisir("#mot_bis", "autre chose");
await saisir("#code_telephone", code(secret, (await demander("/heure")).ms));
await presser("main button");
// The faults come first; a link leads to the field.
assert.match(await page.title(), /^Erreur/);
await page.screenshot({ path: join(images, "ouverture-fautes-1280.png"), fullPage: true });
await aller('.avis.erreur a[href="#mot_bis"]');
await page.keyboard.press("Enter");
await saisir("#mot", motDePasse).catch(() => undefined);
await page.goto(`${portail}/invitation`);
await saisir("#reference", invitation.reference);
await saisir("#code", invitation.code);
await presser("main button");
await presser('form[action="/ouverture"] button');
await saisir("#nom", "isaline");
await saisir("#mot", motDePasse);
await saisir("#mot_bis", motDePasse);
await saisir("#code_telephone", code(secret, (await demander("/heure")).ms));
await presser("main button");
assert.equal(await titre(), "Se connecter");
assert.match(await page.$eval(".avis.reussite", (a) => a.textContent), /Votre espace est ouvert/);

// Login, terms, recovery codes.
async function connecter() {
  await saisir("#nom", "isaline");
  await saisir("#mot", motDePasse);
  await saisir("#code", code(secret, (await demander("/avancer")).ms));
  await presser("main button");
}
await connecter();
assert.equal(await titre(), "Les conditions d'utilisation");
await page.screenshot({ path: join(images, "conditions-1280.png"), fullPage: true });
await presser('button[value="accepter"]');
await presser("main button");
assert.equal((await page.$$(".codes code")).length, 10);
await page.screenshot({ path: join(images, "codes-1280.png"), fullPage: true });
await presser("main a.bouton");
assert.equal(await titre(), "Mes actes");

// An act: opened, downloaded whole.
const acte = await demander("/acte");
await page.reload();
await presser(`a[href="/actes/${acte.id}"]`);
await presser('form[action$="/ouvrir"] button');
assert.match(await page.$eval(".avis.reussite", (a) => a.textContent), /L'acte est ouvert/);
await aller('form[action$="/telecharger"] button');
await page.keyboard.press("Enter");
const attendu = `acte-${acte.id}.pdf`;
for (let essais = 0; !readdirSync(telecharges).includes(attendu); essais += 1) {
  assert.ok(essais < 600, "the download did not end");
  await new Promise((fait) => setTimeout(fait, 100));
}
assert.equal(readFileSync(join(telecharges, attendu)).length, acte.octets);
for (let essais = 0; !(await demander("/recu")).recu; essais += 1) {
  assert.ok(essais < 300, "no receipt after the download");
  await new Promise((fait) => setTimeout(fait, 100));
}

// Every page: axe-core, one h1, no overflow at 320 points, a picture for the eye. axe-core is a script of the test, not of the
// pages: it is run by the debugger, in another tab of the same browser.
const juge = await browser.newPage();
juge.setDefaultTimeout(120_000);
const reproches = [];
async function juger(nom, chemin) {
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
}
const base = `/actes/${acte.id}`;
for (const [nom, chemin] of [
  ["actes", "/actes"], ["acte", base], ["recepisses", `${base}/recepisses`], ["probleme", `${base}/probleme`],
  ["consultations", "/consultations"], ["securite", "/securite"], ["consentement", "/consentement"], ["donnees", "/donnees"],
  ["secours", "/secours"], ["telephone", "/telephone"], ["introuvable", "/actes/rien"],
]) await juger(nom, chemin);
const autre = await demander("/acte");
await juger("acte-neuf", `/actes/${autre.id}`);

// Out, by keyboard; then the visitor's pages.
await page.goto(`${portail}/actes`);
await presser('form[action="/deconnexion"] button');
assert.match(await page.$eval(".avis.reussite", (a) => a.textContent), /déconnecté/);
for (const [nom, chemin] of [
  ["accueil", "/"], ["aide", "/aide"], ["accessibilite", "/accessibilite"], ["cgu", "/cgu"], ["invitation", "/invitation"],
  ["connexion", "/connexion"], ["connexion-secours", "/connexion?secours=oui"], ["oubli", "/oubli"], ["refus", "/rien"],
]) await juger(nom, chemin);
// The office's pages, drawn by the test into files: its listener asks for a certificate that a browser has no way to be given here.
for (const nom of readdirSync(dossier).filter((f) => f.startsWith("etude-") && f.endsWith(".html"))) {
  await juger(nom.replace(".html", ""), pathToFileURL(join(dossier, nom)).href);
}
await saisir("#nom", "isaline");
await saisir("#mot", "mauvais mot de passe");
await presser("main button");
assert.match(await page.$eval(".avis.erreur", (a) => a.textContent), /n'est pas le bon/);
await page.screenshot({ path: join(images, "connexion-fautes-1280.png"), fullPage: true });
await browser.close();
assert.deepEqual(reproches, []);
