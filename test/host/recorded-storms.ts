import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CHAIN, REAPER } from "../support/chain-programs.ts";
import { fenced, Programs } from "./tracefs-lab.ts";

/** Runs one program again and again, one at a time, as a supervisor without a limit does. */
const SUPERVISOR = `#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int n, char **v) {
  for (int left = atoi(v[1]); left > 0; left--) {
    if (fork() == 0) { execv(v[2], v + 2); _exit(9); }
    wait(0);
  }
  return 0;
}
`;
/** Ends at once, with its argument as status, or by a signal for a negative one. */
const WORKER = `#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
int main(int n, char **v) {
  int how = n > 1 ? atoi(v[1]) : 0;
  setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
  if (how < 0) { signal(-how, SIG_DFL); kill(getpid(), -how); }
  return how;
}
`;

/** Members of a chain, runs of a supervised program, rounds of a shell's loop (two programs each). */
export const MEMBERS = 400;
export const RUNS = 150;
export const ROUNDS = 100;

/**
 * Storms of a known number of processes to be recorded in any format, each in a PID namespace of its own, with at most 400
 * processes at a time and a deadline. Each ends before its command does.
 */
export class RecordedStorms {
  readonly programs = new Programs();
  readonly dir = this.programs.dir;
  readonly #fence = this.programs.c("fenced");

  constructor() {
    const sources = { "wf-chain": CHAIN, "wf-reaper": REAPER, "wf-superd": SUPERVISOR, "wf-worker": WORKER };
    for (const [name, source] of Object.entries(sources)) {
      const { status, stderr } = spawnSync(
        "/usr/bin/gcc",
        ["-O1", "-static", "-x", "c", "-o", join(this.dir, name), "-"],
        {
          input: source,
          encoding: "utf8",
        },
      );
      if (status !== 0) throw new Error(stderr);
    }
    const loop = `i=0; while [ $i -lt ${ROUNDS} ]; do /bin/true; d=$(/bin/date); i=$((i+1)); done\n`;
    writeFileSync(join(this.dir, "loop.sh"), loop);
  }

  /** The storm's command line. The chain's orphans go to a process that adopts them as init does. */
  command(kind: "chain" | "respawn" | "crash" | "shell-loop"): string[] {
    const at = (name: string): string => join(this.dir, name);
    if (kind === "chain") return [at("wf-reaper"), at("wf-chain"), String(MEMBERS)];
    if (kind === "shell-loop") return ["/bin/dash", at("loop.sh")];
    return [at("wf-superd"), String(RUNS), at("wf-worker"), kind === "crash" ? "-11" : "0"];
  }

  /** Runs a command line in a PID namespace of its own. */
  async run(command: readonly string[], seconds = 40): Promise<void> {
    const [program, ...args] = command;
    await fenced(this.#fence, seconds, program as string, args);
  }

  /** A file of process accounting about a command; the accounting is that of the namespace and ends with it. */
  async pacct(name: string, command: readonly string[]): Promise<string> {
    const file = this.empty(name);
    await this.run([
      "/bin/sh",
      "-c",
      '/usr/sbin/accton "$0" >/dev/null && "$@"; /usr/sbin/accton off >/dev/null',
      file,
      ...command,
    ]);
    return file;
  }

  empty(name: string): string {
    mkdirSync(this.dir, { recursive: true });
    const file = join(this.dir, name);
    writeFileSync(file, "");
    return file;
  }

  remove(): void {
    this.programs.remove();
  }
}
