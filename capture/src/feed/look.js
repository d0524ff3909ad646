// Reads the items of a feed that stand in the window, counts those of the document, and finds the site's own counters. It runs
// in our isolated world: the page sees neither it nor what it remembers.
({sheet, zone, every, forget}) => {
  const memory = (forget ? null : globalThis.constatFeed) ?? (globalThis.constatFeed = {told: new Map(), keys: new Set(), away: new WeakMap(), box: undefined});
  const roots = [document], hosts = [];
  for (let i = 0; i < roots.length && i < 2000; i++) {
    for (const e of roots[i].querySelectorAll('*')) if (e.shadowRoot) { roots.push(e.shadowRoot); hosts.push(e); }
  }
  const find = selector => roots.flatMap(root => Array.from(root.querySelectorAll(selector)));
  const up = e => e.parentElement ?? (e.getRootNode() instanceof ShadowRoot ? e.getRootNode().host : null);
  const plain = t => (t ?? '').replace(/\s+/g, ' ').trim();
  const shown = e => e.checkVisibility({opacityProperty: true, visibilityProperty: true}) && e.getClientRects().length > 0;
  let items = find(sheet.selecteur);
  if (sheet.hors) items = items.filter(e => !e.matches(sheet.hors) && !e.closest(sheet.hors));
  if (zone) items = items.filter(e => e.closest(zone) || e.getRootNode() instanceof ShadowRoot);
  let set = new Set(items);
  const above = e => { for (let p = up(e); p; p = up(p)) if (set.has(p)) return p; return null; };
  const inner = new Map();
  for (const e of items) { const p = above(e); if (p) { if (!inner.has(p)) inner.set(p, []); inner.get(p).push(e); } }
  // What is read is the item's own, without the items it holds.
  const words = (e, top) => {
    if (e !== top && set.has(e)) return '';
    const holds = (inner.get(top) ?? []).some(i => e.contains(i)), dark = e.shadowRoot || hosts.some(h => h !== e && e.contains(h));
    if (!holds && !dark) return e.innerText ?? '';
    const parts = [];
    for (const n of (e.shadowRoot ?? e).childNodes) {
      if (n.nodeType === 3) { if (n.data.trim()) parts.push(n.data.trim()); }
      else if (n.nodeType === 1 && !/^(style|script|template|slot)$/i.test(n.localName)) parts.push(words(n, top));
      else if (n.localName === 'slot') for (const s of n.assignedElements()) parts.push(words(s, top));
    }
    return parts.filter(Boolean).join('\n');
  };
  const own = e => words(e, e);
  // A container that says nothing itself is no item.
  const hollow = e => inner.has(e) && !plain(own(e));
  if (inner.size) { const empty = items.filter(hollow); if (empty.length) { for (const e of empty) set.delete(e); items = items.filter(e => set.has(e));
    inner.clear(); for (const e of items) { const p = above(e); if (p) { if (!inner.has(p)) inner.set(p, []); inner.get(p).push(e); } } } }
  const mine = (e, selector) => {
    const within = [e, ...(e.shadowRoot ? [e.shadowRoot] : []), ...hosts.filter(h => h === e || e.contains(h)).map(h => h.shadowRoot)];
    for (const root of within) for (const f of root.querySelectorAll(selector)) {
      let p = f; while (p && p !== e && !set.has(p)) p = up(p);
      if (p === e) return f;
    }
    return null;
  };
  const pick = (e, rules) => {
    for (const rule of rules ?? []) {
      const cut = rule.lastIndexOf('@'), selector = cut >= 0 ? rule.slice(0, cut) : rule, name = cut >= 0 ? rule.slice(cut + 1) : null;
      const found = selector && selector !== '.' ? mine(e, selector) : e;
      if (!found) continue;
      let value = name ? found.getAttribute(name) : (found === e ? own(e) : found.innerText || words(found, e) || found.getAttribute('aria-label'));
      if (!value || !value.trim()) continue;
      if (name === 'href' || name === 'src') { try { value = new URL(value, document.baseURI).href; } catch { continue; } }
      return value.trim();
    }
    return null;
  };
  const hash = t => { let a = 0xdeadbeef, b = 0x41c6ce57; for (let i = 0; i < t.length; i++) { const c = t.charCodeAt(i); a = Math.imul(a ^ c, 2654435761); b = Math.imul(b ^ c, 1597334677); }
    a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909); b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
    return (4294967296 * (2097151 & b) + (a >>> 0)).toString(36); };
  const content = e => [pick(e, sheet.auteur), pick(e, sheet.date), pick(e, sheet.texte) ?? own(e)].join('\u0001');
  const key = e => pick(e, sheet.cle) ?? ('contenu:' + hash(content(e)));
  // The box that scrolls: the one named, or the one the first item stands in when the window does not scroll.
  if (zone) memory.box = find(zone)[0] ?? null;
  else if (memory.box === undefined || (memory.box && !memory.box.isConnected)) {
    memory.box = null;
    for (let e = items[0] ? up(items[0]) : null; e && e !== document.body && e !== document.documentElement; e = up(e)) {
      if (['auto', 'scroll'].includes(getComputedStyle(e).overflowY) && e.scrollHeight > e.clientHeight + 8 && e.clientHeight > 100) { memory.box = e; break; }
    }
  }
  const box = memory.box;
  const view = box ? box.getBoundingClientRect() : {left: 0, top: 0, right: innerWidth, bottom: innerHeight};
  let top = Math.max(0, view.top), bottom = Math.min(innerHeight, view.bottom);
  // What is fixed at the edges hides what is under it.
  for (const x of [0.25, 0.5, 0.75]) for (const edge of ['top', 'bottom']) {
    const y = edge === 'top' ? top + 2 : bottom - 2;
    for (let e = document.elementFromPoint(view.left + (view.right - view.left) * x, y); e && e !== document.body; e = up(e)) {
      if (set.has(e) || (box && e === box)) break;
      const style = getComputedStyle(e), r = e.getBoundingClientRect();
      if (!['fixed', 'sticky'].includes(style.position) || r.height > (bottom - top) / 3 || r.width < (view.right - view.left) / 2) continue;
      if (edge === 'top' && r.bottom > top && r.top <= top + 4) top = r.bottom;
      if (edge === 'bottom' && r.top < bottom && r.bottom >= bottom - 4) bottom = r.top;
      break;
    }
  }
  // Whether something else is drawn over a point of an item: a panel, a veil, a frame; a link that only catches the pointer is none.
  const over = (e, x, y) => {
    let hit = document.elementFromPoint(x, y);
    while (hit && hit.shadowRoot) { const i = hit.shadowRoot.elementFromPoint(x, y); if (!i || i === hit) break; hit = i; }
    for (let p = hit; p; p = up(p)) if (p === e) return false;
    for (let p = hit; p && !p.contains(e) && !hosts.some(h => h.shadowRoot.contains(e) && p.contains(h)); p = up(p)) {
      const style = getComputedStyle(p);
      if (['fixed', 'sticky'].includes(style.position) || p.matches('dialog, iframe, [popover]')) return true;
      if (style.backgroundImage !== 'none' || !/^(rgba\(.*, 0\)|transparent)$/.test(style.backgroundColor)) return true;
    }
    return false;
  };
  const STEP = 16;
  const hidden = (e, r, end) => {
    const rows = [];
    for (let y = Math.max(top, r.top) + 1; y < Math.min(bottom, end); y += STEP) {
      if (![0.2, 0.5, 0.8].some(part => over(e, Math.min(innerWidth - 1, Math.max(0, r.left + r.width * part)), y))) continue;
      const last = rows[rows.length - 1];
      if (last && last[1] >= y - STEP - 1) last[1] = Math.round(y + STEP); else rows.push([Math.round(y - STEP), Math.round(y + STEP)]);
    }
    return rows;
  };
  const out = [];
  // One answer stays within bounds: what is not told now is told at the next look.
  const MOST = 1000, ROOM = 8 * 1024 * 1024;
  let room = ROOM, untold = 0;
  let waiting = 0;
  for (const e of items) {
    const r = e.getBoundingClientRect();
    const first = (inner.get(e) ?? []).map(i => i.getBoundingClientRect().top).filter(y => y > r.top + 4);
    const end = Math.min(r.bottom, ...first);
    const sees = end > top + 1 && r.top < bottom - 1 && r.width > 1 && r.height > 1 && r.right > view.left && r.left < view.right;
    if (!sees || !shown(e)) {
      if (every) { const mark = e.textContent.length; const was = memory.away.get(e); if (!was || was !== mark) { memory.keys.add(key(e)); memory.away.set(e, mark); } }
      continue;
    }
    if (e.matches('[aria-busy=true], [class*=skeleton], [class*=squelette], [class*=placeholder]') && plain(own(e)).length < 3) { waiting++; continue; }
    const name = key(e), said = own(e), print = hash(said);
    memory.keys.add(name);
    const known = memory.told.get(name);
    if (out.length >= MOST || (room < 0 && known !== print)) { untold++; continue; }
    const one = {key: name, top: Math.round(r.top), bottom: Math.round(end), left: Math.round(r.left), width: Math.round(r.width), hidden: hidden(e, r, end)};
    if (known !== print) {
      memory.told.set(name, print);
      let level = 0, p = above(e); const parent = p ? key(p) : null;
      for (; p; p = above(p)) level++;
      const media = Array.from(new Set(Array.from(e.querySelectorAll('img, video, audio, source')).filter(m => { let q = m; while (q && q !== e && !set.has(q)) q = up(q); return q === e; })
        .map(m => m.currentSrc || m.src || m.poster).filter(Boolean))).slice(0, 40).map(u => u.slice(0, 2000));
      let html = '';
      if (inner.has(e)) { const copy = e.cloneNode(true); for (const i of Array.from(copy.querySelectorAll(sheet.selecteur))) i.remove(); html = copy.outerHTML; }
      else html = e.outerHTML + hosts.filter(h => h === e || e.contains(h)).map(h => '<!-- arbre ombré de ' + h.localName + ' -->' + h.shadowRoot.innerHTML).join('');
      one.data = {cle: name, auteur: pick(e, sheet.auteur), date: pick(e, sheet.date), texte: (pick(e, sheet.texte) ?? said).slice(0, 100000), affiche: said.slice(0, 100000),
        lien: pick(e, sheet.lien), audience: pick(e, sheet.audience), parent, niveau: level, medias: media, html: html.slice(0, 65536), html_coupe: html.length > 65536};
      room -= 2 * Math.min(said.length, 100000) + Math.min(html.length, 65536);
    }
    out.push(one);
  }
  for (const i of document.images) { const r = i.getBoundingClientRect(); if (r.bottom > top && r.top < bottom && r.width > 1 && r.height > 1 && !i.complete) waiting++; }
  for (const e of find('[aria-busy=true], [role=progressbar], [class*=skeleton], [class*=squelette], [class*=spinner]')) {
    // A feed that calls itself busy until its end is no item that is awaited.
    if (e.childElementCount && items.some(i => e.contains(i))) continue;
    const r = e.getBoundingClientRect(); if (r.bottom > top && r.top < bottom && r.width > 1 && r.height > 1 && shown(e)) waiting++; }
  const scrolled = box ?? document.scrollingElement;
  const answer = {items: out, known: memory.keys.size, dom: items.length, untold, waiting, top: Math.round(top), bottom: Math.round(bottom),
    scroll: Math.round(scrolled.scrollTop), client: box ? box.clientHeight : innerHeight, height: scrolled.scrollHeight, nodes: document.getElementsByTagName('*').length};
  if (every) {
    const said = [], wanted = new RegExp('(?:^|[^\\p{L}])(\\d[\\d\\s.,\\u00a0\\u202f]*\\s?(?:k|m|md|mille|millions?)?)\\s*(?:' + sheet.mots.join('|') + ')(?![\\p{L}])', 'iu');
    const of = sheet.compteurs?.length ? sheet.compteurs.flatMap(find) : find('h1, h2, h3, h4, p, span, div, strong, b, small, a, li, dt, dd, td, th, label, caption');
    for (const e of of) {
      if (said.length >= 20) break;
      const t = plain(e.innerText); if (!t || t.length > 80) continue;
      if (set.has(e) || above(e) || !shown(e) || e.closest('button, [role=button], summary')) continue;
      // The smallest element that says it: two numbers side by side are not one.
      if (!sheet.compteurs?.length && Array.from(e.children).some(c => wanted.test(plain(c.innerText)))) continue;
      const m = sheet.compteurs?.length && !wanted.test(t) ? /(\d[\d\s.,\u00a0\u202f]*\s?(?:k|m|md|mille|millions?)?)/i.exec(t) : wanted.exec(t);
      if (m && !said.some(s => s.number === m[1].trim())) said.push({text: t, number: m[1].trim()});
    }
    answer.counters = said;
    answer.present = (sheet.presents ?? []).filter(s => find(s).some(shown));
    answer.refused = (sheet.absents ?? []).filter(s => find(s).some(shown));
  }
  return answer;
}
