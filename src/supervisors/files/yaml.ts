import { createRequire } from "node:module";

type Yaml = typeof import("yaml");

let loaded: Yaml | null = null;

/**
 * The library for YAML, loaded when it is first needed: it takes as long as all other readers together, and few hosts have a
 * kubelet. Throws where it is not installed.
 */
export function yaml(): Yaml {
  return (loaded ??= createRequire(import.meta.url)("yaml") as Yaml);
}
