import { existsSync } from "node:fs";
import type { Check } from "../../model/doctor.ts";
import { check, note } from "./check.ts";

/** strace and ltrace, for `behave --with`. Looked for where distributions put them, not in PATH. */
export function ptraceToolsCheck(): Check {
  const gives = ["system-calls", "library-calls"] as const;
  const there = ["strace", "ltrace"].filter((tool) => existsSync(`/usr/bin/${tool}`));
  const missing = ["strace", "ltrace"].filter((tool) => !there.includes(tool));
  const notes = [note("ptrace-slows")];
  if (there.length > 0) notes.unshift(note("tools-there", { tools: there.join(", ") }));
  if (missing.length === 0) return check("ptrace-tools", "usable", { gives, notes });
  const installer = ["apt-get", "dnf"].find((tool) => existsSync(`/usr/bin/${tool}`));
  return check("ptrace-tools", there.length > 0 ? "remark" : "unusable", {
    gives,
    notes: [note("tools-missing", { tools: missing.join(", ") }), ...notes],
    command: installer === undefined ? null : [installer, "install", ...missing],
    undo: installer === undefined ? null : [installer, installer === "dnf" ? "remove" : "purge", ...missing],
  });
}
