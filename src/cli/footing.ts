import { fileURLToPath } from "node:url";
import { footingOf } from "../footing/index.ts";
import type { Examiner } from "../identity/index.ts";
import type { Footing } from "../model/footing.ts";
import { openRoot, type Root } from "../platform/root.ts";

/** What this process stands on, and the tools of this host. @param examiner of this host's root */
export function ownFooting(examiner: Examiner): Promise<Footing> {
  const self = { script: fileURLToPath(import.meta.url), environment: process.env };
  return footingOf({ root: openRoot("/"), examiner, self, now: Date.now() });
}

/** The same for a root: of a mounted disk its tools, its loader and its package database alone. */
export function footingOfRoot(root: Root, examiner: Examiner): Promise<Footing> {
  return root.dir === "/" ? ownFooting(examiner) : footingOf({ root, examiner, self: null, now: Date.now() });
}
