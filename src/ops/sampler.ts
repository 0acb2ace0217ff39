import {
  checkNumber,
  checkOptions,
  checkPositive,
  describe,
  emptyLike,
  extentOf,
  floatArray,
  integers,
  isDetached,
  notAllowed,
} from '../check.ts';
import { Uniforms } from '../reference/random.ts';
import type { Filters } from '../reference/sample.ts';
import { checkAlive, type Host, JsRuntime } from '../runtime.ts';
import type { FloatArray, Input, NextOptions, Sampler, SamplerOptions } from '../types.ts';
import { type Steps as CrossEntropySteps, crossEntropy } from './cross-entropy.ts';
import { filterNames, filtersOf, seedOf } from './filters.ts';
import { draw, type Steps as SampleSteps } from './sample.ts';

interface Steps {
  readonly crossEntropy: CrossEntropySteps;
  readonly sample: SampleSteps;
}

interface Penalties {
  readonly repetition: number;
  readonly frequency: number;
  readonly presence: number;
}

class TokenSampler implements Sampler {
  readonly #host: Host;
  readonly #steps: Steps | undefined;
  readonly #filters: Filters;
  readonly #penalties: Penalties;
  #seed: number;
  #uniforms: Uniforms;
  #draws = 0;
  /** The logits of the last draw after penalties and bias, and where those of the next one go. */
  #logits: FloatArray = new Float32Array(0);
  #spare: FloatArray = new Float32Array(0);
  /** Room for a history, which grows by a token a call, and how often a token is in it; these are all 0 between calls. */
  #history: Int32Array = new Int32Array(0);
  #counts = new Int32Array(0);
  readonly #token = new Int32Array(1);
  #logProbability: number | undefined = NaN;

  constructor(host: Host, steps: Steps | undefined, filters: Filters, penalties: Penalties, seed: number) {
    this.#host = host;
    this.#steps = steps;
    this.#filters = filters;
    this.#penalties = penalties;
    this.#seed = seed;
    this.#uniforms = new Uniforms(seed);
  }

  next(logits: Input, options: NextOptions = {}): number {
    const name = 'next';
    const runtime = this.#host();
    checkAlive(name, runtime);
    checkOptions(name, options, ['history', 'logitBias']);
    const x = floatArray(name, 'logits', logits);
    const { length } = extentOf(name, 'logits', logits, x.length, [x.length], undefined, 1);
    const { history = [], logitBias = {} } = options;
    const biases = biasesOf(name, logitBias, length);
    const tokens = this.#read(name, history, length);

    if (this.#spare.length !== length || this.#spare.BYTES_PER_ELEMENT !== x.BYTES_PER_ELEMENT)
      this.#spare = emptyLike(x, length);
    const adjusted = this.#spare;
    adjusted.set(x);
    this.#penalise(adjusted, tokens);
    for (const [token, bias] of biases) adjusted[token] += bias;

    const draws = { uniforms: this.#uniforms, first: this.#draws, count: 1 };
    draw(runtime, this.#steps?.sample, name, adjusted, 1, length, this.#filters, draws, this.#token);
    this.#spare = this.#logits;
    this.#logits = adjusted;
    this.#logProbability = undefined;
    this.#draws++;
    return this.#token[0];
  }

  get lastLogProbability(): number {
    if (this.#logProbability === undefined) {
      checkAlive('lastLogProbability', this.#host());
      try {
        this.#logProbability = this.#measure(this.#host, this.#steps?.crossEntropy);
      } catch {
        this.#logProbability = this.#measure(() => new JsRuntime(), undefined); // no room for a row in the engine's memory: the draw needs none
      }
    }
    return this.#logProbability;
  }

  reset(seed?: number): void {
    if (seed !== undefined) this.#seed = seedOf('reset', seed);
    this.#uniforms = new Uniforms(this.#seed);
    this.#draws = 0;
    this.#logProbability = NaN;
  }

  /** The tokens of a history, read once, in room that the next call takes again. */
  #read(name: string, history: unknown, length: number): Int32Array {
    if (!Array.isArray(history) && !(ArrayBuffer.isView(history) && 'length' in history))
      throw notAllowed(name, 'history', history, 'arrays of integers', TypeError);
    const given = history as ArrayLike<unknown>;
    const count = given.length;
    if (count === 0 && ArrayBuffer.isView(history) && isDetached(given as Int32Array))
      throw new TypeError(`${name}: history is a detached ${history.constructor.name}; allowed are attached ones.`);
    if (this.#history.length < count) this.#history = integers(name, 2 * count);
    const tokens = this.#history.subarray(0, count);
    for (let i = 0; i < count; i++) {
      const token = given[i];
      if (!isToken(token, length)) throw notAllowed(name, `history[${i}]`, token, tokensOf(length));
      tokens[i] = token;
    }
    return tokens;
  }

  /** The log-probability of the last token. */
  #measure(host: Host, steps: CrossEntropySteps | undefined): number {
    return 0 - crossEntropy(host, steps)(this.#logits, this.#token, { temperature: 1 / this.#filters.scale });
  }

  #penalise(logits: FloatArray, history: Int32Array): void {
    const { repetition, frequency, presence } = this.#penalties;
    if (repetition === 1 && frequency === 0 && presence === 0) return;
    if (this.#counts.length < logits.length) this.#counts = new Int32Array(logits.length);
    const counts = this.#counts;
    for (let i = 0; i < history.length; i++) counts[history[i]]++;
    for (let i = 0; i < history.length; i++) {
      const token = history[i];
      if (counts[token] === 0) continue; // dealt with at its first place
      const logit = logits[token];
      logits[token] = (logit > 0 ? logit / repetition : logit * repetition) - frequency * counts[token] - presence;
      counts[token] = 0;
    }
  }
}

/** Tokens, and what is added to the logit of each. */
function biasesOf(name: string, bias: unknown, length: number): [token: number, bias: number][] {
  const tag = Object.prototype.toString.call(bias); // not the class: maps of another realm (an iframe, node:vm) are of another
  if (tag !== '[object Map]' && tag !== '[object Object]')
    throw new TypeError(
      `${name}: logitBias is ${describe(bias)}; allowed is a Map or an object from tokens to numbers.`,
    );
  const given: Iterable<readonly [unknown, unknown]> =
    tag === '[object Map]'
      ? (bias as Map<unknown, unknown>)
      : Object.entries(bias as object).map(([key, value]) => [tokenOf(key), value] as const);
  const biases: [number, number][] = [];
  for (const [token, value] of given) {
    if (!isToken(token, length)) throw notAllowed(name, 'a token of logitBias', token, tokensOf(length));
    if (typeof value !== 'number' || !(value < Infinity))
      throw notAllowed(name, `logitBias of ${token}`, value, 'finite numbers and -Infinity');
    biases.push([token, value]);
  }
  return biases;
}

function isToken(value: unknown, length: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < length;
}

function tokensOf(length: number): string {
  return `integers from 0 to ${length - 1}`;
}

/** The number that a key is, or the key itself, which is then no token. */
function tokenOf(key: string): number | string {
  const token = Number(key);
  return String(token) === key ? token : key;
}

function create(host: Host, steps: Steps | undefined, options: SamplerOptions = {}): Sampler {
  const name = 'createSampler';
  checkOptions(name, options, [...filterNames, 'repetitionPenalty', 'frequencyPenalty', 'presencePenalty']);
  const { repetitionPenalty = 1, frequencyPenalty = 0, presencePenalty = 0 } = options;
  const penalties = {
    repetition: checkPositive(name, 'repetitionPenalty', repetitionPenalty),
    frequency: checkNumber(name, 'frequencyPenalty', frequencyPenalty, Number.isFinite, 'finite numbers'),
    presence: checkNumber(name, 'presencePenalty', presencePenalty, Number.isFinite, 'finite numbers'),
  };
  return new TokenSampler(host, steps, filtersOf(name, options), penalties, seedOf(name, options.seed));
}

export const createSampler = (host: Host, steps?: Steps) => (options?: SamplerOptions) => create(host, steps, options);
