import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databaseAge } from "../../src/footing/checks/database-age.ts";
import { footingOf, type Footing } from "../../src/footing/index.ts";
import { examiner } from "../../src/identity/index.ts";
import { footing as schema } from "../../src/identity/footing-schema.ts";
import { openRoot } from "../../src/platform/root.ts";
import { needsProgram } from "../support/needs.ts";
import { whoforks } from "../support/whoforks.ts";
import { madeRoot, type MadeRoot } from "./identity-made-root.ts";

/** Looks at roots of its own and at the environment of a process of its own; nothing of the host is changed. */
function lookAt(dir: string): Promise<Footing> {
  const root = openRoot(dir);
  return footingOf({ root, examiner: examiner(root), self: null, now: Date.now() });
}
const told = ({ findings }: Pick<Footing, "findings">): string[] =>
  findings.map(({ code, args: { path: where, file }, weight }) => [weight, code, where ?? file].join(" "));

describe("the tools of a root", () => {
  let made: MadeRoot;
  beforeAll(() => {
    made = madeRoot(true);
    made.install({
      name: "procps",
      files: { "/usr/bin/ps": "genuine ps", "/usr/bin/top": "genuine top", "/usr/bin/ls": "genuine ls" },
    });
  });
  afterAll(() => made.remove());

  test("as their packages shipped them are no finding", async () => {
    expect(told(await lookAt(made.dir))).toEqual([]);
  });

  test("a changed ps, an ls that stands in the way, a netstat of nobody: each is one, and none is run", async () => {
    fs.writeFileSync(made.host("usr/bin/ps"), "#!/bin/sh\ntouch /tmp/whoforks-was-run\n", { mode: 0o755 });
    made.write("usr/local/bin/ls", "#!/bin/sh\ntouch /tmp/whoforks-was-run\n");
    made.write("usr/sbin/netstat", "#!/bin/sh\ntouch /tmp/whoforks-was-run\n");
    expect(told(await lookAt(made.dir))).toEqual([
      "strong footing.tool-altered /usr/bin/ps",
      "strong footing.tool-altered /usr/sbin/netstat",
      "medium footing.tool-local /usr/local/bin/ls",
    ]);
    expect(fs.existsSync("/tmp/whoforks-was-run")).toBe(false);
  });

  test("stand above the report of identify and of origin, in JSON too, and change the exit code", async () => {
    for (const command of ["identify", "origin"]) {
      const { stdout, exitCode } = await whoforks([command, "--root", made.dir, "--lang", "en", "/usr/bin/top"]);
      expect(stdout).toMatch(/^THIS MAY BE WRONG/);
      expect(stdout).toContain("/usr/bin/ps is not what its package shipped");
      expect(exitCode).toBe(1);
      const json = await whoforks([command, "--root", made.dir, "--json", "/usr/bin/top"]);
      const footing = schema.parse((JSON.parse(json.stdout) as { footing: unknown }).footing);
      expect(footing.findings.length).toBe(3);
    }
    const chinese = await whoforks(["identify", "--root", made.dir, "--lang", "zh-CN", "/usr/bin/top"]);
    expect(chinese.stdout).toMatch(/^以下结果可能有误/);
  });

  test("ld.so.preload: of nobody, of a package, empty, and a FIFO that nobody opens", async () => {
    const other = madeRoot(true);
    try {
      other.install({ name: "lib", files: { "/usr/lib/own.so": "x" } });
      const preload = async (): Promise<string[]> => told(await lookAt(other.dir));
      other.write("etc/ld.so.preload", "# nothing\n");
      expect(await preload()).toEqual([]);
      other.write("etc/ld.so.preload", "/usr/lib/own.so\n");
      expect(await preload()).toEqual(["medium footing.preload /etc/ld.so.preload"]);
      other.write("etc/ld.so.preload", "/usr/lib/own.so /usr/lib/libgcwrap.so # x");
      expect(await preload()).toEqual(["strong footing.preload-unowned /etc/ld.so.preload"]);
      fs.rmSync(other.host("etc/ld.so.preload"));
      execFileSync("mkfifo", [other.host("etc/ld.so.preload")]);
      expect(await preload()).toEqual(["strong footing.preload-strange /etc/ld.so.preload"]);
    } finally {
      other.remove();
    }
  });

  test("a digest that was rewritten after the last action of dpkg; a database that was copied whole tells nothing", async () => {
    const root = madeRoot(true);
    try {
      for (const name of ["one", "two", "three"]) root.install({ name, files: { [`/usr/bin/${name}`]: name } });
      fs.mkdirSync(root.host("var/log"), { recursive: true });
      fs.symlinkSync(
        `/usr/share/zoneinfo/${Intl.DateTimeFormat().resolvedOptions().timeZone}`,
        root.host("etc/localtime"),
      );
      const log = root.host("var/log/dpkg.log");
      fs.copyFileSync(path.join(path.dirname(root.dir), "dpkg.log"), log);
      const look = (slack: number): ReturnType<typeof databaseAge> => {
        const opened = openRoot(root.dir);
        return databaseAge({ root: opened, examiner: examiner(opened), self: null, now: Date.now() }, slack);
      };
      expect((await look(60_000)).findings).toEqual([]);
      // The log tells seconds: the next action must be in a later one.
      await after(3500);
      fs.appendFileSync(root.host("var/lib/dpkg/info/two.md5sums"), "0".repeat(32) + "  usr/bin/else\n");
      expect(told(await look(2000))).toEqual(["medium footing.database-younger /var/lib/dpkg/info/two.md5sums"]);
      fs.writeFileSync(log, "2020-01-01 00:00:00 startup archives unpack\n");
      const copied = await look(60_000);
      expect(copied.findings).toEqual([]);
      expect(copied.gaps.map(({ code }) => code)).toEqual(["footing.copied-database"]);
    } finally {
      root.remove();
    }
  });
});

describe("this process", () => {
  test("tells of a library that was put into it, and by what package it is", async (context) => {
    needsProgram(context, "dpkg");
    const folder = fs.mkdtempSync("/tmp/whoforks-footing-");
    try {
      const library = execFileSync("/bin/sh", ["-c", "ls /usr/lib/*-linux-gnu/libm.so.6 | head -1"], {
        encoding: "utf8",
      }).trim();
      fs.copyFileSync(library, `${folder}/libm.so.6`);
      const ask = async (preload: string): Promise<Footing> => {
        const { stdout } = await whoforks(["doctor", "--json"], { env: { LD_PRELOAD: preload } });
        return schema.parse((JSON.parse(stdout) as { footing: unknown }).footing) as Footing;
      };
      const foreign = await ask(`${folder}/libm.so.6`);
      expect(foreign.findings.map(({ code, weight }) => `${weight} ${code}`)).toEqual(
        expect.arrayContaining(["strong footing.own-preload", "medium footing.own-code"]),
      );
      expect(foreign.program?.whoforks.sha256).toMatch(/^[0-9a-f]{64}$/);
      const own = await ask(library);
      expect(own.findings.find(({ code }) => code === "footing.own-preload")).toMatchObject({ weight: "medium" });
      expect(own.findings.map(({ code }) => code)).not.toContain("footing.own-code");
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});
