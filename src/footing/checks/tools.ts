import { PROGRAM_DIRECTORIES } from "../../identity/places.ts";
import { reasonOf } from "../../platform/errno.ts";
import type { FootingCheck, Looked } from "../types.ts";

/** Tools by which an administrator sees processes, files and connections: what a visitor changes first. */
export const SEEING_TOOLS = ["ps", "ls", "ss", "lsof", "netstat", "top"] as const;

const ALTERED = new Set(["modified", "impostor", "unpackaged", "deleted", "memory-only"]);

/** Every file by which a tool of these names may be started, against its package. None is ever run. */
export const tools: FootingCheck = ({ root, examiner }) => {
  const looked: Looked = { findings: [], gaps: [] };
  if (examiner.manager === null) {
    looked.gaps.push(gap("footing.no-database", SEEING_TOOLS.join(", "), "there is no package database"));
    return looked;
  }
  const seen = new Set<string>();
  for (const name of SEEING_TOOLS) {
    for (const directory of PROGRAM_DIRECTORIES) {
      const path = `${directory}/${name}`;
      try {
        const real = root.realpath(path);
        // A link that leads nowhere starts nothing; the names of merged directories are one file.
        if (real === null || seen.has(`${name} ${real}`)) continue;
        seen.add(`${name} ${real}`);
        if (examiner.asShipped(path) !== null) continue;
        const { verdict, owner, reasons } = examiner.identify(path);
        if (verdict === "unverifiable")
          looked.gaps.push(gap("footing.tool-unverifiable", path, "nothing to compare with"));
        else if (ALTERED.has(verdict)) {
          const args = { path, verdict, package: owner?.package ?? null };
          looked.findings.push({ code: "footing.tool-altered", args, weight: "strong" });
        } else if (verdict === "local")
          looked.findings.push({ code: "footing.tool-local", args: { path }, weight: "medium" });
        else if (reasons.some(({ weight }) => weight === "strong"))
          looked.findings.push({ code: "footing.tool-doubtful", args: { path }, weight: "medium" });
      } catch (error) {
        looked.gaps.push(gap("footing.unreadable", path, reasonOf(error)));
      }
    }
  }
  return looked;
};

function gap(code: string, what: string, why: string): Looked["gaps"][number] {
  return { code, what, why, remedy: null };
}
