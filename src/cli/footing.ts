import { fileURLToPath } from "node:url";
import { footingThread, type FootingThread } from "../footing/footing-thread.ts";
import type { Examiner } from "../identity/index.ts";
import type { Footing } from "../model/footing.ts";
import { openRoot, type Root } from "../platform/root.ts";

const SCRIPT = fileURLToPath(import.meta.url);

/** Looks at what this process stands on in a thread of its own: it takes most of a second where node is large. */
export function ownFootingThread(): FootingThread {
  return footingThread(SCRIPT);
}

/** What this process stands on, and the tools of this host. @param examiner of this host's root */
export async function ownFooting(examiner: Examiner): Promise<Footing> {
  const { footingOf } = await import("../footing/index.ts");
  const self = { script: SCRIPT, environment: process.env };
  return await footingOf({ root: openRoot("/"), examiner, self, now: Date.now() });
}

/** The same for a root: of a mounted disk its tools, its loader and its package database alone. */
export async function footingOfRoot(root: Root, examiner: Examiner): Promise<Footing> {
  if (root.dir === "/") return await ownFooting(examiner);
  const { footingOf } = await import("../footing/index.ts");
  return await footingOf({ root, examiner, self: null, now: Date.now() });
}
