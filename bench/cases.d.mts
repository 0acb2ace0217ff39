import type { Shape } from './shapes.mjs';

export type DType = 'float32' | 'float64';
export const ops: Readonly<Record<string, { ofVocabulary?: boolean }>>;
export function shapesOf(op: string, shapes: readonly Shape[], areGiven: boolean): readonly Shape[];
export const arrayTypes: Readonly<Record<DType, unknown>>;
export interface Case {
  op: string;
  dtype: DType;
  shape: Shape;
}
export function createCase(op: string, dtype: DType, shape: Shape): Case;
export function checkResult(testCase: Case, name: string, result: unknown): void;
