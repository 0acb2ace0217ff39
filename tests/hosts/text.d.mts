export const compilation: RegExp;
export const binary: RegExp;
