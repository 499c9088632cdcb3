import { advice } from "./advice-item.ts";
import type { Story } from "./chain.ts";
import { stopAdvice } from "./owner-advice.ts";
import { proveAdvice } from "./prove-advice.ts";
import { onHost } from "./packs/index.ts";
import type { Advice } from "./result.ts";
import type { Untrusted } from "../model/text.ts";

/** A program that is not what it claims: keep it for those who will ask, take it out of the way, do not trust the host. */
export function suspectAdvice(story: Story): Advice[] {
  const { identity, storm } = story;
  if (identity === null) return [];
  const program = identity.path;
  const file = onHost(storm.program.root, program);
  const where = storm.program.root === "/" ? [program] : ["--root", storm.program.root, program];
  const steps = [advice("isolate", {}, "needs-review")];
  if (identity.file !== null) {
    steps.push(advice("preserve-evidence", { program }, "safe", evidenceCommand(story, file)));
    steps.push(...proveAdvice(story), ...stopAdvice(story.restarts, storm.program.root));
    // The command that gives it back bears an id, and is printed when there is one.
    steps.push(advice("move-aside", { program }, "needs-review", ["whoforks", "quarantine", ...where]));
  } else steps.push(...proveAdvice(story));
  if (storm.kind === "self-replicating-chain") steps.push(advice("reboot", { program }, "needs-review", ["reboot"]));
  // What has no name any more can only be asked for the time at which its process began.
  const origin = identity.file === null ? ["stat", "--", file] : ["whoforks", "origin", ...where];
  steps.push(advice("check-origin", { program }, "safe", origin));
  if (identity.verdict === "modified" && identity.owner !== null) {
    const name = identity.owner.package;
    steps.push(
      advice("reinstall-package", { package: name }, "needs-review", ["apt-get", "install", "--reinstall", name]),
    );
  }
  steps.push(advice("reinstall-host", {}, "destructive"));
  return steps;
}

/** Of a running host a bundle has more than the file: who ran it, what was open, where it came from. */
function evidenceCommand({ material, storm, identity }: Story, file: Untrusted): Untrusted[] {
  const path = identity?.path ?? file;
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (material.live === null) return ["tar", "--xattrs", "--acls", "-cpf", `/root/${name}.evidence.tar`, "--", file];
  const also = storm.program.root === "/" && identity?.verdict !== "deleted" ? ["--also", path] : [];
  return ["whoforks", "collect", "-o", `/root/${name}.bundle.tar.gz`, ...also];
}
