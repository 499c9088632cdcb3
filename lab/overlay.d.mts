export const PREFIX: string;
export function labParent(): string;
export function makeFolder(note: object): string;
export function mountRoot(dir: string, lower?: string): string;
export function removeFolder(dir: string): void;
