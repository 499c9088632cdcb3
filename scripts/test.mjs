// Sets up what the tests need and runs every one of them: `npm test [-- vitest arguments]`.
// As root on Debian missing packages are installed (and named); elsewhere the tests that need them say why they skip.
import { spawn, spawnSync } from "node:child_process";
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

/** @returns whether this is root on Debian, where the lab can run */
function installPackages() {
  const missing = new Set();
  for (const [command, name] of Object.entries(NEEDED)) if (!onPath(command)) missing.add(name);
  for (const [file, name] of Object.entries(FILES)) if (!existsSync(file)) missing.add(name);
  const isDebian = existsSync("/etc/debian_version") && existsSync("/usr/bin/apt-get");
  if (process.getuid() !== 0 || !isDebian) {
    console.log(
      `Not root on Debian: tests that need root${missing.size > 0 ? ` or ${[...missing].join(", ")}` : ""} will skip and say so.`,
    );
    return false;
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const lists = existsSync("/var/lib/apt/lists")
    ? readdirSync("/var/lib/apt/lists").filter((name) => name.includes("Packages"))
    : [];
  // The lab downloads sysvinit-core and others without installing them, so the package lists must be there.
  if (missing.size > 0 || lists.length === 0) run("apt-get", ["update", "-q"], { env });
  if (missing.size === 0) return true;
  console.log(`Installing the Debian packages that the tests need: ${[...missing].join(" ")}`);
  const status = run("apt-get", ["install", "-y", "-q", "--no-install-recommends", ...missing], { env });
  if (status !== 0) console.log("Some packages could not be installed; the tests that need them say so.");
  return true;
}

async function step(name, command, args) {
  console.log(`\n> ${name}`);
  const child = spawn(command, args, { stdio: "inherit", cwd: root });
  const status = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
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
/** Of those what only computes, and takes long. */
const COMPUTING = ["capture/eprobes", "capture/page", "top/screen"].flatMap((name) => [
  "--exclude",
  `test/unit/${name}.test.ts`,
]);

/** Runs beside the steps: its exit code and what it said, when it has ended. */
function beside(command, args) {
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  process.once("exit", () => child.kill());
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => said.push(bytes));
  return new Promise((resolve) => {
    child.on("error", (error) => resolve({ status: 1, said: error.message }));
    child.on("close", (status) => resolve({ status: status ?? 1, said: Buffer.concat(said).toString("utf8") }));
  });
}

const vitest = `${root}/node_modules/vitest/vitest.mjs`;
const rest = process.argv.slice(2);
const canPrepare = installPackages();
if (rest.length > 0) process.exit(run(process.execPath, [vitest, "run", ...rest]));
// What the lab downloads and unpacks is there by the time that its tests come. Where it fails they do it, and say why.
if (canPrepare) void beside(process.execPath, [`${root}/lab/run.mjs`, "--prepare"]);
const format = beside(`${root}/node_modules/.bin/prettier`, ["--check", "--log-level", "warn", "."]);
await step("types", process.execPath, [`${root}/node_modules/typescript/bin/tsc`, "--noEmit"]);
await step("lint", `${root}/node_modules/.bin/oxlint`, ["--type-aware"]);
await step("build", process.execPath, [`${root}/scripts/build.mjs`]);
console.log("\n> format");
const { status, said } = await format;
process.stdout.write(said);
if (status !== 0) process.exit(status);
if (ci)
  await step("what leans on Node itself, on Node 24", node24(), [vitest, "run", ...LEANING_ON_NODE, ...COMPUTING]);
await step("all tests", process.execPath, [vitest, "run"]);
process.exit(0);
