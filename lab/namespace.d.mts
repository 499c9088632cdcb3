export interface Namespace {
  readonly initPid: number;
  closed: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  console(): string;
  kill(): void;
}
export function enterNamespace(how: {
  dir: string;
  command: string[];
  cgroups: string[];
  seconds: number;
  nice?: number;
  pidMax?: number | null;
  loginUid?: number | null;
  network?: boolean;
}): Promise<Namespace>;
