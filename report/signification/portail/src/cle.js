// The one script of the portal: it opens the browser's own dialog for passkeys and fills in the form that was there without it.
// It asks nothing of anybody else: the challenge is in the page, the answer goes with the form. Without it, a password does.
"use strict";
(() => {
  const PHRASES = {
    NotAllowedError: "La demande a été refusée, ou vous avez attendu trop longtemps. Recommencez, ou utilisez un autre moyen.",
    InvalidStateError: "Cette clé est déjà inscrite. Utilisez-en une autre.",
    SecurityError: "Votre navigateur refuse les clés d'accès à cette adresse.",
    NotSupportedError: "Cet appareil ne propose pas de clé d'accès qui vérifie qui l'utilise (code, doigt ou visage).",
    ConstraintError: "Cette clé ne vérifie pas qui l'utilise (code, doigt ou visage). Donnez-lui un code, ou prenez-en une autre.",
  };
  const AUTRE = "La clé d'accès n'a pas répondu. Recommencez, ou utilisez un autre moyen.";

  const octets = (texte) => {
    const clair = atob(texte.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(clair, (c) => c.charCodeAt(0));
  };
  const texte = (octets) => {
    if (octets === null || octets === undefined) return null;
    const clair = Array.from(new Uint8Array(octets), (o) => String.fromCharCode(o)).join("");
    return btoa(clair).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  };

  /** The options as the browser wants them: octets where JSON has text. */
  const lire = (json) => {
    const options = JSON.parse(json).publicKey;
    options.challenge = octets(options.challenge);
    if (options.user) options.user.id = octets(options.user.id);
    for (const liste of [options.excludeCredentials, options.allowCredentials]) {
      for (const une of liste ?? []) une.id = octets(une.id);
    }
    const question = options.extensions?.prf?.eval;
    if (question) question.first = octets(question.first);
    return options;
  };

  /** What the form sends; the PRF output goes apart. */
  const ecrire = (cle) => {
    const { response: r } = cle;
    const reponse = { clientDataJSON: texte(r.clientDataJSON) };
    if (r.attestationObject) {
      reponse.attestationObject = texte(r.attestationObject);
      reponse.transports = (r.getTransports?.() ?? []).filter((t) => ["usb", "nfc", "ble", "internal", "hybrid"].includes(t));
    } else {
      reponse.authenticatorData = texte(r.authenticatorData);
      reponse.signature = texte(r.signature);
      reponse.userHandle = texte(r.userHandle);
    }
    return JSON.stringify({ id: cle.id, rawId: texte(cle.rawId), type: cle.type, response: reponse });
  };

  const prf = (cle) => texte(cle.getClientExtensionResults().prf?.results?.first) ?? "";

  /** Some passkeys answer the PRF question at a login only: it is asked once more, right after they were made. */
  const prfApres = async (cle, options) => {
    const resultat = cle.getClientExtensionResults().prf;
    if (!resultat?.enabled || resultat.results?.first) return prf(cle);
    const publicKey = {
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      rpId: options.rp.id,
      userVerification: "required",
      allowCredentials: [{ type: "public-key", id: cle.rawId }],
      extensions: { prf: options.extensions.prf },
    };
    try {
      return prf(await navigator.credentials.get({ publicKey }));
    } catch {
      return "";
    }
  };

  const presenter = async (form, bouton, message) => {
    message.textContent = "";
    bouton.disabled = true;
    try {
      const options = lire(form.dataset.cle);
      const inscrire = form.dataset.geste === "inscrire";
      const cle = inscrire
        ? await navigator.credentials.create({ publicKey: options })
        : await navigator.credentials.get({ publicKey: options });
      form.elements.namedItem("prf").value = inscrire ? await prfApres(cle, options) : prf(cle);
      form.elements.namedItem("cle").value = ecrire(cle);
      form.submit();
    } catch (erreur) {
      message.textContent = PHRASES[erreur?.name] ?? AUTRE;
      bouton.disabled = false;
      bouton.focus();
    }
  };

  if (!globalThis.PublicKeyCredential) return;
  for (const form of document.querySelectorAll("form[data-cle]")) {
    const bloc = form.querySelector("[data-bloc]");
    const bouton = form.querySelector("[data-bouton]");
    const message = form.querySelector("[data-message]");
    bloc.hidden = false;
    bouton.addEventListener("click", () => presenter(form, bouton, message));
  }
})();
