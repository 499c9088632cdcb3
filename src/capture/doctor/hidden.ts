import type { Check, Gift } from "../../model/doctor.ts";
import { preloadedLibraries } from "../procfs/preloaded.ts";
import { whyNotLook } from "../hidden/why-not.ts";
import { AS_ROOT, check, note } from "./check.ts";
import type { Circumstances } from "./circumstances.ts";

const GIVES: readonly Gift[] = ["hidden"];

/** The look for processes that /proc does not show, without looking. */
export function hiddenCheck(now: Circumstances): Check {
  const why = whyNotLook();
  switch (why?.code) {
    case undefined:
      break;
    case "hidden.needs-root":
      return check("hidden", "unusable", {
        gives: GIVES,
        notes: [note("needs-root")],
        needsRoot: true,
        command: AS_ROOT,
      });
    case "hidden.other-proc":
      return check("hidden", "unusable", {
        gives: GIVES,
        notes: [note("hidden-other-proc")],
        command: ["mount", "-t", "proc", "proc", "/proc"],
        undo: ["umount", "/proc"],
      });
    default:
      return check("hidden", "unusable", { gives: GIVES, notes: [note("hidden-hidepid"), note("container-flags")] });
  }
  const preloaded = preloadedLibraries();
  const notes = [
    // The command is that of the check "koffi".
    ...(now.koffi === null ? [] : [note("hidden-needs-koffi")]),
    ...(preloaded.length === 0 ? [] : [note("hidden-preloaded", { libraries: preloaded.join(", ") })]),
  ];
  return check("hidden", notes.length === 0 ? "usable" : "remark", { gives: GIVES, notes });
}
