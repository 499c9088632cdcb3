import type { Untrusted } from "../model/text.ts";
import { databaseAge } from "./checks/database-age.ts";
import { kernel } from "./checks/kernel.ts";
import { ownProcess } from "./checks/own-process.ts";
import { preloadFile } from "./checks/preload-file.ts";
import { tools } from "./checks/tools.ts";
import { FOOTING_WEIGHTS, type Footing, type FootingFinding, type OwnFile } from "../model/footing.ts";
import type { FootingCheck, Ground } from "./types.ts";

export type { Footing, FootingFinding } from "../model/footing.ts";
export type { Ground, Self } from "./types.ts";

/** Everything that is looked at. */
const CHECKS: readonly FootingCheck[] = [preloadFile, ownProcess, kernel, (ground) => databaseAge(ground), tools];

/** What this tool stands on. Never throws for what it finds; no program of the host is run. */
export async function footingOf(ground: Ground): Promise<Footing> {
  const findings: FootingFinding[] = [];
  const footing: Footing = { findings, program: null, couldNotLook: [] };
  if (ground.self !== null) {
    const node = ownFile(ground, process.execPath);
    footing.program = { node, whoforks: ownFile(ground, ground.self.script) };
    for (const { path, verdict, owner } of [node, footing.program.whoforks])
      if (BAD.has(verdict))
        findings.push({
          code: "footing.own-altered",
          args: { path, verdict, package: owner?.package ?? null },
          weight: "strong",
        });
  }
  for (const check of CHECKS) {
    const looked = await check(ground);
    findings.push(...looked.findings);
    footing.couldNotLook.push(...looked.gaps);
  }
  findings.sort((a, b) => FOOTING_WEIGHTS.indexOf(a.weight) - FOOTING_WEIGHTS.indexOf(b.weight));
  return footing;
}

/** A program of ours that no package answers for is usual (npm), and its digest is told; one that differs from its package is not. */
const BAD = new Set(["modified", "impostor", "deleted", "memory-only"]);

function ownFile({ examiner }: Ground, path: Untrusted): OwnFile {
  try {
    // The digest by which the package vouches for it is read once; an interpreter has a hundred megabytes.
    const shipped = examiner.asShipped(path);
    if (shipped !== null) return { path, sha256: "", owner: shipped, verdict: "genuine" };
    const { verdict, owner, file } = examiner.identify(path);
    return { path, sha256: file?.sha256 ?? "", owner, verdict };
  } catch {
    return { path, sha256: "", owner: null, verdict: "unverifiable" };
  }
}

/** What stands above a report: not what is only worth knowing. */
export function matters({ findings }: Footing): FootingFinding[] {
  return findings.filter(({ weight }) => weight !== "weak");
}
