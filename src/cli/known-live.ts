import type { Known } from "../detect/types.ts";

/** What live sources tell, and so what a recorded run tells. */
export const KNOWN: Known = { exitStatus: true, lineage: true, lifetimes: true };
