// The recipient's whole road in Debian's Chromium: no script, keyboard alone; then every page judged by axe-core, at two widths.
// Arguments: the portal, the test's control server, a folder for what is downloaded and for the pictures of the pages.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { code, ouvrir } from "./outils.mjs";

const [portail, controle, dossier] = process.argv.slice(2);
const demander = async (chemin) => (await fetch(controle + chemin)).json();
const telecharges = join(dossier, "telecharges");
mkdirSync(telecharges, { recursive: true });

const { browser, page, images, aller, saisir, presser, titre, juger, reproches } = await ouvrir(portail, dossier);
await page.setJavaScriptEnabled(false);
const client = await browser.target().createCDPSession();
await client.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: telecharges });

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

// Every page.
const base = `/actes/${acte.id}`;
for (const [nom, chemin] of [
  ["actes", "/actes"], ["acte", base], ["recepisses", `${base}/recepisses`], ["probleme", `${base}/probleme`],
  ["consultations", "/consultations"], ["securite", "/securite"], ["consentement", "/consentement"], ["donnees", "/donnees"],
  ["secours", "/secours"], ["telephone", "/telephone"], ["introuvable", "/actes/rien"],
]) await juger(nom, chemin);
// Requests for rights (row F07).
await juger("droits", "/droits");
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
