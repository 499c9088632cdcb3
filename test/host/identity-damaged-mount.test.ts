import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as after } from "node:timers/promises";
import { afterAll, expect, test, type TestContext } from "vitest";
import { identities as schema } from "../../src/identity/schema.ts";
import { origin as originSchema } from "../../src/origin/schema.ts";
import { whoforks } from "../support/whoforks.ts";
import { isRoot, need } from "./identity-made-root.ts";

/**
 * File systems whose directories were overwritten, so that the kernel itself refuses them (EBADMSG, by ext4's checksums), and
 * directories that a user may not list. Images are mounted in a namespace of their own: mount(8) makes the loop device, and the
 * kernel takes it back when the last process in there has ended, however that ends.
 */
const BIN = fileURLToPath(new URL("../../bin/whoforks", import.meta.url));
const TOOLS = ["/usr/sbin/mkfs.ext4", "/usr/sbin/debugfs", "/dev/loop-control"];
const top = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-damaged-"));
fs.chmodSync(top, 0o755);
const images: string[] = [];

/** Texts of a result, of which those that are not UTF-8 are objects. */
const words = (...texts: readonly unknown[]): string =>
  texts.map((one) => (typeof one === "string" ? one : JSON.stringify(one))).join(" ");

/** Loop devices of the images. */
function loops(): string[] {
  return images.flatMap((image) =>
    execFileSync("losetup", ["--noheadings", "--output", "NAME", "--associated", image], { encoding: "utf8" })
      .split("\n")
      .filter((line) => line !== ""),
  );
}
afterAll(async () => {
  for (let n = 0; n < 50 && loops().length > 0; n++) await after(100);
  const left = loops();
  for (const loop of left) spawnSync("losetup", ["--detach", loop]);
  fs.rmSync(top, { recursive: true, force: true });
  expect(left).toEqual([]);
});

/** An image of a folder in which these directories cannot be read. */
function damagedImage(name: string, folder: string, directories: readonly string[]): string {
  const image = `${top}/${name}.img`;
  images.push(image);
  const features = ["-O", "^has_journal,metadata_csum", "-b", "1024"];
  execFileSync("mkfs.ext4", ["-q", "-F", ...features, "-d", folder, image, "4M"], { stdio: "pipe" });
  const fd = fs.openSync(image, "r+");
  for (const directory of directories) {
    const blocks = execFileSync("debugfs", ["-R", `blocks ${directory}`, image], { encoding: "utf8", stdio: "pipe" });
    for (const block of blocks.trim().split(/\s+/))
      fs.writeSync(fd, Buffer.alloc(1024, 0xa5), 0, 1024, Number(block) * 1024);
  }
  fs.closeSync(fd);
  return image;
}

/** As the tool's folders of a system; all of it for everybody to read. */
function folders(name: string): string {
  const root = `${top}/${name}`;
  for (const folder of ["usr/bin", "usr/sbin", "usr/local/sbin", "var/log", "etc/cron.d", "opt/tool", "lib/apk/db"])
    fs.mkdirSync(`${root}/${folder}`, { recursive: true });
  fs.copyFileSync("/usr/bin/true", `${root}/usr/bin/fine`);
  fs.writeFileSync(`${root}/lib/apk/db/installed`, "P:at\nV:3.2.5-r0\n");
  return root;
}

const DAMAGED = ["/usr/sbin", "/var/log", "/etc/cron.d", "/opt/tool"];
const MOUNTED = "/usr/local/sbin";

/** Runs whoforks where an image is mounted as a root, and in it a second one whose topmost directory is damaged. */
function inside(context: TestContext, ...args: string[]): { stdout: string; stderr: string; status: number | null } {
  need(context, isRoot && TOOLS.every((file) => fs.existsSync(file)), "root, mkfs.ext4, debugfs and loop devices");
  const [root, mounted] = images.length > 0 ? images : [damagedImage("root", folders("tree"), DAMAGED), emptyImage()];
  const mount = `mount -o loop,ro "$1" "$3" && mount -o loop,ro "$2" "$3${MOUNTED}" || exit 99; shift 3; exec "$@"`;
  fs.mkdirSync(`${top}/mnt`, { recursive: true });
  const command = [root ?? "", mounted ?? "", `${top}/mnt`, process.execPath, BIN, ...args];
  const result = spawnSync("unshare", ["-m", "--propagation", "private", "/bin/sh", "-c", mount, "sh", ...command], {
    encoding: "utf8",
    timeout: 50_000,
  });
  need(context, result.status !== 99, `the right to mount: ${result.stderr}`);
  return result;
}

function emptyImage(): string {
  fs.mkdirSync(`${top}/empty`);
  return damagedImage("mounted", `${top}/empty`, ["/"]);
}

test("identify --all tells each directory that cannot be read, and judges what can", (context) => {
  const { stdout, stderr, status } = inside(context, "identify", "--all", "--json", "--root", `${top}/mnt`);
  const { couldNotLook, identities, setId } = schema.parse(JSON.parse(stdout));
  const told = couldNotLook.map(({ what, error }) => words(what, error));
  expect(told.sort()).toEqual([...DAMAGED, MOUNTED].map((directory) => `${directory} EBADMSG`).sort());
  expect(setId?.isWhole).toBe(false);
  // The namesakes of a program that nobody owns are looked for there, too.
  const [fine] = identities.map((one) => [one.path, one.verdict, one.reasons.filter(({ code }) => code === "identity.cannot-read").length]); // prettier-ignore
  expect(fine).toEqual(["/usr/bin/fine", "unpackaged", 2]);
  expect(stderr).not.toMatch(/^ {4}at |Unknown system error/m);
  expect(status).not.toBe(5);
});

test("origin tells that no log could be looked for, and why", (context) => {
  const { stdout, stderr, status } = inside(context, "origin", "--json", "--root", `${top}/mnt`, "/usr/bin/fine");
  const { couldNotLook } = originSchema.parse(JSON.parse(stdout));
  const told = couldNotLook.map(({ code, what, why }) => words(code, what, words(why).split(":")[0]));
  expect(told).toContain("origin.unreadable /var/log EBADMSG");
  for (const log of ["/var/log/wtmp", "/var/log/audit", "/var/log/journal"])
    expect(told).toContain(`origin.unreadable ${log} EBADMSG`);
  expect(told.filter((line) => line.startsWith("origin.no-such-source"))).toEqual([]);
  expect(new Set(told).size).toBe(told.length);
  expect([stdout, stderr].join("\n")).not.toMatch(/^ {4}at |Unknown system error/m);
  expect(status).not.toBe(5);
});

test("a file in a directory that cannot be read is told as that, not as missing", (context) => {
  const { stdout, stderr } = inside(context, "identify", "--lang", "en", "--root", `${top}/mnt`, "/usr/sbin/atd");
  expect(stdout).toContain("/usr/sbin/atd cannot be read (EBADMSG)");
  expect(stderr).not.toMatch(/^ {4}at /m);
});

test("what a user may not list is told to that user", async (context) => {
  need(context, isRoot, "root");
  const root = folders("closed");
  for (const folder of ["usr/sbin", "var/log", "etc/cron.d"]) fs.chmodSync(`${root}/${folder}`, 0o700);
  const all = await whoforks(["identify", "--all", "--json", "--root", root], { uid: 65_534 });
  const told = schema.parse(JSON.parse(all.stdout)).couldNotLook.map(({ what, error }) => words(what, error));
  expect(told.sort()).toEqual(["/etc/cron.d EACCES", "/usr/sbin EACCES"]);
  const origin = await whoforks(["origin", "--json", "--root", root, "/usr/bin/fine"], { uid: 65_534 });
  const gaps = originSchema.parse(JSON.parse(origin.stdout)).couldNotLook.map(({ what, why }) => words(what, why));
  expect(gaps).toContain("/var/log EACCES: permission denied");
  expect([all.stderr, origin.stderr].join("\n")).not.toMatch(/^ {4}at /m);
});
