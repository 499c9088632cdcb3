import * as fs from "node:fs";
import { reasonOf } from "../../platform/errno.ts";
import type { FootingCheck, Looked } from "../types.ts";

/** Letters of /proc/sys/kernel/tainted by bit (Documentation/admin-guide/tainted-kernels.rst). */
export const TAINTS = "PFSRMBUDAWCIOELKXTNJ";
/** A module that was loaded or taken out by force: nothing that a distribution does. */
const FORCED = new Set(["F", "R"]);
/** Flags that a module leaves behind, and by which /proc/modules marks it. */
const BY_MODULES = new Set(["P", "F", "O", "E", "C", "K"]);

/** The letters of a taint value; a bit that is not known here becomes its number. */
export function taintsOf(value: number): string[] {
  const found: string[] = [];
  for (let bit = 0; bit < 53; bit++) {
    if (Math.floor(value / 2 ** bit) % 2 === 1) found.push(TAINTS[bit] ?? String(bit));
  }
  return found;
}

/** `nvidia 5607424 49 - Live 0x0000000000000000 (POE)`: name and marks of modules. */
export function markedModules(text: string): { name: string; marks: string }[] {
  return text.split("\n").flatMap((line) => {
    const match = /^(\S+) .* \(([A-Z+-]+)\)$/.exec(line);
    return match === null ? [] : [{ name: match[1] as string, marks: match[2] as string }];
  });
}

/** What the kernel says of itself. A module that is not its own can show and hide what it likes. */
export const kernel: FootingCheck = ({ self }) => {
  const looked: Looked = { findings: [], gaps: [] };
  if (self === null) return looked;
  try {
    const value = Number(fs.readFileSync("/proc/sys/kernel/tainted", "latin1"));
    looked.findings.push(...taintFindings(value, modules()));
  } catch (error) {
    looked.gaps.push({
      code: "footing.unreadable",
      what: "/proc/sys/kernel/tainted",
      why: reasonOf(error),
      remedy: null,
    });
  }
  return looked;
};

/** @param loaded what /proc/modules holds, or null where it cannot be read */
export function taintFindings(value: number, loaded: string | null): Looked["findings"] {
  const letters = taintsOf(value);
  if (letters.length === 0) return [];
  const marked = loaded === null ? [] : markedModules(loaded);
  const names = marked.slice(0, 5).map(({ name }) => name);
  const findings: Looked["findings"] = [
    {
      code: "footing.kernel-tainted",
      args: { flags: letters.join(""), modules: names },
      weight: letters.some((letter) => FORCED.has(letter)) ? "medium" : "weak",
    },
  ];
  // The kernel keeps the flag when the module is gone, or hides.
  const missing = letters.filter(
    (letter) => BY_MODULES.has(letter) && !marked.some(({ marks }) => marks.includes(letter)),
  );
  if (loaded !== null && missing.length > 0)
    findings.push({ code: "footing.taint-without-module", args: { flags: missing.join("") }, weight: "medium" });
  return findings;
}

function modules(): string | null {
  try {
    return fs.readFileSync("/proc/modules", "latin1");
  } catch {
    // A kernel without modules has no such file.
    return null;
  }
}
