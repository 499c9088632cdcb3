import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { identities as schema } from "../../src/identity/schema.ts";
import { UnpackedPackages } from "../support/debian-packages.ts";
import { isRoot, need } from "./identity-made-root.ts";
import { PACMAN, pacmanRoot } from "./identity-pacman-root.ts";

/**
 * A host whose manager is pacman: a root of the real pacman's with this host's /usr and this checkout mounted into it, in which
 * whoforks runs. Its repository is a folder that the real repo-add made. The mounts end with the processes in their namespace.
 */
const CHECKOUT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const GENUINE = "genuine at";
const AT = "at-1:3.2-1-x86_64.pkg.tar.gz";
const top = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-fetch-"));
const host = `${top}/host`;
afterAll(() => fs.rmSync(top, { recursive: true, force: true }));

const BEFORE = `
mount --bind /usr "$1/usr"
mount -o bind,ro "$2" "$1$2"
mount -t proc proc "$1/proc"
mount --bind /dev "$1/dev"
`;

/** Runs a line of shell in that host; `before` with $1 its root, where its mounts can still be changed. */
function inside(line: string, before = ""): { status: number | null; stdout: string; stderr: string } {
  const script = `set -e\n${BEFORE}\n${before}\nexec chroot "$1" /bin/sh -c "$3"`;
  const command = ["-m", "--propagation", "private", "/bin/sh", "-c", script, "sh", host, CHECKOUT, line];
  try {
    const stdout = execFileSync("unshare", command, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 50_000,
    });
    return { status: 0, stdout, stderr: "" };
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number | null; stdout: string; stderr: string };
    return { status, stdout, stderr };
  }
}
const identify = (file: string): string =>
  `TMPDIR=/temporary ${process.execPath} ${CHECKOUT}/bin/whoforks identify --lang en ${file}`;

// repo-add's own library and the program that it unpacks with, which are packages of their own.
const unpacked = new UnpackedPackages("makepkg", "libarchive-tools");
afterAll(() => unpacked.remove());
const able =
  unpacked.missing === null &&
  isRoot &&
  [PACMAN, "/usr/bin/repo-add"].every((file) => fs.existsSync(file)) &&
  process.execPath.startsWith("/usr/");
beforeAll(() => {
  if (!able) return;
  const made = pacmanRoot(top);
  // /usr is this host's: pacman itself belongs to a package of that root, with the digest that it has.
  made.install("at", { "srv/bin/atd": GENUINE });
  for (const archive of [
    made.build("pacman", { "usr/bin/pacman": fs.readFileSync(PACMAN) }),
    made.build("bc", { "srv/bin/bc": "bc" }),
  ])
    made.pacman("-U", "--noconfirm", "--dbonly", archive);
  fs.renameSync(`${top}/root`, host);
  fs.rmSync(`${host}/usr`, { recursive: true });
  for (const link of ["bin", "sbin"]) fs.rmSync(`${host}/${link}`, { force: true });
  for (const name of ["bin", "sbin", "lib", "lib32", "lib64", "libx32"])
    if (fs.existsSync(`/${name}`)) fs.symlinkSync(`usr/${name}`, `${host}/${name}`);
  for (const folder of ["usr", "proc", "dev", "etc", "temporary", "var/log", "var/cache", "repository", CHECKOUT])
    fs.mkdirSync(`${host}/${folder}`, { recursive: true });
  fs.copyFileSync(`${top}/${AT}`, `${host}/repository/${AT}`);
  execFileSync("repo-add", ["-q", `${host}/repository/made.db.tar.gz`, `${host}/repository/${AT}`], {
    stdio: "pipe",
    env: { PATH: `${unpacked.path("usr/bin")}:/usr/bin:/bin`, LIBRARY: unpacked.path("usr/share/makepkg") },
  });
  fs.writeFileSync(
    `${host}/etc/pacman.conf`,
    "[options]\nArchitecture = x86_64\nSigLevel = Never\n[made]\nServer = file:///repository\n",
  );
  const synchronized = inside("pacman --sync --refresh");
  if (synchronized.status !== 0) throw new Error(synchronized.stderr);
});

test("pacman downloads the package of a file, beside which it is put; nothing else is changed", (context) => {
  need(context, able, "root, pacman, repo-add, and node in /usr");
  fs.writeFileSync(`${host}/srv/bin/atd`, "altered at", { mode: 0o755 });
  const log = fs.readFileSync(`${host}/var/log/pacman.log`, "utf8");
  const { stdout, status } = inside(identify("--json --fetch-reference /srv/bin/atd"));
  const [identity] = schema.parse(JSON.parse(stdout)).identities;
  expect(identity).toMatchObject({
    verdict: "modified",
    owner: { manager: "pacman", package: "at" },
    reference: { kind: "pacman", package: { name: "at", version: "1:3.2-1" }, member: "/srv/bin/atd" },
  });
  expect(identity?.reference?.facts.find(({ what }) => what === "sha256")?.same).toBe(false);
  expect([identity?.reference?.strings?.examplesFound, identity?.reference?.strings?.examplesReference]).toEqual([
    ["altered at"],
    [GENUINE],
  ]);
  expect(status).toBe(1);
  expect(fs.readFileSync(`${host}/var/log/pacman.log`, "utf8")).toBe(log);
  expect(fs.readdirSync(`${host}/temporary`)).toEqual([]);
  expect(fs.readdirSync(`${host}/var/lib/pacman`).sort()).toEqual(["local", "sync"]);
  expect(fs.existsSync(`${host}/var/cache/pacman/pkg`)).toBe(false);
});

test("what the repository has not is told in pacman's words", (context) => {
  need(context, able, "root, pacman, repo-add, and node in /usr");
  fs.writeFileSync(`${host}/srv/bin/bc`, "altered bc", { mode: 0o755 });
  const { status, stderr } = inside(identify("--fetch-reference /srv/bin/bc"));
  expect([status, stderr]).toEqual([2, expect.stringContaining("target not found: bc=1:3.2-1")]);
  expect(fs.readdirSync(`${host}/temporary`)).toEqual([]);
});

test("a pacman that is not as its package shipped it is not run", (context) => {
  need(context, able, "root, pacman, repo-add, and node in /usr");
  const other = `printf '#!/bin/sh\\ntouch /temporary/was-run\\n' > "$1/temporary/pacman"; chmod 755 "$1/temporary/pacman"; mount --bind "$1/temporary/pacman" "$1/usr/bin/pacman"`;
  const { status, stderr } = inside(identify("--fetch-reference /srv/bin/atd"), other);
  expect([status, stderr]).toEqual([2, expect.stringContaining("/usr/bin/pacman is not what its package shipped")]);
  expect(fs.readdirSync(`${host}/temporary`)).toEqual(["pacman"]);
});
