import type { Ending } from "../derive/family.ts";
import { advice } from "./advice-item.ts";
import type { Story } from "./chain.ts";
import { endingName, programName } from "./names.ts";
import type { Advice } from "./result.ts";

/** Signals of a program's own mistakes, of which the kernel writes a line (show_unhandled_signals). */
const FAULTS = new Set(["SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGTRAP"]);
/** What these statuses mean wherever a shell or systemd starts something: POSIX 2.8.2, systemd.exec(5). */
const MEANINGS: Readonly<Record<string, string>> = {
  "exit 126": "not-executable",
  "exit 127": "not-found",
  "exit 200": "chdir",
  "exit 203": "exec",
  "exit 216": "group",
  "exit 217": "user",
  "exit 226": "namespace",
};

/** Why the program ends as it does: what its status means, and where the kernel has written more. */
export function causeAdvice(story: Story): Advice[] {
  const { storm, finding } = story;
  const program = programName(storm.program);
  const ending = (finding.facts["end"] as Ending | null | undefined) ?? null;
  const end = ending === null ? null : endingName(ending);
  const meaning = end === null ? undefined : MEANINGS[end];
  // Numbers from 200 on are systemd's own, of a start that failed before the program ran.
  const isSystemd = story.restarts[0]?.restart.supervisor === "systemd";
  if (meaning !== undefined && (isSystemd || end === "exit 126" || end === "exit 127"))
    return [advice(`exit.${meaning}`, { program, end }, "needs-review")];
  return [advice("fix-program", { program, end }, "needs-review", kernelsWord(story, end))];
}

function kernelsWord({ material, storm, restarts }: Story, end: string | null): string[] | null {
  if (material.live === null || end === null) return null;
  const [first] = restarts;
  const { exe, comm } = storm.program;
  if (end === "SIGKILL") return ["sh", "-c", "dmesg | grep -iE 'killed process|out of memory' | tail -n 5"];
  if (!FAULTS.has(end) && end !== "SIGABRT") return null;
  if (first?.restart.supervisor === "systemd" && storm.program.root === "/" && exe !== null)
    return ["coredumpctl", "--no-pager", "info", exe];
  return FAULTS.has(end) && comm !== "" ? ["sh", "-c", 'dmesg | grep -F -- "$1[" | tail -n 5', "sh", comm] : null;
}
