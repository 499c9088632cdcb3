import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Verification } from "../../src/verification/result.ts";
import { verification as schema } from "../../src/verification/schema.ts";
import { verifyPackages } from "../../src/verification/index.ts";
import { openRoot } from "../../src/platform/root.ts";
import { whoforks } from "../support/whoforks.ts";
import { need, useMadeRoot, type MadeRoot } from "./identity-made-root.ts";
import { rpmRoot, RPM_TOOLS } from "./identity-rpm-root.ts";

const rootOf = useMadeRoot();
beforeEach((context) => need(context, fs.existsSync("/usr/bin/debsums"), "debsums"));
const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0)) step();
});

async function verified(dir: string, ...args: string[]): Promise<Verification & { exitCode: number | null }> {
  const { exitCode, stdout, stderr } = await whoforks([
    "identify",
    "--verify-packages",
    "--json",
    "--root",
    dir,
    ...args,
  ]);
  if (stdout === "") throw new Error(stderr);
  const json: unknown = JSON.parse(stdout);
  expect(schema.safeParse(json).error?.message).toBeUndefined();
  return { ...(json as Verification), exitCode };
}

/** The same without a program of its own, and without threads. */
function within(dir: string, cache: string | null = null): ReturnType<typeof verifyPackages> {
  const { signal } = new AbortController();
  return verifyPackages(openRoot(dir), { cache, signal, progress: () => undefined });
}

const found = ({ differences }: Pick<Verification, "differences">): string[] =>
  differences.map(({ kind, path: file }) => `${kind} ${file}`).sort();

/** `dpkg --verify`: `??5?????? c /etc/x`, `missing     /usr/bin/y`. */
function dpkgVerify(dir: string): string[] {
  const { stdout } = spawnSync("dpkg", [`--root=${dir}`, "--verify"], { encoding: "utf8" });
  return [...stdout.matchAll(/^(missing|\S{9})\s+(?:(c)\s+)?(\/.*)$/gm)]
    .map(([, flags, conffile, file]) => `${flags === "missing" ? "missing" : conffile ? "edited" : "modified"} ${file}`)
    .sort();
}

/** Paths that `debsums --all --silent` complains about. */
function debsums(dir: string): string[] {
  const env = { ...process.env, LC_ALL: "C" };
  const { stderr } = spawnSync("debsums", [`--root=${dir}`, "--all", "--silent"], { encoding: "utf8", env });
  const told = [...stderr.matchAll(/^debsums: (?:missing|changed) file (\/.*?) \(from/gm)].map(([, file = ""]) => file);
  const inside = (file: string): string => (file.startsWith(dir) ? file.slice(dir.length) : file);
  return told.map(inside).sort();
}

function filled(): MadeRoot {
  const root = rootOf(true);
  const files = Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`usr/share/many/${n}`, `file ${n}`]));
  root.install({ name: "many", files });
  root.divert("--package", "wrapper", "--divert", "/usr/bin/tool.real", "--add", "/usr/bin/tool");
  root.install({
    name: "tool",
    files: { "usr/bin/tool": "tool", "usr/bin/gone": "gone", "etc/tool.conf": "a", "usr/lib/tool/data": "data" },
    links: { "usr/bin/link": "tool" },
    conffiles: ["/etc/tool.conf"],
  });
  root.install({ name: "wrapper", files: { "usr/bin/tool": "wrapper", "usr/share/doc/wrapper/copyright": "x" } });
  return root;
}

describe("dpkg", () => {
  test("differences are those of dpkg --verify and debsums", async () => {
    const root = filled();
    const clean = await verified(root.dir);
    expect(clean).toMatchObject({
      exitCode: 0,
      manager: "dpkg",
      packages: 3,
      differences: [],
      files: 156,
      compared: 156,
    });
    expect([dpkgVerify(root.dir), debsums(root.dir)]).toEqual([[], []]);

    fs.writeFileSync(root.host("/usr/share/many/7"), "file 8");
    fs.writeFileSync(root.host("/usr/bin/tool.real"), "evil");
    fs.writeFileSync(root.host("/etc/tool.conf"), "b");
    fs.rmSync(root.host("/usr/bin/gone"));
    fs.rmSync(root.host("/usr/share/doc/wrapper/copyright"));
    fs.rmSync(root.host("/usr/share/many/9"));
    execFileSync("mkfifo", [root.host("/usr/share/many/9")]);
    const changed = await verified(root.dir);
    expect(changed.exitCode).toBe(1);
    expect(found(changed)).toEqual(
      [
        "edited /etc/tool.conf",
        "missing /usr/bin/gone",
        "missing /usr/share/doc/wrapper/copyright",
        "modified /usr/bin/tool.real",
        "modified /usr/share/many/7",
        "replaced /usr/share/many/9",
      ].sort(),
    );
    // Neither would come back from a FIFO.
    fs.rmSync(root.host("/usr/share/many/9"));
    fs.writeFileSync(root.host("/usr/share/many/9"), "file 9");
    const expected = found(await within(root.dir));
    // Neither of them looks at what a diversion moved, when it is given a root.
    const others = expected.filter((line) => line !== "modified /usr/bin/tool.real");
    expect(others).toHaveLength(expected.length - 1);
    expect(dpkgVerify(root.dir)).toEqual(others);
    expect(debsums(root.dir)).toEqual(others.map((line) => line.replace(/^\S+ /, "")).sort());
    // Links and directories, too: dpkg says which are missing, and nothing of their kind.
    fs.rmSync(root.host("/usr/bin/link"));
    fs.rmSync(root.host("/usr/lib/tool"), { recursive: true });
    fs.renameSync(root.host("/usr/share/many"), root.host("/usr/share/elsewhere"));
    fs.symlinkSync("elsewhere", root.host("/usr/share/many"));
    const more = found(await within(root.dir)).filter((line) => !expected.includes(line));
    expect(more).toEqual(["missing /usr/bin/link", "missing /usr/lib/tool", "missing /usr/lib/tool/data"]);
    expect(dpkgVerify(root.dir).filter((line) => !expected.includes(line))).toEqual(more);
    fs.rmSync(root.host("/usr/share/doc/wrapper"), { recursive: true });
    fs.writeFileSync(root.host("/usr/share/doc/wrapper"), "");
    expect(found(await within(root.dir))).toContain("replaced /usr/share/doc/wrapper");
    fs.rmSync(root.host("/usr/share/doc/wrapper"));
    fs.mkdirSync(root.host("/usr/share/doc/wrapper"));
    // What was left out on purpose is not missed.
    root.write("/etc/dpkg/dpkg.cfg.d/slim", "path-exclude=/usr/share/doc/*\npath-include /usr/share/doc/*/changelog\n");
    const slim = await within(root.dir);
    expect([slim.leftOut, found(slim).includes("missing /usr/share/doc/wrapper/copyright")]).toEqual([1, false]);
    // Set-id bits that the administrator did not give, against an override.
    root.write("/var/lib/dpkg/statoverride", "root root 4755 /usr/share/many/3\n");
    expect(found(await within(root.dir))).toContain("rights /usr/share/many/3");
  });

  test("a cache is quick, and believed as far as it can be checked", async () => {
    const root = filled();
    const cache = path.join(root.dir, "../digests");
    // Files of this moment are not kept: they could change without a new time.
    const young = await within(root.dir, cache);
    expect(young).toMatchObject({ fromCache: 0, compared: 156, cacheProblem: null });
    const aged = (new Date().getTime() - 60_000) / 1000;
    for (let n = 0; n < 150; n++) fs.utimesSync(root.host(`/usr/share/many/${n}`), aged, aged);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    const first = await within(root.dir, cache);
    const second = await verified(root.dir, "--cache", cache);
    expect([second.fromCache, second.computedAgain]).toEqual([156, 64]);
    expect(first.compared).toBe(156);
    expect(fs.statSync(cache).mode & 0o777).toBe(0o600);
    // Changed under its old size and mtime: ctime tells.
    fs.writeFileSync(root.host("/usr/share/many/5"), "FILE 5");
    fs.utimesSync(root.host("/usr/share/many/5"), aged, aged);
    expect(found(await within(root.dir, cache))).toEqual(["modified /usr/share/many/5"]);

    // A cache that says what is not true of any file is caught by the sample, and nothing of it is used.
    await new Promise((resolve) => setTimeout(resolve, 2500));
    await within(root.dir, cache);
    const forged = fs.readFileSync(cache, "latin1").replaceAll(/[0-9a-f]{32}$/gm, "0".repeat(32));
    fs.writeFileSync(cache, forged);
    const caught = await within(root.dir, cache);
    expect([caught.cacheProblem, caught.fromCache, found(caught)]).toEqual([
      "contradicted",
      0,
      ["modified /usr/share/many/5"],
    ]);
    // One that others may write, and one that is a link, are not even read.
    fs.chmodSync(cache, 0o666);
    expect((await within(root.dir, cache)).cacheProblem).toBe("others may write it");
    fs.symlinkSync(cache, `${cache}.link`);
    expect((await within(root.dir, `${cache}.link`)).cacheProblem).toBe("ELOOP");
    const { stdout } = await whoforks(["identify", "--verify-packages", "--root", root.dir, "--lang", "en"]);
    expect(stdout).toMatch(/^1 PROBLEM\n[^]*MODIFIED: 1\n {2}\/usr\/share\/many\/5 \(many\)/);
  });

  test("an interruption says what was not compared, and calls nothing good or bad for it", async () => {
    const root = filled();
    fs.writeFileSync(root.host("/usr/share/many/7"), "file 8");
    const controller = new AbortController();
    controller.abort();
    const options = { cache: null, signal: controller.signal, progress: () => undefined };
    const result = await verifyPackages(openRoot(root.dir), options);
    expect(result.interrupted).toBe(true);
    expect(result.compared).toBeLessThan(result.files);
    expect(result.differences.length).toBeLessThanOrEqual(1);
  });
});

test("rpm: the same files, for the same reasons, as rpm --verify --all", { timeout: 120_000 }, async (context) => {
  need(
    context,
    RPM_TOOLS.every((file) => fs.existsSync(file)),
    "rpm and rpmbuild",
  );
  const root = rpmRoot(false, 40, 6);
  undo.push(() => root.remove());
  fs.writeFileSync(root.host("/usr/share/many/7"), "changed");
  fs.writeFileSync(root.host("/etc/at.conf"), "edited");
  fs.chmodSync(root.host("/usr/bin/extra1"), 0o4755);
  fs.chownSync(root.host("/usr/bin/extra2"), 0, 12);
  fs.rmSync(root.host("/usr/bin/extra3"));
  execFileSync("setcap", ["cap_setuid=ep", root.host("/usr/bin/extra4")]);
  const result = await within(root.dir);
  const told = [...root.rpm("-Va", "--nodeps").matchAll(/^(missing|\S{9})\s+(?:(\w)\s+)?(\/\S+)$/gm)].map(
    ([, flags = "", kind, file]) => {
      const content = flags.includes("5") ? (kind === "c" ? "edited" : "modified") : "rights";
      return `${flags === "missing" ? "missing" : content} ${file}`;
    },
  );
  expect(found(result)).toEqual(told.sort());
  expect(told).toHaveLength(6);
});
