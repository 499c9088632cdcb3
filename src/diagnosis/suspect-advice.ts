import { advice } from "./advice-item.ts";
import type { Story } from "./chain.ts";
import { stopAdvice } from "./owner-advice.ts";
import { onHost } from "./packs/index.ts";
import type { Advice } from "./result.ts";

/** A program that is not what it claims: keep it for those who will ask, take it out of the way, do not trust the host. */
export function suspectAdvice(story: Story): Advice[] {
  const { identity, storm } = story;
  if (identity === null) return [];
  const program = identity.path;
  const file = onHost(storm.program.root, program);
  const steps = [advice("isolate", {}, "needs-review")];
  if (identity.file !== null) {
    const archive = `/root/${program.slice(program.lastIndexOf("/") + 1)}.evidence.tar`;
    steps.push(
      advice("preserve-evidence", { program }, "safe", ["tar", "--xattrs", "--acls", "-cpf", archive, "--", file]),
    );
    steps.push(...stopAdvice(story.restarts, storm.program.root));
    const aside = `${file}.quarantined`;
    steps.push(
      advice(
        "move-aside",
        { program },
        "needs-review",
        ["mv", "-n", "--", file, aside],
        ["mv", "-n", "--", aside, file],
      ),
    );
  }
  if (storm.kind === "self-replicating-chain") steps.push(advice("reboot", { program }, "needs-review", ["reboot"]));
  steps.push(advice("check-origin", { program }, "safe", ["stat", "--", file]));
  if (identity.verdict === "modified" && identity.owner !== null) {
    const name = identity.owner.package;
    steps.push(
      advice("reinstall-package", { package: name }, "needs-review", ["apt-get", "install", "--reinstall", name]),
    );
  }
  steps.push(advice("reinstall-host", {}, "destructive"));
  return steps;
}
