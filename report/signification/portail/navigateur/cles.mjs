// Passkeys in Debian's Chromium, with an authenticator that the debugger makes (CDP WebAuthn): a recipient adds one, logs in with it
// beside his password and alone; an officer enrols one, shows it and serves an act. Keyboard alone; each page judged by axe-core.
// Arguments: the recipients' portal, the test's control server, the office's side, a folder for the pictures of the pages.
import assert from "node:assert/strict";

import { ouvrir } from "./outils.mjs";

const [portail, controle, etude, dossier] = process.argv.slice(2);
const demander = async (chemin) => (await fetch(controle + chemin)).json();
const { browser, page, aller, saisir, presser, titre, juger, reproches } = await ouvrir(portail, dossier);
const motDePasse = "sept hiboux violets sous la pluie";
const plaintes = [];
page.on("console", (dit) => dit.type() === "error" && plaintes.push(dit.text()));
page.on("pageerror", (erreur) => plaintes.push(String(erreur)));

const cdp = await page.createCDPSession();
await cdp.send("WebAuthn.enable");
const options = {
  protocol: "ctap2", ctap2Version: "ctap2_1", transport: "internal", hasResidentKey: true, hasUserVerification: true,
  isUserVerified: true, automaticPresenceSimulation: true,
};
// A Chromium without the PRF extension says so: the rest is driven all the same.
let prf = true;
const fait = await cdp.send("WebAuthn.addVirtualAuthenticator", { options: { ...options, hasPrf: true } }).catch(() => {
  prf = false;
  return cdp.send("WebAuthn.addVirtualAuthenticator", { options });
});
const { authenticatorId } = fait;

async function sortir() {
  await presser('form[action="/deconnexion"] button');
  assert.match(await page.$eval(".avis.reussite", (a) => a.textContent), /déconnecté/);
}

// By password and telephone; then a key is added.
await page.goto(`${portail}/connexion`);
await saisir("#nom", "isaline");
await saisir("#mot", motDePasse);
await saisir("#code", (await demander("/code/isaline")).code);
await presser("main button[type=submit]");
assert.equal(await titre(), "Mes actes");
await page.goto(`${portail}/cles`);
await saisir("#nom_cle", "mon téléphone");
await presser("[data-bouton]");
assert.match(await page.$eval(".avis.reussite", (a) => a.textContent), /ajoutée/);
const liste = await page.$eval(".actes", (l) => l.textContent);
assert.match(liste, /mon téléphone/);
if (prf) assert.match(liste, /sans mot de passe/);
await juger("cles", "/cles");

// The same key again: the browser knows it, and the page says so; the focus is back on the button.
await page.goto(`${portail}/cles`);
await saisir("#nom_cle", "la même");
await aller("[data-bouton]");
await page.keyboard.press("Enter");
await page.waitForFunction(() => document.querySelector("[data-message]").textContent !== "");
assert.match(await page.$eval("[data-message]", (m) => m.textContent), /déjà inscrite/);
assert.ok(await page.evaluate(() => document.activeElement.matches("[data-bouton]")));
await page.goto(`${portail}/actes`);
await sortir();

// Alone: the acts are open when the key has the extension.
const acte = await demander("/acte");
await juger("connexion-cle", "/connexion");
await page.goto(`${portail}/connexion`);
await presser("[data-bouton]");
assert.equal(await titre(), "Mes actes");
assert.equal(page.url().includes("fermee"), !prf);
if (prf) {
  await presser(`a[href="/actes/${acte.id}"]`);
  await presser('form[action$="/ouvrir"] button');
  assert.match(await page.$eval(".avis.reussite", (a) => a.textContent), /L'acte est ouvert/);
}
await sortir();

// Beside the password, in the place of the telephone; and never for somebody else's account.
await page.goto(`${portail}/connexion`);
await saisir("#nom", "isaline");
await saisir("#mot", motDePasse);
await presser("[data-bouton]");
assert.equal(await titre(), "Mes actes");
assert.ok(!page.url().includes("fermee"));
await sortir();
await page.goto(`${portail}/connexion`);
await saisir("#nom", "basile");
await saisir("#mot", motDePasse);
await presser("[data-bouton]");
assert.match(await page.$eval(".avis.erreur", (a) => a.textContent), /n'a pas été reconnue/);

// The user is not verified: the browser refuses, and the page says what else there is.
await cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
await page.goto(`${portail}/connexion`);
await aller("[data-bouton]");
await page.keyboard.press("Enter");
await page.waitForFunction(() => document.querySelector("[data-message]").textContent !== "");
assert.match(await page.$eval("[data-message]", (m) => m.textContent), /autre moyen/);
await cdp.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId });

// The officer: his certificate is there already (the test's relay carries it); his key, one to plug in, is enrolled,
// then shown.
await cdp.send("WebAuthn.addVirtualAuthenticator", { options: { ...options, transport: "usb" } });
const depot = await demander("/depot");
await juger("officier-inscrire", `${etude}/etude/cle`);
await page.goto(`${etude}/etude/actes/${depot.id}/envoyer`);
assert.equal(await titre(), "Ma clé");
await saisir("#nom_cle", "clé du bureau");
await presser("[data-bouton]");
assert.match(await page.$eval(".avis.reussite", (a) => a.textContent), /inscrite/);
await juger("officier-presenter", `${etude}/etude/cle`);
await page.goto(`${etude}/etude/actes/${depot.id}/envoyer`);
await presser("[data-bouton]");
assert.equal(await titre(), "Signifier un acte");
for (const mot of ["Isaline Quatremere", "officier-1", "1er décembre 2026", "de 6 h à 21 h"]) {
  assert.ok((await page.$eval("main", (m) => m.textContent)).includes(mot), mot);
}
await aller("#confirme");
await page.keyboard.press("Space");
await presser("main form button");
assert.match(await page.$eval(".avis.reussite", (a) => a.textContent), /L'acte est signifié/);
assert.ok((await demander("/journal/signification.act.sent")).la);
const autre = await demander("/depot");
const compte = await demander("/compte");
for (const [nom, chemin] of [
  ["officier-cles", "/etude/cle"], ["officier-suivi", `/etude/actes/${depot.id}`],
  ["officier-envoyer", `/etude/actes/${autre.id}/envoyer`], ["officier-comptes", "/etude/comptes"],
  ["officier-compte", `/etude/comptes/${compte.id}`], ["officier-depot", "/etude/depot"],
]) await juger(nom, etude + chemin);
await browser.close();
assert.deepEqual(reproches, []);
// What the policy of the page refuses is told by the console: nothing was. Refused logins are answers, not faults.
assert.deepEqual(plaintes.filter((dit) => !/status of 403/.test(dit)), []);
