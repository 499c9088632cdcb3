import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { systemdTree, whyNoSystemd } from "../../lab/systemd-tree.mjs";
import type { Identities } from "../../src/identity/result.ts";
import { identities as schema } from "../../src/identity/schema.ts";
import { whoforks } from "../support/whoforks.ts";
import { hasDpkg, isRoot, need, useMadeRoot } from "./identity-made-root.ts";

const rootOf = useMadeRoot();
const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

async function everything(...args: string[]): Promise<Identities & { exitCode: number | null }> {
  const { exitCode, stdout, stderr } = await whoforks(["identify", "--all", "--json", ...args]);
  if (stdout === "") throw new Error(stderr);
  const json: unknown = JSON.parse(stdout);
  expect(schema.safeParse(json).error?.message).toBeUndefined();
  return { ...(json as Identities), exitCode };
}

const verdicts = ({ identities }: Identities): unknown[] =>
  identities.map(({ path, verdict, concern }) => [concern, verdict, path]);

describe("a root", () => {
  test(
    "every program of a fresh Debian belongs to its package, as dpkg says",
    { timeout: 300_000 },
    async (context) => {
      need(context, whyNoSystemd() === null, `a tree made by debootstrap: ${whyNoSystemd()}`);
      const tree = systemdTree();
      const result = await everything("--root", tree);
      // Each of them excused by a reason, or dpkg --verify says the same.
      const untrue = result.identities.filter(({ verdict }) => verdict !== "modified");
      expect(untrue.length).toBeLessThanOrEqual(2);
      for (const { path, reasons } of untrue)
        expect([path, reasons.map(({ weight }) => weight)]).toEqual([path, expect.arrayContaining(["exculpatory"])]);
      const changed = spawnSync("dpkg", [`--root=${tree}`, "--verify"], {
        encoding: "utf8",
        maxBuffer: 1 << 28,
      }).stdout;
      for (const { path } of result.identities.filter(({ verdict }) => verdict === "modified"))
        expect(changed).toContain(path.replace(/^\/usr/, ""));
      const present = ["usr/bin", "usr/sbin"].flatMap((directory) =>
        fs.readdirSync(`${tree}/${directory}`).map((name) => `/${directory}/${name}`),
      );
      expect(result.scanned).toBeGreaterThan(present.length * 0.9);
      expect(result.found).toBe(result.scanned);
      expect(result.running).toBeNull();
      expect(result.supervised).toBeGreaterThan(5);
      // The oracle: what dpkg finds no owner for, neither under its name nor under the one before /usr was merged.
      const listed = new Set(
        fs
          .readdirSync(`${tree}/var/lib/dpkg/info`)
          .filter((name) => name.endsWith(".list"))
          .flatMap((name) => fs.readFileSync(`${tree}/var/lib/dpkg/info/${name}`, "utf8").split("\n")),
      );
      const isUnlisted = (path: string): boolean => {
        const link = fs.lstatSync(tree + path).isSymbolicLink() ? fs.readlinkSync(tree + path) : "";
        return !listed.has(path) && !listed.has(path.slice("/usr".length)) && !link.startsWith("/etc/alternatives/");
      };
      expect(untrue.map(({ path }) => path).filter((path) => !isUnlisted(path))).toEqual([]);
    },
  );

  test("what is wrong in it is found once, whatever its number of names, the worst first", async () => {
    const root = rootOf(true);
    root.install({
      name: "at",
      files: {
        "usr/sbin/atd": "genuine",
        "usr/bin/at": "at",
        "usr/bin/batch": "batch",
        "lib/systemd/system/atd.service": "[Service]\nExecStart=/usr/local/lib/x/worker\nRestart=always\n",
      },
    });
    root.write("/usr/bin/atd", "other");
    fs.linkSync(root.host("/usr/bin/atd"), root.host("/usr/sbin/zz-other-name"));
    root.write("/usr/bin/at", "changed");
    root.write("/usr/local/bin/mine", "local");
    root.write("/usr/local/lib/x/worker", "local");
    root.write("/opt/lib/pre.so", "library", 0o644);
    root.write("/usr/lib/hook.so", "library", 0o644);
    root.write("/etc/ld.so.preload", "/usr/lib/hook.so # for all\n/usr/lib/gone.so", 0o644);
    root.write("/usr/bin/notes.txt", "no program", 0o644);
    execFileSync("mkfifo", ["-m", "755", root.host("/usr/bin/pipe")]);
    const result = await everything("--root", root.dir);
    expect(result.exitCode).toBe(1);
    expect(verdicts(result)).toEqual([
      ["problem", "impostor", "/usr/bin/atd"],
      ["problem", "modified", "/usr/bin/at"],
      ["problem", "deleted", "/usr/lib/gone.so"],
      ["problem", "unpackaged", "/usr/lib/hook.so"],
    ]);
    expect(result.identities[0]?.alsoAt).toEqual(["/usr/sbin/zz-other-name"]);
    expect(result.identities[3]?.seenAs).toEqual([{ how: "preload", file: "/etc/ld.so.preload" }]);
    // atd (2 names), at, batch, the genuine atd, mine, worker, hook.so, gone.so
    expect(result).toMatchObject({ scanned: 9, found: 9, problems: 4, unsure: 0, supervised: 1 });
    expect(result.verdicts).toMatchObject({
      genuine: 2,
      local: 2,
      impostor: 1,
      unpackaged: 2,
      modified: 1,
      deleted: 1,
    });
    const { stdout, exitCode } = await whoforks(["identify", "--all", "--root", root.dir]);
    expect(exitCode).toBe(1);
    // What is loaded into every program there casts doubt on all the rest, and stands above it.
    expect(stdout).toMatch(/^THIS MAY BE WRONG/);
    expect(stdout.split("\n")).toContain("4 PROBLEMS");
    expect(stdout).toContain("9 of 9 looked at; 3 owned by packages, 6 by nobody");
    const chinese = await whoforks(["identify", "--all", "--lang", "zh-CN", "--root", root.dir]);
    expect(chinese.stdout.split("\n")).toContain("4 个问题");
  });

  test("a file that stands before a packaged one in a supervisor's search path is found by that", async () => {
    const root = rootOf(false);
    root.install({ name: "at", files: { "usr/sbin/atd": "genuine" } });
    root.write("/etc/init/atd.conf", "respawn\nexec atd\n", 0o644);
    root.write("/usr/bin/atd", "other");
    const { identities } = await everything("--root", root.dir);
    expect(identities[0]).toMatchObject({ path: "/usr/bin/atd", verdict: "impostor" });
    expect(identities[0]?.attack).toContain("T1574.007");
    expect(identities[0]?.seenAs).toContainEqual({
      how: "supervised",
      supervisor: "upstart",
      unit: "atd",
      file: "/etc/init/atd.conf",
    });
  });

  test("set-id programs are found wherever others than root can come to, and a package's own is in order", async (context) => {
    need(context, isRoot, "root, for files of other owners");
    const root = rootOf(true);
    root.install({ name: "ssh", files: { "usr/lib/openssh/keysign": "genuine" } });
    fs.chmodSync(root.host("/usr/lib/openssh/keysign"), 0o4755);
    root.write("/tmp/.x/sh", "a shell of root", 0o4755);
    root.write("/opt/games/score", "a group's", 0o2755);
    root.write("/var/lib/docker/layer/su", "a container's", 0o4755);
    fs.chmodSync(root.host("/var/lib/docker"), 0o710);
    // One's own gives nobody more; without a bit for execution, and as a directory, it gives nothing.
    root.write("/home/lee/own", "mine", 0o4755);
    fs.chownSync(root.host("/home/lee/own"), 1000, 1000);
    fs.chmodSync(root.host("/home/lee/own"), 0o4755);
    root.write("/tmp/off", "off", 0o4644);
    fs.mkdirSync(root.host("/tmp/shared"));
    fs.chmodSync(root.host("/tmp/shared"), 0o2777);
    const result = await everything("--root", root.dir);
    const setId = result.identities.filter(({ seenAs = [] }) => seenAs.some(({ how }) => how === "set-id"));
    expect(setId.map(({ path, verdict, concern }) => [path, verdict, concern])).toEqual([
      ["/tmp/.x/sh", "unpackaged", "problem"],
      ["/opt/games/score", "local", "unsure"],
    ]);
    expect(result.setId).toMatchObject({ programs: 3, isWhole: true });
    expect(result.verdicts).toMatchObject({ genuine: 1 });
    const { stdout } = await whoforks(["identify", "--all", "--everywhere", "--root", root.dir]);
    expect(stdout).toContain(`3 set-id programs elsewhere, among ${result.setId?.names} names`);
  });

  test("nothing wrong is said with how much was looked at", async () => {
    const root = rootOf(true);
    root.install({ name: "at", files: { "usr/sbin/atd": "genuine" } });
    const { stdout, exitCode } = await whoforks(["identify", "--all", "--root", root.dir]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("1 of 1 looked at; 1 owned by packages, 0 by nobody");
    expect(stdout.split("\n")[0]).toBe("NOTHING WRONG");
  });

  test("takes no paths", async () => {
    expect((await whoforks(["identify", "--all", "/bin/ls"])).exitCode).toBe(2);
  });
});

describe("this host", () => {
  test(
    "at most two findings in its search paths are not true, and a running impostor is among them",
    { timeout: 120_000 },
    async (context) => {
      need(context, isRoot && hasDpkg, "root on a Debian host");
      const folder = fs.mkdtempSync("/tmp/whoforks-identify-");
      try {
        fs.copyFileSync("/bin/dash", `${folder}/worker`);
        const child = spawn(`${folder}/worker`, ["-c", "echo up; read x"], { stdio: ["pipe", "pipe", "inherit"] });
        started.push(child);
        await new Promise((resolve) => child.stdout.once("data", resolve));
        const result = await everything();
        const found = result.identities.find(({ path }) => path === `${folder}/worker`);
        expect(found).toMatchObject({
          verdict: "unpackaged",
          concern: "problem",
          process: { pid: child.pid, comm: "worker" },
          seenAs: [{ how: "running", pid: child.pid, comm: "worker" }],
        });
        // What others run on this host is none of this test's business.
        const files = result.identities.filter(({ seenAs = [] }) => seenAs.every(({ how }) => how !== "running"));
        const inSearchPaths = files.filter(({ path }) => /^\/usr\/s?bin\//.test(path));
        expect(inSearchPaths.length, JSON.stringify(inSearchPaths.map(({ path }) => path))).toBeLessThanOrEqual(2);
        expect(result.running).toBeGreaterThan(0);
      } finally {
        fs.rmSync(folder, { recursive: true });
      }
    },
  );
});
