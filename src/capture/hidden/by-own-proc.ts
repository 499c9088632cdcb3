import { rawNames } from "../../platform/raw-listing.ts";
import { numbersAmong } from "./listing.ts";
import type { Asked } from "./types.ts";

/** A procfs over which nothing is mounted. */
export const byOwnProc: Asked = {
  witness: "own-proc",
  ask({ ownProc }) {
    if (typeof ownProc === "string") return ownProc;
    const names = rawNames(ownProc.dir);
    return names === null ? "its directory cannot be listed" : numbersAmong(names);
  },
};
