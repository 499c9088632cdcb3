import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { DpkgDatabase } from "../../src/identity/dpkg/database.ts";
import { examiner } from "../../src/identity/index.ts";
import { atOnce } from "../../src/model/steps.ts";
import { openRoot } from "../../src/platform/root.ts";
import { hasDpkg, need } from "./identity-made-root.ts";

beforeEach((context) => need(context, hasDpkg, "a Debian host"));

const root = openRoot("/");
const SEARCHED = ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/games"];

function entries(): string[] {
  return SEARCHED.flatMap((directory) => (root.list(directory) ?? []).map((name) => `${directory}/${name}`));
}

/** `libc6:amd64, other: /usr/bin/x` for every path that dpkg-query finds. */
function dpkgSearch(paths: readonly string[]): Map<string, string[]> {
  const patterns = paths.map((path) => path.replaceAll(/[*?[\]\\]/g, "\\$&"));
  const { LC_ALL, PATH } = { LC_ALL: "C", PATH: "/usr/bin:/bin" };
  let output: string;
  try {
    output = execFileSync("dpkg-query", ["--search", ...patterns], {
      encoding: "utf8",
      stdio: "pipe",
      env: { LC_ALL, PATH },
    });
  } catch (error) {
    // Exit 1 only says that some path was not found.
    output = (error as { stdout: string }).stdout;
  }
  const owners = new Map<string, string[]>();
  for (const line of output.split("\n")) {
    const match = /^(?!diversion by)(\S.*?): (\/.*)$/.exec(line);
    if (match !== null)
      owners.set(
        match[2] ?? "",
        (match[1] ?? "").split(", ").map((name) => name.replace(/:.*/, "")),
      );
  }
  return owners;
}

describe("owners", () => {
  test("every program that dpkg-query finds has the same owner here", () => {
    const who = examiner(root);
    const found = dpkgSearch(entries());
    expect(found.size).toBeGreaterThan(100);
    for (const [path, owners] of found) {
      expect([path, owners.includes((who.ownerOf(path)?.package ?? "none").replace(/:.*/, ""))]).toEqual([path, true]);
    }
  });

  test("at most two entries of the search path have no owner", () => {
    const who = examiner(root);
    const unowned = new Set(
      entries()
        .filter((path) => who.ownerOf(path) === null)
        .map((path) => root.canonical(path)),
    );
    expect(unowned.size, [...unowned].join(" ")).toBeLessThanOrEqual(2);
  });

  test("every path of every 20th file list is owned by that package", () => {
    const database = atOnce(DpkgDatabase.read(root));
    const lists = fs.readdirSync("/var/lib/dpkg/info").filter((name) => name.endsWith(".list"));
    let checked = 0;
    for (const list of lists.filter((_, number) => number % 20 === 0)) {
      const name = list.replace(/\.list$/, "").replace(/:.*/, "");
      for (const path of fs.readFileSync(`/var/lib/dpkg/info/${list}`, "utf8").split("\n")) {
        if (path === "" || path === "/." || database.diversionOf(root.canonical(path) ?? path) !== null) continue;
        const owners = database
          .ownersOf(root.canonical(path) ?? path)
          .map(({ owner }) => owner.package.replace(/:.*/, ""));
        expect([path, owners.includes(name)]).toEqual([path, true]);
        checked++;
      }
    }
    expect(checked).toBeGreaterThan(100);
  });

  test("packages and their versions are those of dpkg-query", () => {
    const format = "${db:Status-Status} ${Package} ${Version}\n";
    const output = execFileSync("dpkg-query", ["-W", "-f", format], { encoding: "utf8" });
    const installed = output.split("\n").filter((line) => line !== "" && !line.startsWith("not-installed"));
    const who = examiner(root);
    expect(who.packages).toBe(installed.length);
    expect(who.ledger).toMatchObject({ skipped: 0, examples: [] });
    const owner = who.ownerOf("/bin/ls");
    expect(installed).toContain(`installed coreutils ${owner?.version}`);
  });
});

describe("what stands beside the lists", () => {
  test("diversions are those of dpkg-divert --list", () => {
    const database = atOnce(DpkgDatabase.read(root));
    const output = execFileSync("dpkg-divert", ["--list"], {
      encoding: "utf8",
      env: { LC_ALL: "C", PATH: "/usr/bin:/bin" },
    });
    const listed = [...output.matchAll(/^(?:local )?diversion of (\/.*) to (\/.*?)(?: by (\S+))?$/gm)];
    expect(listed.length).toBe(output.split("\n").filter((line) => line !== "").length);
    for (const [, from = "", to, by = null] of listed) {
      expect(database.diversionOf(root.canonical(from) ?? from)).toEqual({ from, to, by });
    }
  });

  test("alternatives are those of update-alternatives --query", () => {
    const database = atOnce(DpkgDatabase.read(root));
    const env = { LC_ALL: "C", PATH: "/usr/bin:/bin" };
    const names = execFileSync("update-alternatives", ["--get-selections"], { encoding: "utf8", env })
      .split("\n")
      .flatMap((line) => /^\S+/.exec(line)?.[0] ?? []);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names.slice(0, 40)) {
      const query = execFileSync("update-alternatives", ["--query", name], { encoding: "utf8", env });
      const field = (key: string): string => new RegExp(`^${key}: (.*)$`, "m").exec(query)?.[1] ?? "";
      const [link, target] = [field("Link"), field("Value")];
      // A link that somebody has turned elsewhere is none of the system's any more.
      if (root.readlink(link) !== `/etc/alternatives/${name}`) continue;
      expect([name, database.alternativeOf(root.canonical(link) ?? link)]).toEqual([
        name,
        { name, target, registered: true },
      ]);
    }
  });
});

describe("content", () => {
  test("coreutils: genuine exactly where dpkg -V has nothing to say", () => {
    const complaints = verify("coreutils");
    const who = examiner(root);
    for (const path of fs.readFileSync("/var/lib/dpkg/info/coreutils.list", "utf8").split("\n")) {
      if (!/^(?:\/usr)?\/s?bin\/./.test(path)) continue;
      expect([path, who.identify(path).verdict]).toEqual([path, complaints.has(path) ? "modified" : "genuine"]);
    }
  });

  test("digests are those of md5sum and sha256sum", () => {
    const who = examiner(root);
    for (const path of ["/bin/ls", "/usr/bin/dpkg", "/bin/sh"]) {
      const judged = who.identify(path);
      const sum = (program: string) => execFileSync(program, [path], { encoding: "utf8" }).split(" ")[0];
      expect(judged.file?.sha256).toBe(sum("sha256sum"));
      expect(judged.reasons.find(({ code }) => code === "identity.digest-matches")?.args).toMatchObject({
        digest: sum("md5sum"),
      });
    }
  });

  test("facts are those of stat", () => {
    const who = examiner(root);
    for (const path of ["/usr/bin/passwd", "/tmp", "/usr/bin/dpkg", "/dev/null"]) {
      const [mode, size, uid, gid, inode] = execFileSync("stat", ["-L", "-c", "%A %s %u %g %i", path], {
        encoding: "utf8",
      })
        .trim()
        .split(" ");
      expect(who.identify(path).file).toMatchObject({
        mode,
        size: Number(size),
        uid: Number(uid),
        gid: Number(gid),
        inode: Number(inode),
      });
    }
  });

  test("no program of the search path of this host is called modified or an impostor without dpkg's word", () => {
    const who = examiner(root);
    for (const path of entries().filter((_, number) => number % 10 === 0)) {
      const { verdict, owner } = who.identify(path);
      if (verdict === "modified") expect(verify(owner?.package ?? "").has(path)).toBe(true);
      expect([path, verdict]).not.toEqual([path, "impostor"]);
    }
  });
});

/** Paths that `dpkg -V` complains about: `??5??????   /usr/bin/x`. */
function verify(name: string): Set<string> {
  let output = "";
  try {
    output = execFileSync("dpkg", ["-V", name], { encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    // Exit 1 says that something differs.
    output = (error as { stdout: string }).stdout;
  }
  return new Set(output.split("\n").map((line) => line.replace(/^\S+\s+(?:c )?/, "")));
}
