import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const CACHE = fileURLToPath(new URL("../../.cache/systemd-tree", import.meta.url));
const PROGRAMS = ["systemd-nspawn", "debootstrap", "unshare", "timeout", "mount"];
/** Most processes the container may hold at once, and the longest it may run. */
const MAX_PIDS = 300;
const DEADLINE_SECONDS = 60;
/** Folders and cgroups begin so. Folders older than any container can be were left by a test run that was killed. */
const PREFIX = "whoforks-systemd-";
const LEFT_AFTER_MS = 10 * DEADLINE_SECONDS * 1_000;

/** Why a container with systemd as its init cannot be run here; null when it can. */
export function whyNoContainer(): string | null {
  if (process.getuid?.() !== 0) return "not root";
  const lacking = PROGRAMS.filter((name) => !["/usr/bin", "/usr/sbin"].some((dir) => fs.existsSync(`${dir}/${name}`)));
  if (lacking.length > 0) return `no ${lacking.join(", ")}`;
  const suite = hostSuite();
  if (suite === null) return "no VERSION_CODENAME in /etc/os-release";
  if (!fs.existsSync(`${CACHE}/${suite}`) && mirrorOf(suite) === null) return `no source of ${suite} in /etc/apt`;
  return null;
}

/** The suite that this host runs, e.g. `bookworm`: its own sources carry it and its node fits its libraries. */
function hostSuite(): string | null {
  return /^VERSION_CODENAME=([a-z]+)$/m.exec(fs.readFileSync("/etc/os-release", "utf8"))?.[1] ?? null;
}

/** The first archive that /etc/apt names for a suite, in one-line (`deb URI suite …`) or deb822 (`URIs:`) form. */
function mirrorOf(suite: string): string | null {
  const folder = "/etc/apt/sources.list.d";
  const names = fs.existsSync(folder) ? fs.readdirSync(folder).map((name) => `${folder}/${name}`) : [];
  const files = ["/etc/apt/sources.list", ...names].filter((file) => fs.existsSync(file));
  for (const file of files) {
    const text = fs.readFileSync(file, "utf8").replace(/^\s*#.*\n?/gm, "");
    for (const line of text.split("\n")) {
      const [, uri, named] = /^deb\s+(?:\[[^\]]*\]\s+)?(https?:\S+)\s+(\S+)\s+.*\bmain\b/.exec(line) ?? [];
      if (uri !== undefined && named === suite) return uri;
    }
    for (const stanza of text.split(/\n\s*\n/)) {
      const field = (key: string) => new RegExp(`^${key}:\\s*(.*)$`, "m").exec(stanza)?.[1]?.split(/\s+/) ?? [];
      const uri = field("URIs").find((each) => /^https?:/.test(each));
      if (uri !== undefined && field("Suites").includes(suite) && field("Components").includes("main")) return uri;
    }
  }
  return null;
}

/** A minimal Debian with systemd, made once per suite. A tree that was not finished carries another name and goes. */
export function systemdTree(): string {
  const suite = hostSuite() as string;
  const tree = `${CACHE}/${suite}`;
  if (fs.existsSync(tree)) return tree;
  const partial = `${tree}.partial`;
  fs.rmSync(partial, { recursive: true, force: true });
  fs.mkdirSync(CACHE, { recursive: true });
  try {
    const made = spawnSync(
      "unshare",
      // What it mounts in the tree must not outlive it, or deleting the tree would reach through.
      ["--mount", "--propagation", "private", "debootstrap", "--variant=minbase"].concat([
        "--include=systemd,systemd-sysv,dbus",
        suite,
        partial,
        mirrorOf(suite) as string,
      ]),
      { encoding: "utf8", timeout: 600_000, env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" } },
    );
    if (made.status !== 0) throw new Error(`debootstrap failed: ${(made.stdout + made.stderr).slice(-600)}`);
    fs.rmSync(`${partial}/var/cache/apt/archives`, { recursive: true, force: true });
    fs.renameSync(partial, tree);
  } finally {
    fs.rmSync(partial, { recursive: true, force: true });
  }
  return tree;
}

export interface Container {
  /** Seen as /out inside. */
  out: string;
  /** Waits for a file in `out`; throws with the console's text when the container ends or 60 s pass before. */
  waitFor(name: string): Promise<string>;
  /** Ends it and removes what it left: its cgroups and its folder. Mounts go with its mount namespace. */
  end(): Promise<void>;
}

/**
 * Boots systemd over a copy-on-write view of `tree`. `files` (path inside → text, mode or link target) lie over it,
 * `binds` (path here → path inside) are read-only there, `out` (name → text) lies in /out from the start.
 * All mounts are made in a mount namespace of its own, with a /run of its own, where nspawn keeps its locks.
 */
export function bootSystemd(
  tree: string,
  {
    files,
    binds,
    out: given,
  }: { files: Record<string, MadeFile>; binds: Record<string, string>; out: Record<string, string> },
): Container {
  clearLeftovers();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), PREFIX));
  const out = `${folder}/out`;
  for (const name of ["made", "private", "out"]) fs.mkdirSync(`${folder}/${name}`, { mode: 0o755 });
  for (const [inside, file] of Object.entries(files)) makeFile(`${folder}/made${inside}`, file);
  for (const [name, text] of Object.entries(given)) fs.writeFileSync(`${out}/${name}`, text);
  const cgroups = makeCgroups(path.basename(folder));
  const console = fs.openSync(`${folder}/console`, "w");
  const child = spawn(
    "unshare",
    ["--mount", "--propagation", "private", "sh", "-euc", START, "sh", folder, tree]
      .concat(cgroups)
      .concat("--", `--machine=${path.basename(folder)}`)
      .concat(Object.entries(binds).map(([from, to]) => `--bind-ro=${from}:${to}`)),
    { stdio: ["ignore", console, console], env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" } },
  );
  fs.closeSync(console);
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  return {
    out,
    async waitFor(name) {
      while (!fs.existsSync(`${out}/${name}`)) {
        if (hasEnded(child))
          throw new Error(`no ${name}: ${fs.readFileSync(`${folder}/console`, "utf8").slice(-2_000)}`);
        await sleep(100);
      }
      return fs.readFileSync(`${out}/${name}`, "utf8");
    },
    async end() {
      // timeout(1) hands it on to nspawn, which halts the container, and kills nspawn if that takes too long.
      if (!hasEnded(child)) child.kill("SIGTERM");
      await ended;
      await removeCgroups(cgroups);
      fs.rmSync(folder, { recursive: true });
    },
  };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}

/** Arguments: folder, tree, cgroups, `--`, further arguments of nspawn. Becomes timeout(1) over nspawn, with its pid. */
const START = `
folder=$1 tree=$2; shift 2
while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs"; shift; done; shift
cd "$folder"
mount -t tmpfs -o mode=755 whoforks-systemd private
mkdir private/tree private/made private/upper private/work private/root private/run
mount --bind "$tree" private/tree
mount --bind made private/made
cd private
mount -t overlay -o lowerdir=made:tree,upperdir=upper,workdir=work whoforks-systemd root
mount --bind run /run
exec timeout --kill-after=10 ${DEADLINE_SECONDS} systemd-nspawn --boot --quiet --register=no --keep-unit --private-network \\
  --console=pipe --link-journal=no --resolv-conf=off --timezone=off --drop-capability=CAP_AUDIT_CONTROL \\
  --directory=root --bind="$folder/out:/out" "$@"
`;

export interface MadeFile {
  text?: string;
  mode?: number;
  linkTo?: string;
}

function makeFile(file: string, { text, mode, linkTo }: MadeFile): void {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 });
  if (linkTo !== undefined) fs.symlinkSync(linkTo, file);
  else fs.writeFileSync(file, text ?? "", { mode: mode ?? 0o644 });
}

function hierarchies(): string[] {
  const base = "/sys/fs/cgroup";
  if (fs.existsSync(`${base}/cgroup.procs`)) return [base];
  return ["systemd", "unified", "pids"].map((each) => `${base}/${each}`).filter((dir) => fs.existsSync(dir));
}

/** A cgroup in each hierarchy that systemd uses, so that nspawn makes its own below it, and a limit on processes. */
function makeCgroups(name: string): string[] {
  return hierarchies().map((dir) => {
    const cgroup = `${dir}/${name}`;
    fs.mkdirSync(cgroup);
    if (fs.existsSync(`${cgroup}/pids.max`)) fs.writeFileSync(`${cgroup}/pids.max`, String(MAX_PIDS));
    return cgroup;
  });
}

function deepestFirst(cgroup: string): string[] {
  const below = fs.readdirSync(cgroup, { recursive: true, withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...below.map((entry) => `${entry.parentPath}/${entry.name}`), cgroup].toSorted((a, b) => b.length - a.length);
}

async function removeCgroups(cgroups: readonly string[]): Promise<void> {
  for (const dir of cgroups.flatMap(deepestFirst)) {
    // Processes that were killed with their PID namespace leave a moment later.
    for (let tries = 0; tries < 50 && fs.readFileSync(`${dir}/cgroup.procs`, "utf8") !== ""; tries++) await sleep(100);
    fs.rmdirSync(dir);
  }
}

function clearLeftovers(): void {
  for (const name of fs.readdirSync(os.tmpdir()).filter((each) => each.startsWith(PREFIX))) {
    const folder = path.join(os.tmpdir(), name);
    if (Date.now() - fs.statSync(folder).mtimeMs < LEFT_AFTER_MS) continue;
    const cgroups = hierarchies().map((dir) => `${dir}/${name}`);
    for (const dir of cgroups.filter((each) => fs.existsSync(each)).flatMap(deepestFirst)) fs.rmdirSync(dir);
    fs.rmSync(folder, { recursive: true });
  }
}
