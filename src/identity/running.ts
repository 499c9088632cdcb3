import type { Untrusted } from "../model/text.ts";
import { inspectLinked, type InspectedFile } from "./file-facts.ts";
import { reason } from "./reasons.ts";
import type { Reason, RunningProgram } from "./types.ts";

/** What the process that runs a file adds to what the file itself says. */
export function runningReasons(path: Untrusted, file: InspectedFile, process: RunningProgram): Reason[] {
  const running = inspectLinked(process.exe);
  if (running === null || running.identity === file.identity) return [];
  if (running.content !== null && running.content.sha256 === file.content?.sha256) return [];
  return [reason("identity.runs-another-file", "strong", { path, sha256: running.facts.sha256 })];
}
