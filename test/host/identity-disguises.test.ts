import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { examiner } from "../../src/identity/index.ts";
import type { Identities, IdentifiedFile } from "../../src/identity/result.ts";
import { openRoot } from "../../src/platform/root.ts";
import { whoforks } from "../support/whoforks.ts";
import { codes, hasDpkg, isRoot, need, useMadeRoot } from "./identity-made-root.ts";

const rootOf = useMadeRoot();
const started: ChildProcess[] = [];
const folders: string[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true });
});

function temporary(): string {
  const folder = fs.mkdtempSync("/tmp/whoforks-disguise-");
  folders.push(folder);
  return folder;
}

/** Starts a program, waits for its first line, and gives what `identify` says of the process. */
async function running(
  file: string,
  args: readonly string[],
  options: { argv0?: string; env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<{ file: IdentifiedFile; exitCode: number | null }> {
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"], ...options });
  started.push(child);
  await new Promise((resolve, reject) => {
    child.stdout.once("data", resolve);
    child.once("exit", () => reject(new Error("ended before it said anything")));
  });
  const { stdout, stderr, exitCode } = await whoforks(["identify", "--json", String(child.pid)]);
  const [found] = (JSON.parse(stdout === "" ? stderr : stdout) as Identities).identities;
  if (found === undefined) throw new Error(stdout);
  return { file: found, exitCode };
}
const WAIT = ["-c", "echo up; read x"];

describe("files", () => {
  test("with the name of a kernel thread, or one or two letters from a packaged daemon's", () => {
    const root = rootOf(true);
    root.install({ name: "cron", files: { "usr/sbin/crond": "cron", "usr/bin/systemd-resolved": "resolved" } });
    const who = examiner(openRoot(root.dir));
    const reasonsOf = (path: string): Record<string, string> => {
      root.write(path, `content of ${path}`);
      return codes(who.identify(path).reasons);
    };
    expect(reasonsOf("/usr/bin/ksmd")).toMatchObject({ "identity.kernel-thread-name": "strong" });
    expect(reasonsOf("/usr/bin/[kworker]")).toMatchObject({ "identity.kernel-thread-name": "strong" });
    expect(reasonsOf("/usr/sbin/crondd")).toMatchObject({ "identity.resembles-packaged": "medium" });
    expect(reasonsOf("/usr/bin/systemd-resolvd")).toMatchObject({ "identity.resembles-packaged": "medium" });
    expect(reasonsOf("/usr/bin/corn-job")).not.toHaveProperty("identity.resembles-packaged");
  });

  test("with the content of a packaged program under another name", () => {
    const root = rootOf(true);
    root.install({ name: "shell", files: { "usr/bin/bash": "a shell" } });
    root.write("/usr/sbin/updater", "a shell");
    const found = examiner(openRoot(root.dir)).identify("/usr/sbin/updater");
    expect(codes(found.reasons)).toMatchObject({ "identity.content-of-packaged": "medium" });
    expect(found.attack).toContain("T1036.003");
    expect(found.reasons.find(({ code }) => code === "identity.content-of-packaged")?.args).toEqual({
      package: "shell",
      path: "/usr/bin/bash",
    });
  });

  test("whose interpreter nobody owns", () => {
    const root = rootOf(true);
    root.install({
      name: "tool",
      files: { "usr/bin/tool": "#!/usr/lib/x/run -q\n", "usr/bin/good": "#!/usr/bin/env sh\n", "usr/bin/sh": "shell" },
    });
    root.write("/usr/lib/x/run", "other");
    const who = examiner(openRoot(root.dir));
    expect(codes(who.identify("/usr/bin/tool").reasons)).toMatchObject({ "identity.interpreter-of-nobody": "strong" });
    expect(codes(who.identify("/usr/bin/good").reasons)).not.toHaveProperty("identity.interpreter-of-nobody");
  });
});

describe("processes", () => {
  test("that call themselves as kernel threads do", async (context) => {
    need(context, isRoot && hasDpkg, "root on a Debian host");
    const { file, exitCode } = await running("/bin/dash", WAIT, { argv0: "[kswapd0]" });
    expect(exitCode).toBe(1);
    expect(file).toMatchObject({ verdict: "genuine", concern: "problem" });
    expect(codes(file.reasons)).toMatchObject({ "identity.kernel-thread-name": "strong" });
    expect(file.attack).toContain("T1036.005");
  });

  test("of nobody's file that call themselves as a packaged program does", async (context) => {
    need(context, isRoot && hasDpkg, "root on a Debian host");
    const kit = `${temporary()}/kit`;
    fs.copyFileSync("/bin/dash", kit);
    const { file } = await running(kit, WAIT, { argv0: "/usr/bin/dpkg: worker" });
    expect(file.reasons.find(({ code }) => code === "identity.calls-itself-packaged")).toMatchObject({
      weight: "medium",
      args: { name: "dpkg", package: "dpkg", path: "/usr/bin/dpkg" },
    });
    expect(file.attack).toContain("T1036.005");
    const honest = await running(kit, WAIT, { argv0: "kit" });
    expect(codes(honest.file.reasons)).not.toHaveProperty("identity.calls-itself-packaged");
    const packaged = await running("/bin/dash", WAIT, { argv0: "dpkg" });
    expect(codes(packaged.file.reasons)).not.toHaveProperty("identity.calls-itself-packaged");
  });

  test("with a library of LD_PRELOAD: of a package, or of nobody", async (context) => {
    const libm = fs
      .readdirSync("/usr/lib")
      .map((name) => `/usr/lib/${name}/libm.so.6`)
      .find((path) => fs.existsSync(path));
    need(context, isRoot && hasDpkg && libm !== undefined, "root on a Debian host with a C library");
    const packaged = await running("/bin/dash", WAIT, { env: { LD_PRELOAD: libm } });
    expect(packaged).toMatchObject({ exitCode: 0, file: { verdict: "genuine", concern: "none" } });
    expect(codes(packaged.file.reasons)).toMatchObject({ "identity.preloaded": "weak" });
    const library = `${temporary()}/libx.so`;
    fs.copyFileSync(libm as string, library);
    const foreign = await running("/bin/dash", WAIT, { env: { LD_PRELOAD: library } });
    expect(foreign).toMatchObject({ exitCode: 1, file: { verdict: "genuine", concern: "problem" } });
    expect(codes(foreign.file.reasons)).toMatchObject({ "identity.preloaded": "strong" });
    expect(foreign.file.attack).toContain("T1574.006");
  });

  test("that run a script, or a program by the loader, are judged by that", async (context) => {
    need(context, isRoot && hasDpkg, "root on a Debian host");
    const folder = temporary();
    fs.writeFileSync(`${folder}/job`, "#!/bin/sh\necho up; read x\n", { mode: 0o755 });
    const script = await running(`${folder}/job`, []);
    expect(script.exitCode).toBe(1);
    expect(script.file).toMatchObject({ verdict: "genuine", owner: { package: "dash" }, concern: "problem" });
    expect(script.file.reasons.find(({ code }) => code === "identity.runs-script")).toMatchObject({
      weight: "strong",
      args: { path: `${folder}/job`, verdict: "unpackaged" },
    });
    const beside = await running("/bin/dash", ["./job"], { cwd: folder });
    expect(beside.file.reasons.find(({ code }) => code === "identity.runs-script")?.args).toMatchObject({
      verdict: "unpackaged",
    });
    // The one of x86-64; other machines have others.
    const loader = "/lib64/ld-linux-x86-64.so.2";
    if (!fs.existsSync(loader)) return;
    fs.copyFileSync("/bin/dash", `${folder}/prog`);
    const loaded = await running(loader, [`${folder}/prog`, ...WAIT]);
    expect(loaded.exitCode).toBe(1);
    expect(codes(loaded.file.reasons)).toMatchObject({ "identity.run-by-loader": "strong" });
  });

  test("of a package that runs nothing else are genuine", async (context) => {
    need(context, isRoot && hasDpkg, "root on a Debian host");
    const { file, exitCode } = await running("/bin/dash", WAIT);
    expect(exitCode).toBe(0);
    expect(file.reasons.filter(({ weight }) => weight === "strong" || weight === "medium")).toEqual([]);
  });
});

describe("faults", () => {
  test("a file that grows while it is read gets the digest of one moment, or none", async () => {
    const root = rootOf(true);
    root.write("/usr/bin/growing", "x".repeat(8 << 20));
    const file = root.host("/usr/bin/growing");
    const child = spawn("/bin/sh", [
      "-c",
      `n=0; while [ $n -lt 20000 ]; do printf x >> "$1"; n=$((n+1)); done`,
      "sh",
      file,
    ]);
    started.push(child);
    const who = examiner(openRoot(root.dir));
    for (let look = 0; look < 10; look++) {
      const { file: facts, reasons } = who.identify("/usr/bin/growing");
      const told = codes(reasons);
      if (facts?.sha256 === "") expect(told).toMatchObject({ "identity.changes-while-read": "medium" });
      else
        expect(facts?.sha256).toBe(
          createHash("sha256")
            .update("x".repeat(facts?.size ?? 0))
            .digest("hex"),
        );
      await new Promise((resolve) => setImmediate(resolve));
    }
  });

  test("a sparse file of gigabytes is not read, and that is said", () => {
    const root = rootOf(true);
    root.write("/usr/bin/sparse", "x");
    root.write("/usr/bin/endless", "x");
    fs.truncateSync(root.host("/usr/bin/sparse"), 4 * 2 ** 30);
    fs.truncateSync(root.host("/usr/bin/endless"), 2 ** 40);
    const who = examiner(openRoot(root.dir));
    expect(codes(who.identify("/usr/bin/sparse").reasons)).toMatchObject({ "identity.sparse": "medium" });
    expect(codes(who.identify("/usr/bin/endless").reasons)).toHaveProperty("identity.too-large-to-read");
    expect(who.asShipped("/usr/bin/sparse")).toBeNull();
  });
});
