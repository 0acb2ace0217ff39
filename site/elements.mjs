// Parts that the sections of the page share.

import { formatNumber, parseNumber, writeNumber } from './numbers.mjs';
import { parseField } from './state.mjs';

/** @returns {HTMLElement} the element of this id */
export const byId = (id) => document.getElementById(id);

/** @returns {HTMLElement} such as create('label', { htmlFor: 'x' }, 'Text') */
export function create(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/**
 * A table in place of a chart. Numbers are rounded for reading; every digit is in the value of their `data` element.
 *
 * @param {HTMLTableElement} table with a caption
 * @param {string[]} head
 * @param {(string | number)[][]} rows the first of each is its heading
 */
export function fillTable(table, head, rows) {
  const cell = (content) =>
    typeof content === 'number'
      ? create('td', {}, create('data', { value: writeNumber(content) }, formatNumber(content)))
      : create('td', {}, content);
  table.parentElement.tabIndex = 0; // it scrolls where the window is narrow
  table.tHead?.remove();
  for (const body of [...table.tBodies]) body.remove();
  table.append(
    create('thead', {}, create('tr', {}, ...head.map((name) => create('th', { scope: 'col' }, name)))),
    create(
      'tbody',
      {},
      ...rows.map(([name, ...cells]) =>
        create('tr', {}, create('th', { scope: 'row' }, String(name)), ...cells.map(cell)),
      ),
    ),
  );
}

/**
 * A slider over chosen values and a field for any other, both of one number of the state.
 *
 * @param {string} name of the number
 * @param {object} options
 * @param {string} options.label
 * @param {number[]} options.stops the slider's values, ascending
 * @param {(value: number) => void} options.onChange
 * @returns {{ show(value: number): void }}
 */
export function createControl(name, { label, stops, onChange }) {
  const place = document.querySelector(`[data-control="${name}"]`);
  const slider = create('input', { type: 'range', id: name, min: '0', max: String(stops.length - 1), step: '1' });
  const field = create('input', { type: 'text', id: `${name}-field`, autocomplete: 'off', spellcheck: false });
  const message = create('p', { className: 'error', id: `${name}-error`, hidden: true });
  field.inputMode = 'decimal';
  field.setAttribute('aria-label', `${label}, as a number`);
  field.setAttribute('aria-describedby', message.id);
  place.append(create('label', { htmlFor: name }, label), slider, field, message);
  let shown = Number.NaN;

  function show(value) {
    shown = value;
    const notBelow = stops.findIndex((stop) => stop >= value);
    slider.value = String(notBelow === -1 ? stops.length - 1 : notBelow);
    slider.setAttribute('aria-valuetext', formatNumber(value));
    if (document.activeElement !== field || parseNumber(field.value) !== value) {
      field.value = Number.isSafeInteger(value) ? writeNumber(value) : formatNumber(value);
      complain('');
    }
  }

  function complain(text) {
    message.textContent = text;
    message.hidden = text === '';
    field.setAttribute('aria-invalid', String(text !== ''));
  }

  slider.addEventListener('input', () => onChange(stops[Number(slider.value)]));
  field.addEventListener('input', () => {
    try {
      const value = parseField(name, field.value);
      complain('');
      onChange(value);
    } catch (error) {
      complain(error.message);
    }
  });
  field.addEventListener('blur', () => show(shown));
  return { show };
}
