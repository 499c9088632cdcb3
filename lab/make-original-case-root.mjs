// Makes a root like the original case's: node lab/make-original-case-root.mjs DIR
import { createHash } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { compile } from "./programs.mjs";
import { run } from "./shell.mjs";
import { CONFIGURATION, LOGS, PACKAGES } from "./original-case-packages.mjs";

const PACKAGED = fileURLToPath(new URL("programs/packaged.c", import.meta.url));

/**
 * Makes the file system of an Ubuntu 14.04 host (no merged /usr, upstart) on which a 32-bit static /usr/bin/atd shadows
 * the packaged /usr/sbin/atd: dpkg's database with lists and md5sums, upstart's job with a bare `exec atd` and
 * `respawn`, logs of that time. dpkg --root reads it. Nothing in it does anything when run.
 * @param root a folder that does not exist or is empty
 * @throws Error when the folder holds something
 */
export function makeOriginalCaseRoot(root) {
  if (existsSync(root) && readdirSync(root).length > 0) throw new Error(`lab: ${root} is not empty`);
  for (const folder of [
    "bin",
    "sbin",
    "lib",
    "usr/bin",
    "usr/sbin",
    "etc/init",
    "tmp",
    "var/lib/dpkg/info",
    "var/lib/dpkg/updates",
  ]) {
    mkdirSync(`${root}/${folder}`, { recursive: true });
  }
  for (const [path, text] of Object.entries({ ...CONFIGURATION, ...LOGS }))
    write(root, path, text, 0o644, "2014-04-16T20:00:00Z");
  for (const description of PACKAGES) installPackage(root, description);
  writeFileSync(`${root}/var/lib/dpkg/status`, PACKAGES.map((description) => stanza(root, description)).join("\n"));
  writeFileSync(`${root}/var/lib/dpkg/available`, "");
  writeFileSync(`${root}/var/lib/dpkg/info/format`, "1\n");

  const impostor = `${root}/usr/bin/atd`;
  cpSync(compile("chain", { bits: 32, size: 2_443_616 }), impostor);
  finish(impostor, 0o711, "2017-02-20T08:14:31Z");
  return {
    root,
    impostor: "/usr/bin/atd",
    genuine: "/usr/sbin/atd",
    job: "/etc/init/atd.conf",
    searchPath: UPSTART_PATH,
  };
}

/** Upstart's built-in search path (init/paths.h of upstart): /usr/bin before /usr/sbin. */
export const UPSTART_PATH = "/usr/local/sbin:/usr/local/bin:/usr/bin:/usr/sbin:/sbin:/bin".split(":");

function installPackage(root, { name, built, files, conffiles = {} }) {
  for (const [path, text] of Object.entries(conffiles)) write(root, path, text, 0o644, built);
  for (const file of files) {
    const target = root + file.path;
    mkdirSync(dirname(target), { recursive: true });
    if (file.link !== undefined) symlinkSync(file.link, target);
    else if (file.text !== undefined) write(root, file.path, file.text, file.mode ?? 0o644, built);
    else dynamicProgram(file, target, built);
  }
  const paths = [...files.map((file) => file.path), ...Object.keys(conffiles)];
  const folders = new Set(paths.flatMap(parents));
  const list = ["/.", ...[...folders, ...paths].sort((a, b) => (a < b ? -1 : 1))];
  writeFileSync(`${root}/var/lib/dpkg/info/${name}.list`, `${list.join("\n")}\n`);
  const sums = files
    .filter((file) => file.link === undefined)
    .map((file) => `${md5(root + file.path)}  ${file.path.slice(1)}\n`);
  writeFileSync(`${root}/var/lib/dpkg/info/${name}.md5sums`, sums.join(""));
  writeFileSync(
    `${root}/var/lib/dpkg/info/${name}.conffiles`,
    Object.keys(conffiles)
      .map((path) => `${path}\n`)
      .join(""),
  );
}

/** A 64-bit dynamic program like those of 2014: no PIE, a build-id, exactly `size` bytes. */
function dynamicProgram({ path, size = 22_544, mode = 0o755 }, target, built) {
  const flags = [
    "-O2",
    "-s",
    "-no-pie",
    "-fno-pic",
    "-Wl,-z,noseparate-code",
    "-Wl,--build-id=sha1",
    "-Wl,--hash-style=gnu",
  ];
  run("gcc", [...flags, `-DNAME="${path}"`, `-DPADDING="${size - 10_000}"`, "-o", target, PACKAGED]);
  appendFileSync(target, Buffer.alloc(size - statSync(target).size));
  finish(target, mode, built);
}

function stanza(root, { name, version, section, depends, about, conffiles = {} }) {
  const lines = [`Package: ${name}`, "Status: install ok installed", "Priority: standard", `Section: ${section}`];
  lines.push(
    "Maintainer: Ubuntu Developers <ubuntu-devel-discuss@lists.ubuntu.com>",
    "Architecture: amd64",
    `Version: ${version}`,
  );
  if (depends !== undefined) lines.push(`Depends: ${depends}`);
  const paths = Object.keys(conffiles);
  if (paths.length > 0) lines.push("Conffiles:", ...paths.map((path) => ` ${path} ${md5(root + path)}`));
  return `${[...lines, `Description: ${about}`].join("\n")}\n`;
}

function write(root, path, text, mode, time) {
  mkdirSync(dirname(root + path), { recursive: true });
  writeFileSync(root + path, text);
  finish(root + path, mode, time);
}

function finish(path, mode, time) {
  chmodSync(path, mode);
  utimesSync(path, new Date(time), new Date(time));
}

function parents(path) {
  const names = path.split("/").slice(1, -1);
  return names.map((_, index) => `/${names.slice(0, index + 1).join("/")}`);
}

const md5 = (path) => createHash("md5").update(readFileSync(path)).digest("hex");

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [target] = process.argv.slice(2);
  if (target === undefined || target.startsWith("-")) {
    process.stdout.write("node lab/make-original-case-root.mjs DIR\n");
    process.exitCode = target === "--help" ? 0 : 2;
  } else {
    try {
      process.stdout.write(`${JSON.stringify(makeOriginalCaseRoot(resolve(target)), null, 2)}\n`);
    } catch (error) {
      console.error(error.message);
      process.exitCode = 1;
    }
  }
}
