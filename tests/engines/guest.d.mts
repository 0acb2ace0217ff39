export const cache: string;
export function compileGuest(source: string): string;
export function link(binary: string, guest: string): string;
