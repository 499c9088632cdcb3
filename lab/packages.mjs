import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { fileURLToPath } from "node:url";
import { makeBounds, removeBounds } from "./bounds.mjs";
import { enterNamespace } from "./namespace.mjs";
import { PREFIX, makeFolder, mountRoot, removeFolder } from "./overlay.mjs";
import { run } from "./shell.mjs";
import { basename } from "node:path";

/** Packages of the lab. `at` is configured like on any host; of the others the files and dpkg's records are enough. */
const UNPACKED = [
  ..."sysvinit-core runit s6 execline cron cron-daemon-common anacron supervisor python3-pkg-resources".split(" "),
  ..."monit openrc openssh-server openssh-client busybox-static openbsd-inetd xinetd udev".split(" "),
  ..."haproxy libopentracing1".split(" "),
];
const INSTALLED = ["at"];

/**
 * The packages and the libraries they depend on which the host does not have; their names bear versions, so
 * that each release has other ones (apt-cache(8)). Asking takes a second, so the answer is kept until the host's dpkg status
 * changes.
 */
function withLibraries(packages) {
  const key = digest(packages.join(" "), readFileSync("/var/lib/dpkg/status"));
  const kept = `${cacheFolder()}/unpacked-${key}.json`;
  if (existsSync(kept)) return JSON.parse(readFileSync(kept, "utf8"));
  const { stdout } = spawnSync("apt-cache", ["depends", "--no-recommends", "--no-suggests", ...packages]);
  const libraries = [...String(stdout).matchAll(/^ +Depends: (lib[a-z0-9.+-]+)$/gm)].map(([, name]) => name);
  const isMissing = (name) => spawnSync("dpkg-query", ["-W", name], { stdio: "ignore" }).status !== 0;
  const names = [...packages, ...[...new Set(libraries)].filter(isMissing)];
  // Without package lists there is no answer yet.
  if (libraries.length > 0) {
    mkdirSync(cacheFolder(), { recursive: true });
    writeFileSync(`${kept}.${process.pid}`, JSON.stringify(names));
    renameSync(`${kept}.${process.pid}`, kept);
  }
  return names;
}

function digest(...parts) {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex").slice(0, 16);
}

/** Where downloads, compiled programs and the prepared layer are kept between runs (WHOFORKS_LAB_CACHE, or .cache/lab). */
export function cacheFolder() {
  return process.env.WHOFORKS_LAB_CACHE ?? fileURLToPath(new URL("../.cache/lab", import.meta.url));
}

/** Downloads Debian packages once. They are never installed on the host. */
function download(wanted) {
  const folder = `${cacheFolder()}/packages`;
  mkdirSync(folder, { recursive: true });
  const have = () => readdirSync(folder).filter((name) => name.endsWith(".deb"));
  const missing = wanted.filter((name) => !have().some((file) => file.startsWith(`${name}_`)));
  if (missing.length > 0) fetch(missing, folder);
  return wanted.map((name) => `${folder}/${have().find((file) => file.startsWith(`${name}_`))}`);
}

function fetch(names, folder) {
  // Into a folder of its own first: another run must not find half a package.
  const arriving = mkdtempSync(`${folder}/arriving-`);
  // "Unsandboxed" is what apt does anyway when its user _apt cannot write here; said, it does not warn.
  const download = () =>
    run("apt-get", ["-o", "APT::Sandbox::User=root", "-qq", "download", ...names], { cwd: arriving });
  try {
    download();
  } catch {
    // No package lists yet, or ones so old that the files they name are gone.
    run("apt-get", ["-qq", "update"]);
    download();
  } finally {
    for (const file of readdirSync(arriving)) renameSync(`${arriving}/${file}`, `${folder}/${file}`);
    rmSync(arriving, { recursive: true });
  }
}

/**
 * The upper layer that turns the host's root into one with the lab's packages, made by the real dpkg inside an
 * overlay and a namespace of its own, and kept until the host's dpkg status changes.
 * @param more packages that one scenario alone needs, to be unpacked too
 * @returns the folder to copy into a new overlay's upper layer
 */
export async function packageLayer(more = []) {
  const debs = download([...withLibraries([...UNPACKED, ...more]), ...INSTALLED]);
  const host = digest(readFileSync("/var/lib/dpkg/status"), PREPARE);
  const layers = `${cacheFolder()}/layers`;
  const layer = `${layers}/${host}-${digest(debs.map((deb) => basename(deb)).join("\n"))}`;
  if (existsSync(layer)) return layer;
  mkdirSync(layers, { recursive: true });
  // Layers of former states of the host; those that another run is copying right now have a dot in their name.
  for (const old of readdirSync(layers))
    if (!old.includes(".") && !old.startsWith(host)) rmSync(`${layers}/${old}`, { recursive: true });

  const dir = makeFolder({ scenario: "packages" });
  const bounds = makeBounds(basename(dir), 200);
  try {
    const root = mountRoot(dir);
    mkdirSync(`${root}/${PREFIX}debs`);
    for (const deb of debs) cpSync(deb, `${root}/${PREFIX}debs/${basename(deb)}`);
    writeFileSync(`${root}/${PREFIX}debs/prepare.sh`, PREPARE);
    const namespace = await enterNamespace({
      dir,
      command: ["/bin/sh", `/${PREFIX}debs/prepare.sh`],
      cgroups: bounds.folders,
      seconds: 120,
    });
    const { code } = await namespace.closed;
    const said = namespace.console();
    namespace.kill();
    if (code !== 0) throw new Error(`lab: dpkg inside the overlay failed:\n${said}`);
    run("umount", [root]);
    copyLayer(`${dir}/upper`, `${layer}.${process.pid}`);
    if (existsSync(layer)) rmSync(`${layer}.${process.pid}`, { recursive: true });
    else renameSync(`${layer}.${process.pid}`, layer);
  } finally {
    removeBounds(bounds.folders);
    removeFolder(dir);
  }
  return layer;
}

/** Copies an upper layer with its whiteouts (0:0 devices) and trusted.overlay attributes. */
export function copyLayer(from, to) {
  mkdirSync(to, { recursive: true });
  run("cp", ["-a", "--reflink=auto", `${from}/.`, to]);
}

// /run is emptied because the host's (systemd's flag file, sockets) would speak of another system than this one.
// systemd-sysv goes because its /sbin/init stands where sysvinit's does.
const PREPARE = `set -e
export DEBIAN_FRONTEND=noninteractive
find /run -mindepth 1 -delete
mkdir -p /run/lock
printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
cd /${PREFIX}debs
if dpkg-query -W systemd-sysv >/dev/null 2>&1; then
  for script in prerm postrm; do rm -f /var/lib/dpkg/info/systemd-sysv.$script; done
  dpkg --force-all --purge systemd-sysv
fi
mkdir installed
mv ${INSTALLED.map((name) => `${name}_*.deb`).join(" ")} installed
dpkg --force-all --unpack *.deb
dpkg --force-all --install installed/*.deb
rm -rf /usr/sbin/policy-rc.d /${PREFIX}debs
find /run -mindepth 1 -delete
`;
