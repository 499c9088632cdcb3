import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import type { Identities } from "../../src/identity/result.ts";
import { identities as schema } from "../../src/identity/schema.ts";
import { whoforks, type RunOptions } from "../support/whoforks.ts";
import { codes, hasDpkg, isRoot, need, useMadeRoot } from "./identity-made-root.ts";

const rootOf = useMadeRoot();
const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

async function identified(
  args: readonly string[],
  options: RunOptions = {},
): Promise<Identities & { exitCode: number | null }> {
  const { exitCode, stdout, stderr } = await whoforks(["identify", "--json", ...args], options);
  const json: unknown = stdout === "" ? stderr : JSON.parse(stdout);
  const checked = schema.safeParse(json);
  if (!checked.success) throw new Error(`${checked.error.message}\n${stdout}${stderr}`);
  return { ...(json as Identities), exitCode };
}

/** Starts a program and waits until it runs: its first line on standard output says so. */
async function running(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...env } });
  started.push(child);
  await new Promise((resolve, reject) => {
    child.stdout.once("data", resolve);
    child.once("error", reject);
    child.once("exit", () => reject(new Error("ended before it said anything")));
  });
  return child.pid as number;
}

describe("a file", () => {
  test("of a package is genuine: exit 0, and its commands say the same", async (context) => {
    need(context, hasDpkg, "a Debian host");
    const { identities, exitCode } = await identified(["/bin/ls"]);
    expect(exitCode).toBe(0);
    expect(identities[0]).toMatchObject({ verdict: "genuine", concern: "none", owner: { package: "coreutils" } });
    const [owner, verify] = identities[0]?.checks ?? [];
    const [ask = "", ...path] = owner?.command ?? [];
    expect(spawnSync(ask, path, { encoding: "utf8" }).stdout).toMatch(/^coreutils: \/(?:usr\/)?bin\/ls$/m);
    const [check = "", ...name] = verify?.command ?? [];
    expect(spawnSync(check, name, { encoding: "utf8" }).stdout).not.toMatch(/\/bin\/ls$/m);
  });

  test("that bears a packaged name is an impostor: said in the first line, exit 1", async () => {
    const root = rootOf(true);
    root.install({ name: "at", files: { "usr/sbin/atd": "genuine" } });
    root.write("/usr/bin/atd", "other");
    const { stdout, exitCode } = await whoforks(["identify", "--root", root.dir, "/usr/bin/atd"]);
    expect(exitCode).toBe(1);
    const lines = stdout.split("\n");
    expect(lines[0]).toBe("IMPOSTOR: /usr/bin/atd");
    expect(stdout).toContain("bears the name of /usr/sbin/atd of package at");
    expect(lines.length).toBeLessThanOrEqual(24);
    const { identities } = await identified(["--root", root.dir, "/usr/bin/atd"]);
    const outcome = identities[0]?.checks.map(({ code, command }) => {
      const [program = "", ...args] = command;
      return [code, spawnSync(program, args).status];
    });
    expect(outcome).toEqual([
      ["identity-check.owned-by-nobody", 1],
      ["identity-check.compare", 1],
    ]);
  });

  test("is described in Chinese as well", async () => {
    const root = rootOf(true);
    root.install({ name: "at", files: { "usr/sbin/atd": "genuine" } });
    root.write("/usr/sbin/atd", "changed");
    const { stdout } = await whoforks(["identify", "--lang", "zh-CN", "--root", root.dir, "/usr/sbin/atd"]);
    expect(stdout.split("\n")[0]).toMatch(/：\/usr\/sbin\/atd$/);
    expect(stdout).toContain("软件包 at");
  });

  test("may have any name, be relative, and stand beside others", async () => {
    const root = rootOf(true);
    root.install({ name: "git", files: { "usr/bin/git": "genuine" } });
    for (const name of ["gi?", "[", "a\nb", "x (deleted)", "812", "--json"]) root.write(`/usr/bin/${name}`, "other");
    fs.writeFileSync(Buffer.concat([Buffer.from(root.host("/usr/bin/")), Buffer.from([0xff, 0xfe])]), "bytes");
    const script = String.raw`cd "$1"; shift; exec "$@" "$(printf '\377\376')" 'gi?' '[' "$(printf 'a\nb')" 'x (deleted)' ./812 ./--json ../bin//git`;
    const node = [process.execPath, fs.realpathSync("bin/whoforks"), "identify", "--json", "--root", root.dir];
    const { stdout, stderr } = spawnSync("sh", ["-c", script, "sh", root.host("/usr/bin"), ...node], {
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    const result = JSON.parse(stdout) as Identities;
    expect(schema.safeParse(result).success).toBe(true);
    expect(result.couldNotLook).toEqual([]);
    expect(result.identities.map(({ path, verdict }) => [path, verdict])).toEqual([
      [{ bytes: Buffer.from("/usr/bin/\xff\xfe", "latin1").toString("base64") }, "unpackaged"],
      ["/usr/bin/gi?", "unpackaged"],
      ["/usr/bin/[", "unpackaged"],
      ["/usr/bin/a\nb", "unpackaged"],
      ["/usr/bin/x (deleted)", "unpackaged"],
      ["/usr/bin/812", "unpackaged"],
      ["/usr/bin/--json", "unpackaged"],
      ["/usr/bin/../bin/git", "genuine"],
    ]);
    // The commands for a name that is a pattern to dpkg-query do not find what the pattern would.
    const [program = "", ...args] = result.identities[1]?.checks[0]?.command ?? [];
    expect(spawnSync(program, args, { encoding: "utf8" })).toMatchObject({ status: 1, stdout: "" });
  });

  test("prints nothing of a name that a terminal would obey", async () => {
    const root = rootOf(true);
    root.write("/usr/bin/\u001b]52;c;x\u0007\u202e", "other");
    const { stdout } = await whoforks(["identify", "--root", root.dir, "/usr/bin/\u001b]52;c;x\u0007\u202e"]);
    // eslint-disable-next-line no-control-regex
    expect(stdout.replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect(stdout.split("\n")[0]).toContain(String.raw`\x1b]52`);
  });

  test("that is a FIFO or a device is not opened", async () => {
    const root = rootOf(true);
    execFileSync("mkfifo", [root.host("/usr/bin/pipe")]);
    execFileSync("mknod", [root.host("/usr/bin/device"), "c", "10", "130"]);
    const { identities } = await identified(["--root", root.dir, "/usr/bin/pipe", "/usr/bin/device", "/usr/bin"]);
    expect(identities.map(({ reasons }) => codes(reasons)["identity.not-a-regular-file"])).toEqual([
      "weak",
      "weak",
      "weak",
    ]);
  });

  test("that is not there, or outside of --root, is unusable: exit 2", async () => {
    const root = rootOf(true);
    expect(await identified(["/no/such/file"])).toMatchObject({
      exitCode: 2,
      identities: [],
      couldNotLook: [{ what: "/no/such/file", code: "identify.no-file" }],
    });
    expect((await whoforks(["identify", "--root", root.dir, "bin/ls"])).exitCode).toBe(2);
    expect((await whoforks(["identify", "--root", root.dir, "1"])).exitCode).toBe(2);
    expect((await whoforks(["identify", "--root", "/no/such/root", "/bin/ls"])).exitCode).toBe(2);
    expect((await whoforks(["identify"])).exitCode).toBe(2);
  });

  test("that a package owns and that is gone is a problem; one without a digest is inconclusive", async () => {
    const root = rootOf(true);
    root.install({ name: "at", files: { "usr/sbin/atd": "genuine" } });
    fs.rmSync(root.host("/usr/sbin/atd"));
    const gone = await identified(["--root", root.dir, "/usr/sbin/atd"]);
    expect(gone).toMatchObject({ exitCode: 1, identities: [{ verdict: "deleted", owner: { package: "at" } }] });
    root.write("/usr/sbin/atd", "genuine");
    fs.rmSync(root.host("/var/lib/dpkg/info/at.md5sums"));
    const unknown = await identified(["--root", root.dir, "/usr/sbin/atd"]);
    expect(unknown).toMatchObject({ exitCode: 3, identities: [{ verdict: "unverifiable", concern: "unsure" }] });
  });
});

describe("a process", () => {
  const SAY_AND_WAIT = ["-c", "echo up; read x"];

  test("is judged by its program", async (context) => {
    need(context, hasDpkg, "a Debian host");
    const pid = await running("/bin/dash", SAY_AND_WAIT);
    const { identities, exitCode } = await identified([String(pid)]);
    expect(exitCode).toBe(0);
    expect(identities[0]).toMatchObject({
      verdict: "genuine",
      owner: { package: "dash" },
      process: { pid, comm: "dash", argv0: "/bin/dash" },
    });
  });

  test("whose program was deleted: it is read all the same, exit 1", async (context) => {
    need(context, isRoot, "root");
    const folder = fs.mkdtempSync("/tmp/whoforks-identify-");
    try {
      fs.copyFileSync("/bin/dash", `${folder}/prog`);
      const pid = await running(`${folder}/prog`, SAY_AND_WAIT);
      fs.rmSync(`${folder}/prog`);
      const { identities, exitCode } = await identified([String(pid)]);
      expect(exitCode).toBe(1);
      expect(identities[0]).toMatchObject({
        path: `${folder}/prog (deleted)`,
        verdict: "deleted",
        concern: "problem",
        file: { sha256: createHash("sha256").update(fs.readFileSync("/bin/dash")).digest("hex") },
        elf: { bits: 64 },
      });
      expect(identities[0]?.checks[0]?.command).toEqual(["ls", "-l", `/proc/${pid}/exe`]);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  test("that runs from memory: memory-only, with the digest of what it runs", async (context) => {
    const call = { x64: 319, arm64: 279 }[process.arch as string];
    need(context, isRoot && call !== undefined && fs.existsSync("/usr/bin/perl"), "root, perl, x86-64 or arm64");
    const script = `my $n = "kworker/0:1"; my $fd = syscall(${call}, $n, 0); open(my $in, "<", "/bin/dash"); binmode $in;
      open(my $out, ">&=", $fd); binmode $out; local $/; my $all = <$in>; print {$out} $all; $out->flush;
      exec { "/proc/self/fd/$fd" } "kworker/0:1", "-c", "echo up; read x"`;
    const pid = await running("/usr/bin/perl", ["-MIO::Handle", "-e", script]);
    const { identities, exitCode } = await identified([String(pid)]);
    expect(exitCode).toBe(1);
    expect(identities[0]).toMatchObject({
      verdict: "memory-only",
      attack: ["T1620", "T1036.005"],
      file: { sha256: createHash("sha256").update(fs.readFileSync("/bin/dash")).digest("hex") },
      process: { argv0: "kworker/0:1" },
    });
  });

  test("that is not there is unusable; one that may not be seen needs privilege; a kernel thread runs no file", async (context) => {
    const { pid } = spawnSync("/bin/true");
    expect(await identified([String(pid)])).toMatchObject({
      exitCode: 2,
      couldNotLook: [{ code: "identify.no-process" }],
    });
    const comm = (number: number): string => fs.readFileSync(`/proc/${number}/comm`, "utf8").trim();
    if (fs.existsSync("/proc/2/comm") && comm(2) === "kthreadd") {
      expect(await identified(["2"])).toMatchObject({
        exitCode: 3,
        couldNotLook: [{ code: "identify.kernel-thread" }],
      });
    }
    need(context, isRoot, "root, to ask as another user");
    const ours = await running("/bin/dash", SAY_AND_WAIT);
    expect(await identified([String(ours)], { uid: 65534 })).toMatchObject({
      exitCode: 4,
      couldNotLook: [{ code: "identify.no-permission" }],
    });
  });
});
