/*
 * Makes the page quicker where scripts run: answers without a reload, number keys, and word to the page around it.
 * ES2015 and nothing newer; whatever is missing, the forms work by themselves.
 */
(function () {
  'use strict';

  const MESSAGE = 'cn.hr.recognition';
  const VERSION = 1;
  const body = document.body;
  const listeners = JSON.parse(body.getAttribute('data-listeners') || '[]');
  let pressed = null;
  let busy = false;

  function all(selector, within) {
    return Array.prototype.slice.call((within || document).querySelectorAll(selector));
  }

  function say(text) {
    document.getElementById('live').textContent = text;
  }

  /* Registered pages alone hear anything: a browser that knows the page around names it, else each is tried. */
  function tell(kind, facts) {
    if (window.parent === window) return;
    const message = Object.assign({ type: MESSAGE, version: VERSION, kind: kind, visit: body.getAttribute('data-visit') }, facts);
    const around = window.location.ancestorOrigins;
    const parent = around && around.length > 0 ? around[0] : null;
    listeners
      .filter(function (origin) { return parent === null || origin === parent; })
      .forEach(function (origin) { window.parent.postMessage(message, origin); });
  }

  function standing() {
    const found = {};
    all('[data-told]').forEach(function (card) { found[card.id] = card.getAttribute('data-told'); });
    return found;
  }

  function tellWhatChanged(before) {
    const after = standing();
    Object.keys(after).forEach(function (id) {
      if (after[id] !== before[id]) tell('outcome', JSON.parse(after[id]));
    });
  }

  function fieldsOf(form, button) {
    const pairs = [];
    all('input, textarea', form).forEach(function (field) {
      if (field.name && (field.type !== 'radio' || field.checked)) pairs.push([field.name, field.value]);
    });
    if (button && button.name) pairs.push([button.name, button.value]);
    return pairs
      .map(function (pair) { return encodeURIComponent(pair[0]) + '=' + encodeURIComponent(pair[1]); })
      .join('&');
  }

  function put(html, id) {
    const fresh = new DOMParser().parseFromString(html, 'text/html').getElementById('recognition');
    const old = document.getElementById('recognition');
    if (!fresh || !old) throw new Error('not the page');
    const before = standing();
    old.parentNode.replaceChild(document.importNode(fresh, true), old);
    prepare();
    tellWhatChanged(before);
    const card = id ? document.getElementById(id) : null;
    const notice = document.querySelector('[role="alert"]');
    const done = card ? card.querySelector('.done') : null;
    const first = card ? card.querySelector('[data-first]') || card : document.querySelector('[data-first]');
    if (first) first.focus();
    say(notice ? notice.textContent : done ? done.textContent : '');
  }

  function submit(event) {
    const form = event.target;
    if (form.hasAttribute('data-native')) return;
    event.preventDefault();
    if (busy) return;
    busy = true;
    const card = form.closest('article');
    const button = pressed && form.contains(pressed) ? pressed : form.querySelector('button');
    window
      .fetch(form.getAttribute('action'), {
        method: 'POST',
        credentials: 'omit',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: fieldsOf(form, button),
      })
      .then(function (answer) { return answer.text(); })
      .then(function (html) { put(html, card ? card.id : null); })
      .catch(function () {
        const notice = document.createElement('p');
        notice.className = 'notice bad';
        notice.setAttribute('role', 'alert');
        notice.textContent = body.getAttribute('data-offline');
        (card || form).insertBefore(notice, (card || form).firstChild);
      })
      .then(function () {
        busy = false;
        pressed = null;
      });
  }

  function currentCard() {
    const cards = all('article.card');
    const within = document.activeElement ? document.activeElement.closest('article.card') : null;
    if (within) return within;
    return cards.filter(function (card) { return card.querySelector('[data-key="1"]'); })[0] || cards[0] || null;
  }

  function step(by) {
    const cards = all('article.card');
    const within = document.activeElement ? document.activeElement.closest('article.card') : null;
    const place = cards.indexOf(within) + by;
    const next = cards[within ? Math.max(0, Math.min(cards.length - 1, place)) : 0];
    if (next) {
      next.focus();
      next.scrollIntoView();
    }
  }

  /* A digit goes to its button and presses nothing: Enter does. */
  function onKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const target = event.target;
    if (target.tagName === 'TEXTAREA' || (target.tagName === 'INPUT' && target.type === 'text')) return;
    if (event.key === 'n' || event.key === 'p') {
      step(event.key === 'n' ? 1 : -1);
      event.preventDefault();
      return;
    }
    const card = /^[1-5]$/.test(event.key) ? currentCard() : null;
    const wanted = card ? card.querySelector('[data-key="' + event.key + '"]') : null;
    if (wanted) {
      wanted.focus();
      event.preventDefault();
    }
  }

  function onToggle(event) {
    const details = event.target;
    if (!details.open) return;
    const text = details.querySelector('textarea');
    const reason = details.querySelector('input[type="radio"]');
    if (text) {
      text.select();
      const card = details.closest('article');
      const told = card.getAttribute('data-told');
      tell('quote', { order: told ? JSON.parse(told).order : '', text: text.value });
      say(body.getAttribute('data-quoted'));
    } else if (reason) {
      reason.focus();
    }
  }

  function prepare() {
    all('.keys').forEach(function (keys) { keys.hidden = false; });
    all('details').forEach(function (details) { details.addEventListener('toggle', onToggle); });
  }

  /* Without fetch, or in a sandbox that gives the page no origin of its own, the forms stay as they are. */
  const able = typeof window.fetch === 'function' && typeof Element.prototype.closest === 'function' && window.origin !== 'null';
  prepare();
  if (able) {
    document.addEventListener('click', function (event) { pressed = event.target.closest('button'); }, true);
    document.addEventListener('submit', submit);
    document.addEventListener('keydown', onKey);
    tell('ready', { cards: all('article.card').length });
  }
})();
