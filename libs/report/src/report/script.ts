/**
 * The report's only script. Without it the page still tells everything; with it a stretch of time can be picked on the
 * chart (by pointer or arrow keys), and the paths of its requests open in a dialog. Texts become text, never markup.
 */
export const REPORT_SCRIPT = `
(() => {
  'use strict';
  const data = JSON.parse(document.getElementById('data').textContent);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  if (/^https?:$/.test(location.protocol) && /\\/v1\\/simulations\\/[^/]+\\/report$/.test(location.pathname))
    for (const part of all('.server')) part.hidden = false;
  for (const box of all('.scroll')) if (box.scrollWidth <= box.clientWidth && box.clientWidth > 0) box.removeAttribute('tabindex');

  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const swatch = (look) => {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('class', 'swatch');
    svg.setAttribute('viewBox', '0 0 12 12');
    svg.setAttribute('aria-hidden', 'true');
    const rect = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
    for (const [name, value] of [['class', look], ['width', 12], ['height', 12], ['rx', 2]]) rect.setAttribute(name, value);
    svg.append(rect);
    return svg;
  };

  // The path of a request, in a dialog.
  const dialog = make('dialog', {});
  dialog.setAttribute('aria-labelledby', 'path-title');
  document.body.append(dialog);
  const openPath = (item) => {
    const close = make('button', { type: 'button', textContent: 'Close' });
    close.addEventListener('click', () => dialog.close());
    const title = make('h3', { id: 'path-title', textContent: 'Request ' + item.id.slice(1) });
    dialog.replaceChildren(make('div', { className: 'top' }, title, close), item.querySelector('.body').cloneNode(true));
    dialog.showModal();
  };
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  const openFromHash = () => {
    const item = /^#r\\d+$/.test(location.hash) && document.getElementById(location.hash.slice(1));
    if (!item) return;
    for (let at = item; at; at = at.parentElement.closest('details')) at.open = true;
    item.scrollIntoView();
  };
  addEventListener('hashchange', openFromHash);
  openFromHash();

  // A stretch of time, picked on the chart.
  const { bins, binMs, endMs, names, nodes } = data;
  const scrub = document.querySelector('.scrub');
  const panel = document.getElementById('moment');
  if (!scrub || !panel || bins.length === 0) return;
  const samples = new Map();
  for (const item of all('.req')) {
    const bin = Number(item.dataset.bin);
    samples.set(bin, [...(samples.get(bin) ?? []), item]);
  }
  const events = all('.events li').map((item) => ({ ms: Number(item.dataset.ms), text: item.querySelector('.badge').textContent + ': ' + item.querySelector('.what').textContent }));
  const isOk = (name) => name === 'answered';
  const failedIn = (bin) => names.reduce((sum, name, n) => sum + (isOk(name) ? 0 : bins[bin].counts[n]), 0);
  const requestsIn = (bin) => bins[bin].counts.reduce((sum, count) => sum + count, 0);
  const number = (count) => count.toLocaleString('en-US');
  const spanOf = (bin) => bins[bin].span;
  const countsOf = (bin) => names.map((name, n) => [name, bins[bin].counts[n], n]).filter(([, count]) => count > 0);
  let current = 0;

  scrub.setAttribute('role', 'slider');
  scrub.tabIndex = 0;
  scrub.setAttribute('aria-label', 'A stretch of time: arrow keys move along the axis, Enter goes to its requests');
  scrub.setAttribute('aria-valuemin', '0');
  scrub.setAttribute('aria-valuemax', String(bins.length - 1));

  const pick = (bin) => {
    current = Math.min(bins.length - 1, Math.max(0, bin));
    const said = countsOf(current).map(([name, count]) => number(count) + ' ' + name).join(', ') || 'no requests';
    scrub.setAttribute('aria-valuenow', String(current));
    scrub.setAttribute('aria-valuetext', spanOf(current) + ': ' + said);
    for (const svg of all('.chart', scrub)) {
      const left = Number(svg.dataset.left);
      const scale = (Number(svg.dataset.right) - left) / endMs;
      const cursor = svg.querySelector('.cursor');
      cursor.setAttribute('x', left + current * binMs * scale - 1);
      cursor.setAttribute('width', Math.min(binMs, endMs - current * binMs) * scale + 2);
    }
    show();
  };

  const jump = (text, from, step) => {
    let bin = from + step;
    while (bin >= 0 && bin < bins.length && failedIn(bin) === 0) bin += step;
    const found = bin >= 0 && bin < bins.length;
    const button = make('button', { type: 'button', textContent: text, disabled: !found });
    button.dataset.step = step;
    button.addEventListener('click', () => {
      pick(bin);
      const again = panel.querySelector('button[data-step="' + step + '"]');
      (again.disabled ? scrub : again).focus();
    });
    return button;
  };

  // What a lane says from one time to another: the states in it, in turn.
  const stateOf = ([label, stretches], from, to) => {
    const found = stretches.filter(([until], n) => until > from && (n === 0 ? 0 : stretches[n - 1][0]) < to);
    if (found.length === 0) return [];
    const shown = found.length > 4 ? [found[0], [0, '', '…'], found.at(-1)] : found;
    return [make('span', {}, swatch(found.at(-1)[1]), ' ' + label + ' ' + shown.map(([, , text]) => text).join(' → '))];
  };

  // One of each way to end, then the second ones, and so on.
  const inTurns = (items) => {
    const seen = {};
    const turn = (item) => {
      const how = item.querySelector('.how').textContent;
      seen[how] = (seen[how] ?? 0) + 1;
      return seen[how];
    };
    return items.map((item) => [turn(item), item]).sort(([a], [b]) => a - b).map(([, item]) => item);
  };

  const show = () => {
    const from = current * binMs;
    const to = from + binMs;
    const parts = [];
    const title = make('h3', { textContent: spanOf(current) });
    const buttons = bins.some((_, bin) => failedIn(bin) > 0)
      ? [make('div', {}, jump('‹ Failures before', current, -1), ' ', jump('Failures after ›', current, 1))]
      : [];
    parts.push(make('div', { className: 'top' }, title, ...buttons));
    const counts = countsOf(current);
    parts.push(
      counts.length === 0
        ? make('p', { textContent: 'No request was sent.' })
        : make('ul', {}, ...counts.map(([name, count, n]) => make('li', {}, swatch(data.looks[n]), ' ' + number(count) + ' ' + name))),
    );
    if (bins[current].latency) parts.push(make('p', { className: 'soft', textContent: bins[current].latency }));
    for (const { text } of events.filter(({ ms }) => ms >= from && ms < to)) parts.push(make('p', { textContent: 'Event ' + text }));
    if (nodes.length > 0) parts.push(make('ul', { className: 'nodes' }, ...nodes.map(([node, lanes]) => make('li', {}, make('b', { textContent: node }), ...lanes.flatMap((lane) => stateOf(lane, from, to))))));
    const here = samples.get(current) ?? [];
    if (here.length > 0) {
      const picks = inTurns(here).slice(0, 12).map((item) => {
        const button = make('button', { type: 'button' }, ...[...item.querySelector('summary').childNodes].map((node) => node.cloneNode(true)));
        button.addEventListener('click', () => openPath(item));
        return make('li', {}, button);
      });
      const rest = requestsIn(current) - picks.length;
      parts.push(make('p', { className: 'soft', textContent: rest > 0 ? 'Some of its requests, with their paths:' : 'Its requests, with their paths:' }));
      parts.push(make('ul', { className: 'picks' }, ...picks));
    }
    panel.replaceChildren(...parts);
    panel.hidden = false;
  };

  const keys = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };
  scrub.addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key in keys) pick(current + keys[event.key]);
    else if (event.key === 'Home') pick(0);
    else if (event.key === 'End') pick(bins.length - 1);
    else if (event.key === 'Enter' || event.key === ' ') (panel.querySelector('.picks button') ?? panel.querySelector('button:not(:disabled)'))?.focus();
    else return;
    event.preventDefault();
  });
  panel.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') scrub.focus();
  });
  const pickAt = (event) => {
    const svg = all('.chart', scrub).find((chart) => chart.clientWidth > 0 || chart.getBoundingClientRect().width > 0);
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
    const left = Number(svg.dataset.left);
    const share = (x - left) / (Number(svg.dataset.right) - left);
    if (share >= -0.01 && share <= 1.01) pick(Math.floor((share * endMs) / binMs));
  };
  scrub.addEventListener('pointerdown', pickAt);
  scrub.addEventListener('pointermove', (event) => {
    if (event.buttons & 1) pickAt(event);
  });

  let worst = 0;
  bins.forEach((_, bin) => {
    const more = failedIn(bin) - failedIn(worst);
    if (more > 0 || (more === 0 && failedIn(bin) === 0 && requestsIn(bin) > requestsIn(worst))) worst = bin;
  });
  pick(worst);
})();
`.trim();
