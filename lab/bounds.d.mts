export interface Bounds {
  folders: string[];
  cpuSeconds(): number | null;
  current(): number | null;
  refusals(): number | null;
}
export function makeBounds(name: string, limit: number, how?: { systemd?: boolean }): Bounds;
export function removeBounds(folders: string[]): void;
export function allMembersOf(folder: string): number[];
