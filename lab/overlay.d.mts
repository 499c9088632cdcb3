export const PREFIX: string;
export function labParent(): string;
export function makeFolder(note: object): string;
export function mountRoot(dir: string): string;
export function removeFolder(dir: string): void;
