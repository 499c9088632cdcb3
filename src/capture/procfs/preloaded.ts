import { fromBytes, type Untrusted } from "../../model/text.ts";
import { readSmall } from "./read-small.ts";

/** Libraries that the loader puts before the C library, in this process and others: LD_PRELOAD and /etc/ld.so.preload (ld.so(8)). */
export function preloadedLibraries(): Untrusted[] {
  const file = readSmall("/etc/ld.so.preload", 16_384);
  const lines = file === null ? "" : fromBytes(file).replace(/#.*/g, "");
  const words = `${process.env["LD_PRELOAD"] ?? ""} ${lines}`.split(/[\s:]+/).filter((word) => word !== "");
  return [...new Set(words)];
}
