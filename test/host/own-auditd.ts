import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, type TestContext } from "vitest";

/** A user that nothing else runs as: the rules catch its processes alone. */
export const UID = "64711";

export function run(command: string, args: string[]): string {
  return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 30 });
}

export function status(name: string): string {
  return new RegExp(`^${name} (\\d+)$`, "m").exec(run("auditctl", ["-s"]))?.[1] ?? "";
}

/** Why no auditd can be run here, or null. */
export function obstacle(): string | null {
  if (process.getuid?.() !== 0) return "needs root";
  for (const tool of ["auditctl", "auditd", "ausearch", "gcc"])
    if (spawnSync("which", [tool]).status !== 0) return `needs ${tool}`;
  if (spawnSync("auditctl", ["-s"]).status !== 0) return "the kernel's audit cannot be reached from here";
  if (status("pid") !== "0") return "an audit daemon is running already";
  if (status("enabled") === "2") return "the audit configuration is locked until the next boot";
  return null;
}

/** Skips a test with its reason; in continuous integration there must be none. */
export function needs(ctx: TestContext, why: string | null): void {
  if (why !== null && process.env["CI"] !== undefined) throw new Error(why);
  ctx.skip(why !== null, why ?? "");
}

const CONFIG = (folder: string, format: string): string => `log_file = ${join(folder, "audit.log")}
log_format = ${format}
log_group = root
flush = NONE
num_logs = 0
max_log_file = 99
max_log_file_action = IGNORE
space_left = 2
space_left_action = IGNORE
admin_space_left = 1
admin_space_left_action = IGNORE
disk_full_action = IGNORE
disk_error_action = IGNORE
name_format = NONE
q_depth = 2000
plugin_dir = ${join(folder, "plugins.d")}
`;

/** A real auditd of a test's own, with rules that bear a key of their own, and a folder for what it is to watch. */
export class OwnAuditd {
  readonly log: string;
  /** The folder of the programs; auditd makes that of its log its own (0700), so they live beside it. */
  readonly storm: string;
  readonly before: { enabled: string; backlog: string };
  readonly #dir: string;
  readonly #key: string;
  #daemon: ChildProcess | null = null;

  private constructor(key: string, format: "RAW" | "ENRICHED") {
    this.#key = key;
    this.#dir = mkdtempSync(join(tmpdir(), "whoforks-audit-"));
    const logs = join(this.#dir, "log");
    this.storm = join(this.#dir, "storm");
    for (const folder of [logs, this.storm, join(logs, "plugins.d")]) mkdirSync(folder);
    writeFileSync(join(logs, "auditd.conf"), CONFIG(logs, format));
    this.log = join(logs, "audit.log");
    this.before = { enabled: status("enabled"), backlog: status("backlog_limit") };
  }

  /** @param calls the system calls to record, as auditctl's -S wants them */
  static async start(key: string, format: "RAW" | "ENRICHED", calls: string): Promise<OwnAuditd> {
    const own = new OwnAuditd(key, format);
    const daemon = spawn("auditd", ["-n", "-c", join(own.#dir, "log")], { stdio: "ignore" });
    own.#daemon = daemon;
    for (let i = 0; i < 100 && status("pid") !== String(daemon.pid); i++) await setTimeout(50);
    run("auditctl", ["-b", "8192"]);
    for (const arch of ["b64", "b32"])
      run("auditctl", ["-a", "always,exit", "-F", `arch=${arch}`, "-S", calls, "-F", `uid=${UID}`, "-k", key]);
    return own;
  }

  /** One more rule with the key, for what the test watches besides: `auditctl -a always,exit …`. */
  also(...rule: string[]): void {
    run("auditctl", ["-a", "always,exit", ...rule, "-k", this.#key]);
  }

  /**
   * Runs a shell script as root where nothing reaches the host: the root is a copy on write of the host's, the folder lies at /mnt
   * (the same files, so rules about them hold), processes and network are its own. Ends after 60 s at the latest.
   * @returns what it said on standard error
   */
  inOwnRoot(script: string, ...args: string[]): string {
    run("chmod", ["-R", "a+rX", this.#dir]);
    const space = join(this.#dir, "root");
    mkdirSync(space);
    const enter = `mount -t tmpfs whoforks-test "$0" && cd "$0" && mkdir upper work root &&
      mount -t overlay -o lowerdir=/,upperdir="$0/upper",workdir="$0/work" whoforks-test root &&
      mount --bind "$1" root/mnt && mount -t proc proc root/proc && mount -t tmpfs whoforks-test root/run &&
      shift && exec chroot root /bin/sh "$@"`;
    return spawnSync(
      "/usr/bin/unshare",
      ["-mpnf", "--kill-child", "timeout", "60", "sh", "-c", enter, space, this.storm, `/mnt/${script}`, ...args],
      {
        encoding: "utf8",
        stdio: ["ignore", "ignore", "pipe"],
        env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" },
      },
    ).stderr;
  }

  /** Runs a program of the folder as the watched user. A namespace of its own bounds it; `timeout` ends it after 60 s at the latest. */
  watch(...command: string[]): void {
    run("chmod", ["-R", "a+rX", this.#dir]);
    spawnSync(
      "/usr/bin/unshare",
      ["-pf", "--mount-proc", "timeout", "60", "setpriv", `--reuid=${UID}`, "--clear-groups", ...command],
      { cwd: this.storm, stdio: "ignore", env: { PATH: "/usr/bin:/bin" } },
    );
  }

  /** Takes the rules away, ends the daemon and gives every setting back. */
  stop(): void {
    const daemon = this.#daemon;
    if (daemon === null) return;
    this.#daemon = null;
    spawnSync("auditctl", ["-D", "-k", this.#key]);
    if (daemon.pid !== undefined) {
      daemon.kill("SIGTERM");
      for (let i = 0; i < 100 && status("pid") !== "0"; i++) spawnSync("sleep", ["0.05"]);
    }
    spawnSync("auditctl", ["-e", this.before.enabled]);
    spawnSync("auditctl", ["-b", this.before.backlog]);
  }

  remove(): void {
    this.stop();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

/** The rules with that key, the daemon and the settings that it changed are as if it had never been there. */
export function expectNothingLeft(auditd: OwnAuditd | null, key: string): void {
  expect(run("auditctl", ["-l"])).not.toContain(key);
  expect({ enabled: status("enabled"), backlog: status("backlog_limit"), pid: status("pid") }).toEqual({
    ...auditd?.before,
    pid: "0",
  });
}
