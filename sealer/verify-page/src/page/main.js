// The window: what the user gives, the work handed to the worker, the result shown. Nothing here decides a verdict.
import { parseInstant } from "../base/instant.js";
import { EN } from "../texts/en.js";
import { FR } from "../texts/fr.js";
import { byId, el, visible } from "./dom.js";
import { dateText, sizeText } from "./format.js";
import { reportOf, showResult } from "./result.js";
import { isReceiptName } from "./receipt.js";
import { isRootName, readRoot } from "./roots.js";

const state = { texts: FR, file: null, parts: null, roots: [], worker: null, busy: false, shown: null };

function translate() {
  const { texts } = state;
  document.documentElement.lang = texts === FR ? "fr" : "en";
  document.title = texts.title;
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = texts[element.dataset.t];
  const [button, other] = [byId("langue"), texts === FR ? ["en", "English"] : ["fr", "Français"]];
  [button.lang, button.textContent] = other;
  showFile();
  showRoots();
  if (state.shown !== null) show(state.shown);
}

function alertText(text) {
  const place = byId("alerte");
  place.hidden = text === null;
  place.textContent = text ?? "";
}

function showFile() {
  const place = byId("fichier-choisi");
  place.hidden = state.file === null;
  if (state.file !== null) place.textContent = `${visible(state.file.name)} — ${sizeText(state.file.size, state.texts)}`;
}

function showRoots() {
  const { texts, roots } = state;
  const items = roots.flatMap((root) => root.certificates.map((certificate) => {
    const remove = () => {
      state.roots = state.roots.filter((other) => other !== root);
      showRoots();
      byId("racines").focus();
    };
    return el("li", {},
      el("strong", {}, visible(certificate.subject)),
      el("span", { class: "hint" }, `${visible(root.name)} · ${texts.rootTo(dateText(certificate.to, texts))}`),
      el("code", { class: "digest" }, `SHA-256 ${certificate.sha256}`),
      el("button", { type: "button", class: "small", "aria-label": texts.rootRemove(root.name), click: remove }, "×"));
  }));
  byId("liste-racines").replaceChildren(...(items.length > 0 ? items : [el("li", { class: "hint" }, texts.noRoots)]));
}

async function take(files) {
  alertText(null);
  const others = files.filter(({ name }) => !isRootName(name));
  for (const file of files) if (isRootName(file.name)) await takeRoot(file);
  if (others.length > 0) takeFiles(others);
  showFile();
  showRoots();
}

/** One file, or the files of a receipt given together. */
function takeFiles(files) {
  const signed = files.find(({ name }) => isReceiptName(name));
  [state.file, state.parts] = signed === undefined ? [files.at(-1), null] : [signed, files];
}

async function takeRoot(file) {
  try {
    const root = await readRoot(file);
    state.roots = [...state.roots.filter(({ name }) => name !== root.name), root];
  } catch {
    alertText(state.texts.rootBad(visible(file.name)));
  }
}

function start() {
  alertText(null);
  if (state.file === null) {
    alertText(state.texts.needFile);
    byId("fichier").focus();
    return;
  }
  const stated = byId("date").value.trim();
  const at = stated === "" ? Date.now() : parseInstant(stated);
  if (at === null) {
    alertText(state.texts.dateBad);
    byId("date").focus();
    return;
  }
  work({ file: state.file, parts: state.parts, roots: state.roots.map(({ bytes }) => bytes), at });
}

function work(request) {
  byId("rapport").textContent = "";
  byId("resultat").hidden = true;
  byId("demande").hidden = true;
  byId("travail").hidden = false;
  byId("avance").value = 0;
  byId("arreter").focus();
  state.busy = true;
  state.worker ??= new Worker(URL.createObjectURL(new Blob([byId("ouvrier").textContent], { type: "text/javascript" })));
  state.worker.onmessage = ({ data }) => told(data, request);
  state.worker.onerror = (event) => told({ kind: "error", message: event.message ?? "worker" }, request);
  state.worker.postMessage(request);
}

/** Ends the work under way, whatever it is at. */
function stop() {
  state.worker?.terminate();
  state.worker = null;
  finish();
}

function told(message, request) {
  if (message.kind === "progress") {
    const { texts } = state;
    const all = request.file.size * message.passes;
    byId("avance").value = Math.min(99, (100 * message.octets) / Math.max(all, 1));
    const stage = texts.stages[message.stage] ?? "";
    byId("etape").textContent = `${stage} · ${texts.of(sizeText(message.octets / message.passes, texts), sizeText(request.file.size, texts))}`;
    if (byId("annonce").textContent !== stage) byId("annonce").textContent = stage;
    return;
  }
  finish();
  if (message.kind === "error") {
    stop();
    byId("demande").hidden = false;
    alertText(`${state.texts.failed} ${message.message}`);
    byId("rapport").textContent = JSON.stringify({ error: message.message });
    return;
  }
  const { name, size } = request.file;
  const roots = state.roots.flatMap((root) => root.certificates.map(({ subject }) => ({ name: root.name, subject })));
  show({ ...message.result, name, size, at: request.at, roots });
  byId("verdict").focus();
}

function finish() {
  state.busy = false;
  byId("travail").hidden = true;
}

function show(result) {
  state.shown = result;
  byId("demande").hidden = true;
  byId("resultat").hidden = false;
  showResult(byId("resultat"), result, state.texts, { again });
  byId("rapport").textContent = JSON.stringify(reportOf(result, state.texts));
}

function again() {
  Object.assign(state, { file: null, parts: null, shown: null });
  byId("fichier").value = "";
  byId("resultat").hidden = true;
  byId("demande").hidden = false;
  byId("rapport").textContent = "";
  showFile();
  byId("fichier").focus();
}

function listen() {
  byId("langue").addEventListener("click", () => {
    state.texts = state.texts === FR ? EN : FR;
    translate();
  });
  byId("demande").addEventListener("submit", (event) => {
    event.preventDefault();
    start();
  });
  byId("arreter").addEventListener("click", () => {
    stop();
    byId("demande").hidden = false;
    byId("lancer").focus();
  });
  byId("fichier").addEventListener("change", ({ target }) => take([...target.files]));
  byId("racines").addEventListener("change", async ({ target }) => {
    await Promise.all([...target.files].map(takeRoot));
    target.value = "";
    showRoots();
  });
  // A file dropped anywhere is taken; never opened by the browser.
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("dragging");
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) document.body.classList.remove("dragging");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("dragging");
    if (!state.busy && state.shown === null) take([...event.dataTransfer.files]);
  });
}

listen();
translate();
const supported = globalThis.crypto?.subtle !== undefined && typeof Worker === "function" && typeof WebAssembly === "object";
if (!supported) {
  alertText(FR.noSupport);
  byId("lancer").disabled = true;
}
document.body.dataset.ready = "1";
