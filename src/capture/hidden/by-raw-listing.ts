import { rawNames } from "../../platform/raw-listing.ts";
import { numbersAmong } from "./listing.ts";
import type { Asked } from "./types.ts";

/** The kernel's own list of /proc: a preloaded library that filters readdir(3) is not asked. */
export const byRawListing: Asked = {
  witness: "raw-listing",
  ask() {
    const names = rawNames("/proc");
    return names === null
      ? "getdents64 cannot be called: the optional npm package koffi is needed"
      : numbersAmong(names);
  },
};
