import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { Journal } from "../../src/journal/journal.ts";
import type { Remaining } from "../../src/journal/types.ts";
import { inodeFlagsOf } from "../../src/platform/attributes.ts";
import { OpenDirectory } from "../../src/platform/beneath.ts";
import { openRoot } from "../../src/platform/root.ts";
import { recordOf, type FileRecord } from "../../src/quarantine/file-record.ts";
import { planQuarantine } from "../../src/quarantine/plan.ts";
import { quarantine, type Quarantined } from "../../src/quarantine/quarantine.ts";
import { restore } from "../../src/quarantine/restore.ts";
import { quarantineKinds } from "../../src/quarantine/step-kinds.ts";

const repository = new URL("../..", import.meta.url).pathname;

/** What a run of the driver told. */
export interface Told {
  killed: boolean;
  answer: { id: string; state: string; remaining: Remaining[]; threw?: unknown } | null;
}

/**
 * File systems of our own, mounted in a mount namespace that ends with this process: its holder waits at a pipe, and with it
 * go the mounts and their loop devices. They are reached by /proc/HOLDER/root, from here and from every child.
 */
export class Disks {
  readonly dir = fs.mkdtempSync(join(tmpdir(), "whoforks-disks-"));
  readonly state: string;
  readonly #holder: ChildProcess;
  readonly #tools = fs.mkdtempSync(join(tmpdir(), "whoforks-tools-"));
  readonly #driver = join(this.#tools, "driver.mjs");
  readonly #preload = join(this.#tools, "die-in-call.so");

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
    this.state = this.at("state");
  }

  /**
   * `script` makes and mounts what it wants below the working directory, a tmpfs: there fsync(2) waits for nothing. It runs
   * in the namespace.
   */
  static async open(script: string): Promise<Disks> {
    const waiting = 'read -r dir; mount -t tmpfs none "$dir"; cd "$dir"; eval "$0"; echo mounted; read -r _ || :';
    const args = ["-m", "--propagation", "private", "sh", "-euc", waiting, script];
    const holder = spawn("unshare", args, { stdio: ["pipe", "pipe", "inherit"] });
    const disks = new Disks(holder);
    holder.stdin?.write(`${disks.dir}\n`);
    await new Promise<void>((resolve, reject) => {
      holder.stdout?.once("data", () => resolve());
      holder.once("exit", (code) => reject(new Error(`the file systems could not be made (exit ${code})`)));
    });
    disks.#build();
    return disks;
  }

  #build(): void {
    buildSync({
      entryPoints: [join(repository, "test/host/quarantine-driver.ts")],
      outfile: this.#driver,
      bundle: true,
      format: "esm",
      platform: "node",
      // koffi is looked for from the folder of the repository, wherever the bundle lies.
      define: { "import.meta.url": JSON.stringify(`file://${repository}package.json`) },
      external: ["koffi"],
      logLevel: "error",
    });
    const source = join(repository, "test/host/die-in-call.c");
    const { status, stderr } = spawnSync("cc", ["-shared", "-fPIC", "-o", this.#preload, source, "-ldl"]);
    if (status !== 0) throw new Error(String(stderr));
  }

  /** A path below `dir`, as every process reaches it. */
  at(path: string): string {
    return `/proc/${this.#holder.pid}/root${this.dir}/${path}`;
  }

  /** A shell script in the namespace, with `dir` as its working directory. */
  sh(script: string): string {
    const command = ["-m", "-t", String(this.#holder.pid), "--", "sh", "-euc", `cd ${this.dir}; ${script}`];
    const { status, stdout, stderr } = spawnSync("nsenter", command, { encoding: "utf8", timeout: 60_000 });
    if (status !== 0) throw new Error(`${script}: ${stderr}`);
    return stdout;
  }

  /** The driver in a process of its own; `faults` are the variables of die-in-call.c. */
  drive(args: readonly string[], faults: Readonly<Record<string, string>>): Told {
    const env = { ...process.env, ...faults, WHOFORKS_STATE: this.state, LD_PRELOAD: this.#preload };
    const run = spawnSync(process.execPath, [this.#driver, ...args], { encoding: "utf8", env, timeout: 60_000 });
    const killed = run.signal === "SIGKILL";
    if (!killed && run.stdout === "") throw new Error(`exit ${run.status}: ${run.stderr}`);
    return { killed, answer: killed ? null : (JSON.parse(run.stdout) as Told["answer"]) };
  }

  journal(): Journal {
    return new Journal(quarantineKinds, this.state);
  }

  /** Quarantine in this process. Throws what planning throws. */
  async quarantine(tree: string, path: string): Promise<Quarantined> {
    const plan = planQuarantine(openRoot(this.at(tree)), path);
    return quarantine(plan, this.journal(), { version: "0", watchMs: 0 });
  }

  async restore(id: string): Promise<Remaining[]> {
    const run = this.journal().resume(id);
    try {
      return await restore(run);
    } finally {
      run.close();
    }
  }

  /**
   * Unmounts first: a mount point that is removed while another namespace has it mounted leaves an image and its loop device
   * holding each other for ever (UMOUNT_CONNECTED of fs/namespace.c).
   */
  close(): void {
    this.sh("umount -R disk");
    this.#holder.stdin?.end();
    for (const dir of [this.dir, this.#tools]) fs.rmSync(dir, { recursive: true, force: true });
  }
}

/** All of a file that can be given back, its folder's flags, and every name in the tree. */
export interface Snapshot {
  file: Omit<FileRecord, "ctimeNs" | "links">;
  folderFlags: number | null;
  names: string[];
}

export function snapshot(tree: string, path: string): Snapshot {
  const slash = path.lastIndexOf("/");
  const directory = new OpenDirectory(fs.openSync(tree + path.slice(0, slash), "r"));
  const held = directory.hold(path.slice(slash + 1));
  try {
    // The change time is the kernel's.
    const { ctimeNs: _, links: __, ...file } = recordOf(held);
    return { file, folderFlags: inodeFlagsOf(directory.fd), names: namesBelow(tree) };
  } finally {
    fs.closeSync(held);
    directory.close();
  }
}

export function namesBelow(tree: string): string[] {
  const names = fs.readdirSync(tree, { recursive: true, encoding: "utf8" });
  return names.filter((name) => !name.includes("lost+found")).sort();
}
