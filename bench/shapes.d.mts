export interface Shape {
  name: string;
  shape: number[];
  axis: number;
  outer: number;
  length: number;
  inner: number;
  elements: number;
}
export const shapeGroups: Readonly<Record<string, readonly string[]>>;
export const linearShapes: readonly string[];
export const vocabularyShapes: readonly string[];
export const smokeShapes: readonly string[];
export function parseShape(name: string): Shape;
