import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { cacheFolder } from "./packages.mjs";
import { run } from "./shell.mjs";

const PROGRAMS = ["systemd-nspawn", "debootstrap", "unshare", "timeout", "mount"];
/** What the tree has beside a minimal Debian. `at` is the package whose name the case's impostor bears. */
const INCLUDED = ["systemd", "systemd-sysv", "dbus", "at"];

/** Why a container with systemd as its init cannot be run here; null when it can. */
export function whyNoSystemd() {
  if (process.getuid?.() !== 0) return "not root";
  const lacking = PROGRAMS.filter((name) => !["/usr/bin", "/usr/sbin"].some((dir) => existsSync(`${dir}/${name}`)));
  if (lacking.length > 0) return `no ${lacking.join(", ")}`;
  const suite = hostSuite();
  if (suite === null) return "no VERSION_CODENAME in /etc/os-release";
  if (!existsSync(treeOf(suite)) && mirrorOf(suite) === null) return `no source of ${suite} in /etc/apt`;
  return null;
}

/**
 * A minimal Debian with systemd, made once per suite: where another run is at it, this one waits. A tree that is not finished
 * carries the number of who makes it, and goes when that one is gone.
 */
export function systemdTree() {
  const suite = hostSuite();
  const tree = treeOf(suite);
  mkdirSync(dirname(tree), { recursive: true });
  while (!existsSync(tree) && othersMake(dirname(tree)))
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  if (existsSync(tree)) return tree;
  const partial = `${tree}.${process.pid}`;
  mkdirSync(partial);
  try {
    // What it mounts in the tree must not outlive it, or deleting the tree would reach through.
    const unshare = ["--mount", "--propagation", "private", "debootstrap", "--variant=minbase"];
    run("unshare", [...unshare, `--include=${INCLUDED.join(",")}`, suite, partial, mirrorOf(suite)], {
      timeout: 600_000,
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" },
    });
    rmSync(`${partial}/var/cache/apt/archives`, { recursive: true, force: true });
    if (!existsSync(tree)) renameSync(partial, tree);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return tree;
}

/** Whether a living process makes a tree in the folder; what dead ones left is removed. */
function othersMake(folder) {
  let made = false;
  for (const name of readdirSync(folder)) {
    const maker = /\.(\d+)$/.exec(name)?.[1];
    if (maker === undefined) continue;
    if (existsSync(`/proc/${maker}`)) made = true;
    else rmSync(`${folder}/${name}`, { recursive: true, force: true });
  }
  return made;
}

const treeOf = (suite) => `${cacheFolder()}/systemd-tree/${suite}-${INCLUDED.join("+")}`;

/** The archive and the suite of this host's own sources; either null when there is none. */
export function debianMirror() {
  const suite = hostSuite();
  return { suite, uri: suite === null ? null : mirrorOf(suite) };
}

/** The suite that this host runs, e.g. `bookworm`: its own sources carry it and its node fits its libraries. */
function hostSuite() {
  return /^VERSION_CODENAME=([a-z]+)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? null;
}

/** The first archive that /etc/apt names for a suite, in one-line (`deb URI suite …`) or deb822 (`URIs:`) form. */
function mirrorOf(suite) {
  const folder = "/etc/apt/sources.list.d";
  const names = existsSync(folder) ? readdirSync(folder).map((name) => `${folder}/${name}`) : [];
  for (const file of ["/etc/apt/sources.list", ...names].filter((each) => existsSync(each))) {
    const text = readFileSync(file, "utf8").replace(/^\s*#.*\n?/gm, "");
    for (const line of text.split("\n")) {
      const [, uri, named] = /^deb\s+(?:\[[^\]]*\]\s+)?(https?:\S+)\s+(\S+)\s+.*\bmain\b/.exec(line) ?? [];
      if (uri !== undefined && named === suite) return uri;
    }
    for (const stanza of text.split(/\n\s*\n/)) {
      const field = (key) => new RegExp(`^${key}:\\s*(.*)$`, "m").exec(stanza)?.[1]?.split(/\s+/) ?? [];
      const uri = field("URIs").find((each) => /^https?:/.test(each));
      if (uri !== undefined && field("Suites").includes(suite) && field("Components").includes("main")) return uri;
    }
  }
  return null;
}
