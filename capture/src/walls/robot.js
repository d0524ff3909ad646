// Whether what stands at a place of the window answers a check against robots: itself, or what it belongs to, says so in a few words.
({x, y}) => {
  const plain = t => (t ?? '').normalize('NFD').replace(/[\u0300-\u036f]/g, '').replace(/[\u2019]/g, "'").replace(/\s+/g, ' ').trim().toLowerCase();
  const says = /je (ne )?suis (pas un robot|(un )?humain)|i'?m (not a robot|human)|i am (not a robot|human)|(verifiez|confirmez|prouvez) que vous (etes humain|n'etes pas un robot)|(verify|confirm|prove) (that )?you('re| are) (human|not a robot)|no soy un robot|ich bin kein roboter/;
  const frame = /recaptcha|hcaptcha|turnstile|captcha|arkose|challenge-platform|datadome/;
  let e = document.elementFromPoint(x, y);
  while (e && e.shadowRoot) { const inner = e.shadowRoot.elementFromPoint(x, y); if (!inner || inner === e) break; e = inner; }
  if (e && e.localName === 'iframe') return frame.test(plain([e.title, e.name, e.src].join(' ')));
  const up = e => e.parentElement ?? (e.getRootNode() instanceof ShadowRoot ? e.getRootNode().host : null);
  for (let p = e, depth = 0; p && depth < 5; p = up(p), depth++) {
    const text = plain([p.innerText, p.getAttribute('aria-label'), p instanceof HTMLInputElement ? p.value : ''].join(' '));
    // A form that holds such a control beside others is not that control.
    if (text.length > 160 || (depth > 0 && p.querySelectorAll('a[href], button, input, select, textarea, [role=button]').length > 1)) return false;
    if (says.test(text)) return true;
  }
  return false;
}
