import { readFileSync } from 'node:fs';

const HELD_OUT = 0.1;

/**
 * @typedef {object} Text
 * @property {string[]} characters  every character of the whole text once, sorted; a character's id is its place here
 * @property {Uint16Array} ids      the text, as ids
 * @property {number} split         the first `split` characters are to train on, the rest is held out
 */

/**
 * Reads the text; the last tenth of it is held out.
 *
 * @returns {Text}
 */
export function readText() {
  const text = [...readFileSync(new URL('alice.txt', import.meta.url), 'utf8')];
  const characters = [...new Set(text)].sort();
  const idOf = new Map(characters.map((character, id) => [character, id]));
  return {
    characters,
    ids: Uint16Array.from(text, (character) => idOf.get(character)),
    split: Math.floor(text.length * (1 - HELD_OUT)),
  };
}
