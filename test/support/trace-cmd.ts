import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const TRACING = "/sys/kernel/tracing";
const ENABLED = "/proc/sys/kernel/ftrace_enabled";
/** Files of function tracing that trace-cmd writes whatever it is asked for; some kernels forbid that even to root. */
const FUNCTION_FILES = ["set_ftrace_pid", "set_ftrace_filter", "set_ftrace_notrace", "set_graph_function", "set_graph_notrace"]; // prettier-ignore

/**
 * Real trace-cmds that record forks, each in PID and mount namespaces of its own, so that none of its children outlives
 * it and what it must not write is covered for it alone. Function files that the kernel protects are covered by an empty file.
 */
export class TraceCmds {
  readonly dir = mkdtempSync(join(tmpdir(), "whoforks-trace-cmd-"));
  readonly #wasOn = readFileSync(`${TRACING}/tracing_on`, "latin1").trim();
  readonly #going = join(this.dir, "going");
  readonly #begun: string[] = [];
  readonly #instances: string[] = [];
  readonly #children: ChildProcess[] = [];
  readonly #closed: Promise<unknown>[] = [];
  #said = "";

  constructor() {
    writeFileSync(join(this.dir, "empty"), "");
    writeFileSync(this.#going, "");
  }

  /** Starts one that records to `file`, in an instance of that name or, for null, in the top one; its directory of settings. */
  record(file: string, instance: string | null): string {
    const dir = instance === null ? TRACING : `${TRACING}/instances/${instance}`;
    if (instance !== null) {
      spawnSync("mkdir", [dir]);
      this.#instances.push(dir);
    }
    const files = FUNCTION_FILES.flatMap((name) => [`${TRACING}/${name}`, `${dir}/${name}`]);
    const cover = `mount --bind ${this.dir}/empty`;
    const covers = [
      // Opening to append, or writing what is there, changes nothing where it is allowed.
      `for f in ${files.join(" ")}; do test ! -e $f || (: >>$f) 2>/dev/null || ${cover} $f; done`,
      `test ! -e ${ENABLED} || (cat ${ENABLED} >${ENABLED}) 2>/dev/null || ${cover} ${ENABLED}`,
    ];
    // It starts its command when all is set up.
    const begun = join(this.dir, `${file}.begun`);
    this.#begun.push(begun);
    const until = `: >${begun}; n=0; while [ -e ${this.#going} ] && [ $n -lt 400 ]; do sleep 0.1; n=$((n+1)); done`;
    const words = ["trace-cmd", "record", "-o", join(this.dir, file), ...(instance === null ? [] : ["-B", instance]), "-e", "sched:sched_process_fork"]; // prettier-ignore
    const script = `${covers.join("; ")}; cd ${this.dir} && exec ${words.join(" ")} sh -c '${until}'`;
    const fence = ["--pid", "--fork", "--kill-child=KILL", "--mount", "--propagation", "private"];
    const child = spawn("unshare", [...fence, "sh", "-c", script], { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (this.#said += chunk.toString()));
    this.#children.push(child);
    this.#closed.push(once(child, "close"));
    return dir;
  }

  /** Whether all of them record, and change no setting any more. */
  recording(dirs: readonly string[]): boolean {
    if (!this.#begun.every((file) => existsSync(file))) return false;
    return dirs.every((dir) => existsSync(dir) && readFileSync(`${dir}/set_event`, "latin1").includes("sched_process_fork")); // prettier-ignore
  }

  /** Lets them end by themselves, as after their command. Throws what they said when one failed. */
  async finish(): Promise<void> {
    rmSync(this.#going);
    await Promise.all(this.#closed);
    const failed = this.#children.find(({ exitCode }) => exitCode !== 0);
    if (failed !== undefined) throw new Error(`trace-cmd ended with ${failed.exitCode}: ${this.#said}`);
  }

  /** The forks that a process made, as trace-cmd itself reads them from a file. */
  forksOf(file: string, pid: number): number {
    const { stdout } = spawnSync("trace-cmd", ["report", "-i", join(this.dir, file)], { encoding: "utf8", maxBuffer: 1 << 28 }); // prettier-ignore
    return [...stdout.matchAll(/sched_process_fork:.*? pid=(\d+) child_comm/g)].filter(([, by]) => Number(by) === pid).length; // prettier-ignore
  }

  /** Ends what still runs and puts the host back as it was found: a trace-cmd that fails leaves tracing switched off. */
  remove(): void {
    for (const child of this.#children) child.kill("SIGKILL");
    writeFileSync(`${TRACING}/tracing_on`, this.#wasOn);
    for (const dir of this.#instances) removeInstance(dir);
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** A recorder that was killed holds its instance until it is really gone. */
function removeInstance(dir: string): void {
  for (let tries = 100; existsSync(dir); tries--) {
    try {
      rmdirSync(dir);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EBUSY" || tries === 0) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }
}

/** tracefs as another program has mounted it; unmounted again afterwards where it was not. */
export async function withTracefs(work: () => Promise<void>): Promise<void> {
  const mounted = existsSync(`${TRACING}/tracing_on`);
  if (!mounted) spawnSync("mount", ["-t", "tracefs", "somebody", TRACING]);
  try {
    await work();
  } finally {
    if (!mounted) spawnSync("umount", [TRACING]);
  }
}
