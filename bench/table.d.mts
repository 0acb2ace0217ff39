export function table(rows: readonly (readonly string[])[]): string;
export function decimals(value: number): string;
