import type { Namespace } from "./namespace.mjs";

export function enterContainer(how: {
  dir: string;
  cgroups: string[];
  seconds: number;
  nice?: number;
  shared: string;
  binds?: Record<string, string>;
}): Promise<Namespace>;
