import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import type { ProcessEvent } from "../../src/model/events.ts";
import { startTracefs, type TracefsOptions } from "../../src/capture/tracefs/start.ts";
import type { Observer } from "../../src/capture/types.ts";

const SOURCES = new URL("../fixtures/tracefs/", import.meta.url);

/** Why tests on the real kernel cannot run here, or null. In continuous integration they must run, so there it is null. */
export function cannotRun(): string | null {
  if (process.env["CI"] !== undefined) return null;
  if (process.geteuid?.() !== 0) return "needs root";
  if (!existsSync("/sys/kernel/tracing")) return "this kernel has no tracefs";
  for (const tool of ["gcc", "as", "ld"]) if (!existsSync(`/usr/bin/${tool}`)) return `needs /usr/bin/${tool}`;
  return null;
}

/** A folder of test programs. */
export class Programs {
  readonly dir = mkdtempSync(join(tmpdir(), "whoforks-tracefs-"));

  /** Compiles a C file of the fixtures, statically linked so that it starts fast and runs anywhere. */
  c(name: string, as = name): string {
    return this.#run(as, "gcc", [
      "-O1",
      "-pthread",
      "-static",
      "-o",
      join(this.dir, as),
      new URL(`${name}.c`, SOURCES).pathname,
    ]);
  }

  /** Assembles a 32-bit program. */
  asm32(name: string, as = name): string {
    const object = join(this.dir, `${as}.o`);
    this.#run(as, "as", ["--32", "-o", object, new URL(`${name}.s`, SOURCES).pathname]);
    return this.#run(as, "ld", ["-m", "elf_i386", "-o", join(this.dir, as), object]);
  }

  /** A copy of a file of the host under another name. */
  copy(from: string, as: string): string {
    const to = join(this.dir, as);
    copyFileSync(from, to);
    chmodSync(to, 0o755);
    return to;
  }

  /** Bundles a TypeScript file so that plain node runs it. */
  script(name: string): string {
    const outfile = join(this.dir, `${name}.mjs`);
    const entry = new URL(`${name}.ts`, import.meta.url).pathname;
    buildSync({ entryPoints: [entry], bundle: true, platform: "node", format: "esm", outfile, logLevel: "error" });
    return outfile;
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  #run(as: string, tool: string, args: string[]): string {
    const { status, stderr } = spawnSync(`/usr/bin/${tool}`, args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`${tool}: ${stderr}`);
    return join(this.dir, as);
  }
}

/** Runs a program fenced in (own PID namespace, at most 400 processes, `seconds`); resolves to the processes that its init reaped. */
export async function fenced(fence: string, seconds: number, program: string, args: string[]): Promise<number> {
  const base = existsSync("/sys/fs/cgroup/cgroup.controllers") ? "/sys/fs/cgroup" : "/sys/fs/cgroup/pids";
  const cgroup = `${base}/whoforks-test-${process.pid}-${Math.random().toString(36).slice(2)}`;
  mkdirSync(cgroup);
  try {
    if (existsSync(`${cgroup}/pids.max`)) writeFileSync(`${cgroup}/pids.max`, "400");
    const child = spawn(fence, [cgroup, String(seconds), program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    let out = "";
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
    if (status !== 0) throw new Error(`fenced ended with status ${status}`);
    return Number(out);
  } finally {
    rmdirSync(cgroup);
  }
}

/** A running capture that keeps all events. */
export interface Capture {
  events: ProcessEvent[];
  observer: Observer;
}

const open = new Set<Observer>();

/** Stops what a failed test has left running. */
export function stopAll(): void {
  for (const observer of open) observer.stop();
  open.clear();
}

/** Starts a capture; throws when the host does not allow one. */
export function capture(options?: TracefsOptions): Capture {
  const events: ProcessEvent[] = [];
  const observer = startTracefs((event) => events.push(event), options);
  if (!("kind" in observer)) throw new Error(`${observer.code}: ${observer.why}`);
  open.add(observer);
  return { events, observer };
}

/** Polls every `ms` until `work` is done, and gives its result. */
export async function polling<T>(observers: readonly Observer[], ms: number, work: Promise<T>): Promise<T> {
  const timer = setInterval(() => {
    for (const observer of observers) observer.poll();
  }, ms);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

/** The processes (not threads) that descend from `ancestor`, by the forks among the events. */
export function descendants(events: readonly ProcessEvent[], ancestor: number): Set<number> {
  const found = new Set([ancestor]);
  for (const event of events)
    if (event.type === "fork" && event.child !== null && !event.thread && found.has(event.pid)) found.add(event.child);
  return found;
}

/** Names of trace instances of this program that exist now; tracefs is looked at only where it is mounted. */
export function instances(): string[] {
  const dir = "/sys/kernel/tracing/instances";
  return existsSync(dir) ? readdirSync(dir).filter((name) => /^whoforks-\d+-\d+/.test(name)) : [];
}

/** The instance of this process that records forks, execs and ends; failed calls and arguments have another one. */
export function mainInstance(): string {
  const main = instances().find(
    (name) =>
      name.startsWith(`whoforks-${process.pid}-`) &&
      readFileSync(`/sys/kernel/tracing/instances/${name}/events/sched/sched_process_exit/enable`, "latin1").startsWith(
        "1",
      ),
  );
  if (main === undefined) throw new Error("no instance of this process records ends");
  return main;
}

/** Whether tracefs is mounted by this program. */
export function mountedByUs(): boolean {
  return /^whoforks \/sys\/kernel\/tracing tracefs /m.test(readFileSync("/proc/self/mounts", "utf8"));
}
