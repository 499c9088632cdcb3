import type { Expected } from "./lab.mjs";

/** What in the JSON of `diagnose --json` is not as a scenario expects; empty when all is right. */
export function differences(diagnosis: unknown, expected: Expected): string[];
