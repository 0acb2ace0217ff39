// The logits: a text field, and a bar for each that a pointer drags and the arrow keys move.

import { byId, create } from './elements.mjs';
import { formatNumber, shortNumber, writeNumber } from './numbers.mjs';
import { MAX_ENTRIES, parseLogits } from './state.mjs';

const SMALLEST_RANGE = 10;

/**
 * @param {(x: number[]) => void} onChange
 * @returns {{ show(x: number[]): void }}
 */
export function createLogits(onChange) {
  const field = byId('logits');
  const message = byId('logits-error');
  const bars = byId('bars');
  const [add, remove] = [byId('add'), byId('remove')];
  /** @type {number[]} */
  let x = [];
  let range = SMALLEST_RANGE;
  let dragged = -1;

  const set = (i, value) => {
    const next = [...x];
    next[i] = value;
    onChange(next);
  };

  field.addEventListener('input', () => {
    try {
      const next = parseLogits(field.value);
      complain('');
      onChange(next);
    } catch (error) {
      complain(error.message);
    }
  });
  field.addEventListener('blur', () => show(x));
  add.addEventListener('click', () => onChange([...x, 0]));
  remove.addEventListener('click', () => onChange(x.slice(0, -1)));

  bars.addEventListener('keydown', (event) => {
    const i = indexOf(event.target);
    const step = range / 100;
    const from = Math.max(x[i], -range); // from −∞ on, too
    const targets = {
      ArrowUp: from + step,
      ArrowRight: from + step,
      ArrowDown: from - step,
      ArrowLeft: from - step,
      PageUp: from + 10 * step,
      PageDown: from - 10 * step,
      Home: -range,
      End: range,
    };
    if (!Object.hasOwn(targets, event.key) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    set(i, onGrid(targets[event.key]));
  });
  bars.addEventListener('pointerdown', (event) => {
    const bar = event.target.closest('[role=slider]');
    if (bar === null || event.button !== 0) return;
    event.preventDefault(); // no selection of text
    bar.focus({ preventScroll: true });
    bar.setPointerCapture(event.pointerId);
    dragged = indexOf(bar);
    follow(event);
  });
  bars.addEventListener('pointermove', (event) => dragged >= 0 && follow(event));
  for (const type of ['pointerup', 'pointercancel']) {
    bars.addEventListener(type, () => {
      dragged = -1;
      show(x);
    });
  }

  function follow(event) {
    const { top, height } = bars.children[dragged].querySelector('.track').getBoundingClientRect();
    set(dragged, onGrid(range * (1 - (2 * (event.clientY - top)) / height)));
  }

  /** The nearest step within the range, without the noise of binary fractions. */
  function onGrid(value) {
    const step = range / 100;
    const inside = Math.min(range, Math.max(-range, value));
    return Number((Math.round(inside / step) * step).toPrecision(12));
  }

  function complain(text) {
    message.textContent = text;
    message.hidden = text === '';
    field.setAttribute('aria-invalid', String(text !== ''));
  }

  /** Whether the field says x already, in the reader's own way. */
  function isWritten() {
    try {
      return String(parseLogits(field.value)) === String(x);
    } catch {
      return false;
    }
  }

  function show(next) {
    x = next;
    if (dragged < 0) range = niceRange(x);
    if (document.activeElement !== field || !isWritten()) {
      field.value = x.map(writeNumber).join(', ');
      complain('');
    }
    add.disabled = x.length >= MAX_ENTRIES;
    remove.disabled = x.length <= 1;
    while (bars.children.length > x.length) bars.lastElementChild.remove();
    while (bars.children.length < x.length) bars.append(createBar(bars.children.length));
    bars.style.setProperty('--count', String(x.length));
    x.forEach((value, i) => {
      const bar = bars.children[i];
      const shown = Math.max(-range, Math.min(range, value));
      bar.setAttribute('aria-valuemin', String(-range));
      bar.setAttribute('aria-valuemax', String(range));
      bar.setAttribute('aria-valuenow', String(shown));
      bar.setAttribute('aria-valuetext', value === Number.NEGATIVE_INFINITY ? 'minus infinity' : formatNumber(value));
      bar.style.setProperty('--value', String(shown / range));
      bar.classList.toggle('infinite', value === Number.NEGATIVE_INFINITY);
      bar.querySelector('.value').textContent = shortNumber(value, x.length > 8 ? 1 : 2);
    });
    byId('bars-range').textContent = `from ${formatNumber(-range)} to ${formatNumber(range)}`;
  }

  return { show };
}

function createBar(i) {
  const bar = create(
    'div',
    { className: 'bar', tabIndex: 0 },
    create('span', { className: 'value' }),
    create('span', { className: 'track' }, create('span', { className: 'fill' })),
    create('span', { className: 'index' }, String(i)),
  );
  bar.setAttribute('role', 'slider');
  bar.setAttribute('aria-orientation', 'vertical');
  bar.setAttribute('aria-label', `Logit ${i}`);
  return bar;
}

const indexOf = (element) => [...element.parentElement.children].indexOf(element);

/** The first of 10, 20, 50, 100, … that no logit exceeds. */
function niceRange(x) {
  const largest = Math.max(0, ...x.filter(Number.isFinite).map(Math.abs));
  if (largest <= SMALLEST_RANGE) return SMALLEST_RANGE;
  const power = 10 ** Math.floor(Math.log10(largest));
  return [1, 2, 5, 10].map((factor) => factor * power).find((bound) => bound >= largest) ?? largest;
}
