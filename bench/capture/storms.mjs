// The storms that collectors are measured on: compiled once, each in a PID namespace and a pids cgroup of its own.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const FIXTURES = fileURLToPath(new URL("../../test/fixtures/tracefs/", import.meta.url));
const PROGRAMS = fileURLToPath(new URL("../programs/", import.meta.url));

/** Seconds after which a storm is ended by its own init. */
const DEADLINE = 60;

/** What storms: its command after `fenced CGROUP SECONDS`, for so many rounds of it, each of which starts a process. */
export const STORMS = {
  chain: { title: "chain, 64 bit", command: (dir, n) => [join(dir, "chain"), String(n), "3"] },
  chain32: { title: "chain, 32 bit", command: (dir, n) => [join(dir, "chain32"), String(n), "3"] },
  vfork: { title: "vfork and end", command: (dir, n) => [join(dir, "vfork-loop"), String(n)] },
  "exec-nothing": {
    title: "fork and exec, no libc",
    command: (dir, n) => [join(dir, "exec-loop"), String(n), join(dir, "nothing")],
  },
  "exec-true": {
    title: "fork and exec of /bin/true",
    command: (dir, n) => [join(dir, "exec-loop"), String(n), "/bin/true"],
  },
};

/** Compiles everything into `dir`. Throws with the compiler's words. */
export function compile(dir) {
  const gcc = (from, name) => run("gcc", ["-O2", "-static", "-o", join(dir, name), `${from}${name}.c`]);
  gcc(FIXTURES, "fenced");
  gcc(FIXTURES, "chain");
  gcc(PROGRAMS, "exec-loop");
  gcc(PROGRAMS, "vfork-loop");
  const assemble = (source, name, bits, machine) => {
    run("as", [bits, "-o", join(dir, `${name}.o`), source]);
    run("ld", ["-m", machine, "-o", join(dir, name), join(dir, `${name}.o`)]);
  };
  assemble(`${FIXTURES}chain32.s`, "chain32", "--32", "elf_i386");
  assemble(`${PROGRAMS}nothing.s`, "nothing", "--64", "elf_x86_64");
}

/**
 * Runs a storm in `lanes` namespaces side by side; `under` is the command of a tracer that starts it.
 * @returns its seconds
 */
export async function storm(dir, name, { lanes, rounds, under = [] }) {
  const base = existsSync("/sys/fs/cgroup/cgroup.controllers") ? "/sys/fs/cgroup" : "/sys/fs/cgroup/pids";
  const cgroup = `${base}/whoforks-bench-storm-${process.pid}`;
  mkdirSync(cgroup);
  try {
    if (existsSync(`${cgroup}/pids.max`)) writeFileSync(`${cgroup}/pids.max`, "1000");
    const command = [
      ...under,
      join(dir, "fenced"),
      cgroup,
      String(DEADLINE),
      ...STORMS[name].command(dir, Math.round(rounds / lanes)),
    ];
    const began = performance.now();
    await Promise.all(
      Array.from({ length: lanes }, async () => {
        const child = spawn(command[0], command.slice(1), { stdio: ["ignore", "ignore", "pipe"] });
        let said = "";
        child.stderr.on("data", (chunk) => (said += chunk.toString("latin1")));
        const code = await new Promise((resolve) => child.on("close", resolve));
        if (code !== 0) throw new Error(`the storm ${name} ended with ${code}: ${said}`);
      }),
    );
    return (performance.now() - began) / 1000;
  } finally {
    rmdirSync(cgroup);
  }
}

function run(tool, args) {
  const { status, stderr, error } = spawnSync(tool, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${tool}: ${stderr ?? error}`);
}
