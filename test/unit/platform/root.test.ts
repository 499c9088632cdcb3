import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromBytes } from "../../../src/model/text.ts";
import { openRoot, type Root } from "../../../src/platform/root.ts";

let dir: string;
let tree: string;
let root: Root;

beforeAll(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-root-"));
  tree = path.join(dir, "tree");
  fs.mkdirSync(path.join(tree, "usr/bin"), { recursive: true });
  fs.mkdirSync(path.join(tree, "etc"));
  fs.symlinkSync("usr/bin", path.join(tree, "bin"));
  fs.writeFileSync(path.join(tree, "usr/bin/ls"), "inside ls");
  fs.writeFileSync(path.join(tree, "etc/passwd"), "inside");
  fs.writeFileSync(path.join(dir, "outside"), "outside");
  fs.symlinkSync("/etc/passwd", path.join(tree, "usr/bin/absolute"));
  fs.symlinkSync("../../../../../../etc/passwd", path.join(tree, "usr/bin/climbing"));
  fs.symlinkSync("../../../outside", path.join(tree, "usr/bin/escaping"));
  fs.symlinkSync("loop-b", path.join(tree, "usr/bin/loop-a"));
  fs.symlinkSync("loop-a", path.join(tree, "usr/bin/loop-b"));
  fs.symlinkSync("nowhere", path.join(tree, "usr/bin/dangling"));
  for (let n = 0; n <= 41; n++) fs.symlinkSync(n === 0 ? "ls" : `hop${n - 1}`, path.join(tree, `usr/bin/hop${n}`));
  execFileSync("mkfifo", [path.join(tree, "etc/fifo")]);
  fs.writeFileSync(Buffer.concat([Buffer.from(path.join(tree, "usr/bin/")), Buffer.from([0xff, 0x0a, 0x41])]), "odd");
  root = openRoot(tree);
});

afterAll(() => {
  fs.rmSync(dir, { recursive: true, force: true });
});

describe("resolving inside the root", () => {
  test("an alias directory is resolved, the last name is kept", () => {
    expect(root.canonical("/bin/absolute")).toBe("/usr/bin/absolute");
    expect(root.realpath("/bin/absolute")).toBe("/etc/passwd");
  });

  test("links never lead out", () => {
    expect(root.read("/bin/absolute")?.toString()).toBe("inside");
    expect(root.read("/bin/climbing")?.toString()).toBe("inside");
    expect(root.realpath("/bin/escaping")).toBeNull();
    expect(root.realpath("/../../outside")).toBeNull();
  });

  test("dots and doubled slashes", () => {
    expect(root.canonical("//usr/./bin//ls/")).toBe("/usr/bin/ls");
    expect(root.canonical("/bin/..")).toBe("/usr");
    expect(root.canonical("/usr/bin/../bin/ls")).toBe("/usr/bin/ls");
    expect(root.canonical("/")).toBe("/");
  });

  test("a file is no directory, as ENOTDIR", () => {
    expect(root.realpath("/etc/passwd/../passwd")).toBeNull();
    expect(root.lstat("/etc/passwd/x")).toBeNull();
  });

  test("40 links are followed, 41 and loops are not", () => {
    expect(root.realpath("/usr/bin/hop39")).toBe("/usr/bin/ls");
    expect(root.realpath("/usr/bin/hop40")).toBeNull();
    expect(root.realpath("/usr/bin/loop-a")).toBeNull();
  });

  test("a dangling link is there but leads nowhere", () => {
    expect(root.lstat("/bin/dangling")?.isSymbolicLink()).toBe(true);
    expect(root.stat("/bin/dangling")).toBeNull();
  });

  test("a directory that appears later is found", () => {
    expect(root.canonical("/late/x")).toBeNull();
    fs.mkdirSync(path.join(tree, "late"));
    expect(root.canonical("/late/x")).toBe("/late/x");
  });

  test("the host's own realpath agrees on every entry of /usr/bin of this host", () => {
    const host = openRoot("/");
    for (const name of host.list("/usr/bin") ?? []) {
      const here = `/bin/${name}`;
      const expected = fs.existsSync(here) ? fs.realpathSync(here) : null;
      expect(host.realpath(here)).toBe(expected);
    }
  });
});

describe("hostile names", () => {
  test("bytes that are no UTF-8, and a newline, come back", () => {
    const name = fromBytes(Uint8Array.from([0xff, 0x0a, 0x41]));
    expect(root.list("/bin")).toContain(name);
    expect(root.read(`/bin/${name}`)?.toString()).toBe("odd");
  });

  test("a name no file can have is not there", () => {
    for (const name of ["/usr/bin/l\0s", "/usr\0/bin/ls", "/usr/bin/\ud800", `/${"x".repeat(300)}`]) {
      expect(root.lstat(name)).toBeNull();
      expect(root.realpath(name)).toBeNull();
      expect(root.read(name)).toBeNull();
      expect(root.list(name)).toBeNull();
    }
  });
});

describe("reading", () => {
  test("FIFOs, devices and directories are not opened", () => {
    expect(root.open("/etc/fifo")).toBeNull();
    expect(root.open("/etc")).toBeNull();
    expect(openRoot("/").open("/dev/zero")).toBeNull();
  });

  test("the limit cuts", () => {
    expect(root.read("/etc/passwd", 3)?.toString()).toBe("ins");
    expect(root.read("/etc/passwd", 6)?.toString()).toBe("inside");
    expect(root.read("/etc/passwd", 0)?.toString()).toBe("");
  });

  test("files of /proc, whose size reads 0, are read whole", () => {
    const mounts = openRoot("/").read("/proc/self/smaps");
    expect(mounts?.length).toBeGreaterThan(70_000 / 8);
    expect(mounts?.toString()).toMatch(/VmFlags:.*\n$/);
  });
});

describe("roots of processes", () => {
  test("/proc/PID/root and what is below it keep the magic link", () => {
    expect(openRoot("/proc/self/root").dir).toBe("/proc/self/root");
    const below = openRoot(`/proc/${process.pid}/root${tree}/bin/..`);
    expect(below.dir).toBe(`/proc/${process.pid}/root${path.join(tree)}`);
    expect(below.read("/etc/passwd")?.toString()).toBe("inside");
  });

  test("what does not exist throws", () => {
    expect(() => openRoot("/proc/self/root/does-not-exist")).toThrow(/ENOENT/);
    expect(() => openRoot(path.join(dir, "none"))).toThrow(/ENOENT/);
    expect(() => openRoot(path.join(dir, "outside"))).toThrow(/ENOTDIR/);
  });
});
