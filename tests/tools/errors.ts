import { expect } from 'vitest';

/** What a call throws: of which class, and with which words. */
export function expectError(call: () => unknown, error: new (message: string) => Error, message: string): void {
  let thrown: unknown;
  try {
    call();
  } catch (e) {
    thrown = e;
  }
  expect(thrown).toBeInstanceOf(error);
  expect((thrown as Error).message).toBe(message);
}
