// Sets up what the tests need and runs every one of them: `npm test [-- vitest arguments]`.
// As root on Debian missing packages are installed (and named); elsewhere the tests that need them say why they skip.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { node24 } from "./node24.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const ci = process.env.CI !== undefined && process.env.CI !== "" && process.env.CI !== "false";

/** Command → Debian package that brings it, for the field's own tools that serve as oracles and for the lab. */
const NEEDED = {
  auditd: "auditd",
  auditctl: "auditd",
  aureport: "auditd",
  ausyscall: "auditd",
  strace: "strace",
  ltrace: "ltrace",
  forkstat: "forkstat",
  bpftrace: "bpftrace",
  lastcomm: "acct",
  "trace-cmd": "trace-cmd",
  perf: "linux-perf",
  readelf: "binutils",
  gcc: "gcc",
  make: "make",
  dash: "dash",
  unshare: "util-linux",
  ip: "iproute2",
  useradd: "passwd",
  "dpkg-deb": "dpkg",
  ps: "procps",
  tmux: "tmux",
  "systemd-nspawn": "systemd-container",
  debootstrap: "debootstrap",
  rpmbuild: "rpm",
  getcap: "libcap2-bin",
  debsums: "debsums",
  gpg: "gpg",
  gpgv: "gpgv",
  pacman: "pacman-package-manager",
  "db5.3_load": "db5.3-util",
  python3: "python3",
  "mkfs.ext4": "e2fsprogs",
};
/** The same for files. */
const FILES = {
  "/usr/include/stdio.h": "libc6-dev",
  "/usr/include/linux/unistd.h": "linux-libc-dev",
  "/usr/lib/x86_64-linux-gnu/libkshark.so.2": "libkshark2",
};

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: "inherit", cwd: root, ...options });
  if (error) throw error;
  return status ?? 1;
}

function onPath(command) {
  return ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"].some((dir) =>
    existsSync(`${dir}/${command}`),
  );
}

function installPackages() {
  const missing = new Set();
  for (const [command, name] of Object.entries(NEEDED)) if (!onPath(command)) missing.add(name);
  for (const [file, name] of Object.entries(FILES)) if (!existsSync(file)) missing.add(name);
  const isDebian = existsSync("/etc/debian_version") && existsSync("/usr/bin/apt-get");
  if (process.getuid() !== 0 || !isDebian) {
    console.log(
      `Not root on Debian: tests that need root${missing.size > 0 ? ` or ${[...missing].join(", ")}` : ""} will skip and say so.`,
    );
    return;
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const lists = existsSync("/var/lib/apt/lists")
    ? readdirSync("/var/lib/apt/lists").filter((name) => name.includes("Packages"))
    : [];
  // The lab downloads sysvinit-core and others without installing them, so the package lists must be there.
  if (missing.size > 0 || lists.length === 0) run("apt-get", ["update", "-q"], { env });
  if (missing.size === 0) return;
  console.log(`Installing the Debian packages that the tests need: ${[...missing].join(" ")}`);
  const status = run("apt-get", ["install", "-y", "-q", "--no-install-recommends", ...missing], { env });
  if (status !== 0) console.log("Some packages could not be installed; the tests that need them say so.");
}

function step(name, command, args, options) {
  console.log(`\n> ${name}`);
  const status = run(command, args, options);
  if (status !== 0) process.exit(status);
}

/** Tests of what uses Node's own modules: files, threads, processes, terminals. The rest is the same on every Node. */
const LEANING_ON_NODE = [
  "platform",
  "capture",
  "cli/command-line",
  "journal",
  "top",
  "formats/input",
  "formats/threads",
].map((room) => `test/unit/${room}`);

const vitest = `${root}/node_modules/vitest/vitest.mjs`;
const rest = process.argv.slice(2);
installPackages();
if (rest.length > 0) process.exit(run(process.execPath, [vitest, "run", ...rest]));
step("types", process.execPath, [`${root}/node_modules/typescript/bin/tsc`, "--noEmit"]);
step("lint", `${root}/node_modules/.bin/oxlint`, ["--type-aware"]);
step("format", `${root}/node_modules/.bin/prettier`, ["--check", "--log-level", "warn", "."]);
step("build", process.execPath, [`${root}/scripts/build.mjs`]);
if (ci) step("what leans on Node itself, on Node 24", node24(), [vitest, "run", ...LEANING_ON_NODE]);
console.log("\n> all tests");
process.exit(run(process.execPath, [vitest, "run"]));
