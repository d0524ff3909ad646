// Recognises what stands between a reader and a page: consent, age, log in, robot, too many requests. It reads, and presses nothing.
({inFrame}) => {
  const plain = t => (t ?? '').normalize('NFD').replace(/[\u0300-\u036f]/g, '').replace(/[\u2019]/g, "'").replace(/\s+/g, ' ').trim().toLowerCase();
  const shown = e => e.checkVisibility({opacityProperty: true, visibilityProperty: true}) && e.getClientRects().length > 0;
  const all = []; const gather = root => { for (const e of root.querySelectorAll('*')) { all.push(e); if (e.shadowRoot) gather(e.shadowRoot); } }; gather(document);
  const up = e => e.parentElement ?? (e.getRootNode() instanceof ShadowRoot ? e.getRootNode().host : null);
  const area = innerWidth * innerHeight || 1;
  const deep = (x, y) => { let e = document.elementFromPoint(x, y); while (e && e.shadowRoot) { const i = e.shadowRoot.elementFromPoint(x, y); if (!i || i === e) break; e = i; } return e; };
  const middle = deep(innerWidth / 2, innerHeight / 2);
  const inside = (e, top) => { for (let p = e; p; p = up(p)) if (p === top) return true; return false; };
  const locked = [document.documentElement, document.body].some(e => e && ['hidden', 'clip'].includes(getComputedStyle(e).overflowY)) && document.documentElement.scrollHeight > innerHeight + 8;
  const words = e => e.innerText || (e.shadowRoot ? Array.from(e.shadowRoot.children).map(c => c.innerText ?? '').join('\n') : '') || '';
  const buttons = top => all.filter(e => e.matches('button, [role=button], input[type=submit], input[type=button], a, summary, label, [role=checkbox]') && inside(e, top) && shown(e))
    .map(e => plain(e instanceof HTMLInputElement ? e.value : (e.innerText || e.getAttribute('aria-label')))).filter(t => t && t.length < 60);
  const panels = new Set();
  const position = e => getComputedStyle(e).position;
  for (const e of all) {
    if (!(e instanceof HTMLElement)) continue;
    const modal = e.matches('dialog[open], [role=dialog], [role=alertdialog], [aria-modal=true]');
    if (!modal && !['fixed', 'sticky'].includes(position(e))) continue;
    if (!shown(e)) continue;
    const r = e.getBoundingClientRect();
    if (r.width * r.height < area * 0.03 || r.bottom <= 0 || r.top >= innerHeight) continue;
    panels.add(e);
  }
  // The outermost panels only; a page whose whole body is short is a panel itself: a full-page wall.
  const outer = Array.from(panels).filter(e => { for (let p = up(e); p; p = up(p)) if (panels.has(p)) return false; return true; });
  const body = plain(document.body?.innerText);
  const whole = inFrame || body.length < 1500;
  const tests = {
    robot: /je ne suis pas un robot|i'?m not a robot|i am human|verifiez que vous (etes|n'etes)|verify (that )?you are|verifying you are|trafic (exceptionnel|inhabituel)|unusual traffic|checking your browser|confirmez que vous etes humain|are you a robot|no soy un robot|recaptcha|hcaptcha/,
    rate: /trop de requetes|too many requests|rate limit|limite de (requetes|consultation)|temporairement bloque|reessayez (plus tard|dans)|try again (later|in)|demasiadas solicitudes/,
    age: /(plus de|au moins|moins de|over|under|at least|older than) ?(16|18|21)( ans| years)?|(16|18|21) ans (ou plus|revolus)|majeure?s?\b|age legal|date de naissance|date of birth|age verification|verification de l'age|etes-vous majeur/,
    login: /connectez[- ]vous|se connecter pour|connexion requise|identifiez[- ]vous|log ?in to|sign ?in to|please (log|sign) ?in|inscrivez[- ]vous (pour|ou)|votre session a expire|session (has )?expired|melden sie sich an|inicia sesion/,
    cookies: /cookies?|traceurs|consentement|consent|vie privee|privacy|rgpd|gdpr|donnees personnelles|partenaires/,
  };
  const answers = {
    cookies: /accept|refus|continuer sans|reject|decline|agree|tout (accepter|refuser)|parametr|personnalis|manage|deny|ok\b|j'ai compris|ablehnen|rechazar/,
    age: /oui|non|entrer|quitter|yes|no|enter|leave|exit|j'ai|i am|i'm|confirm|valider|plus de|moins de|under|over/,
  };
  const found = [];
  const add = (kind, text, top, blocking) => {
    if (found.some(w => w.kind === kind)) return;
    const said = top ? buttons(top) : [];
    found.push({kind, text: text.replace(/\s+/g, ' ').trim().slice(0, 300), buttons: Array.from(new Set(said)).slice(0, 12), blocking, locked});
  };
  const judge = (top, text, covers) => {
    const t = plain(text); if (!t || t.length > 6000) return;
    const said = buttons(top), fields = all.some(e => e.matches('input[type=password]') && inside(e, top) && shown(e));
    const one = re => said.some(b => re.test(b));
    if (tests.robot.test(t) && (t.length < 1500)) return add('robot', text, top, covers || inFrame);
    if (tests.rate.test(t) && t.length < 1500) return add('rate', text, top, covers);
    if ((tests.login.test(t) && t.length < 1500) || (fields && t.length < 2500)) return add('login', text, top, covers);
    if (tests.age.test(t) && one(answers.age) && t.length < 1500) return add('age', text, top, covers);
    if (tests.cookies.test(t) && one(answers.cookies)) return add('cookies', text, top, covers);
  };
  for (const e of outer) { const r = e.getBoundingClientRect(); judge(e, words(e), (middle && inside(middle, e)) || r.width * r.height > area * 0.6); }
  if (whole && document.body) judge(document.body, document.body.innerText, true);
  else {
    // A message in the page itself, in the place of what was asked.
    for (const e of all) {
      if (!(e instanceof HTMLElement) || e.children.length > 6) continue;
      const t = plain(e.innerText); if (!t || t.length > 240) continue;
      if (tests.rate.test(t) && shown(e)) { add('rate', e.innerText, e.closest('section, div, p, li, main') ?? e, false); break; }
    }
  }
  for (const f of all.filter(e => e.localName === 'iframe')) {
    const r = f.getBoundingClientRect(), mark = plain([f.title, f.name, f.src].join(' '));
    if (/recaptcha|hcaptcha|turnstile|captcha|arkose|challenge-platform|datadome/.test(mark) && r.width >= 150 && r.height >= 50 && shown(f)) add('robot', f.title || f.src, null, middle ? inside(middle, f) || whole : whole);
  }
  const at = f => { const r = f.getBoundingClientRect(); return {x: r.left, y: r.top, width: r.width, height: r.height}; };
  return {walls: found, width: innerWidth, height: innerHeight, over: middle && middle.localName === 'iframe' ? at(middle) : null, locked};
}
