import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openRoot } from "../../../src/platform/root.ts";
import { jobOwnerMismatch, resolveCommand } from "../../../src/supervisors/index.ts";
import { makeTree, withTree, type Entry } from "./tree.ts";

describe("resolving a command as its supervisor does", () => {
  it("lists a merged /usr once, under its canonical path", () => {
    const merged = { "/bin": { link: "usr/bin" }, "/sbin": { link: "usr/sbin" } };
    withTree({ ...merged, "/usr/sbin/atd": "", "/usr/bin/env": "" }, ({ root }) => {
      const resolution = resolveCommand(root, {
        program: "atd",
        searchPath: ["/sbin", "/usr/sbin", "/bin", "/usr/bin"],
      });
      expect(resolution).toMatchObject({ resolvesTo: "/usr/sbin/atd", shadows: [] });
      expect(resolution.candidates.map(({ named, path, exists }) => [named, path, exists])).toEqual([
        ["/sbin/atd", "/usr/sbin/atd", true],
        ["/bin/atd", "/usr/bin/atd", false],
      ]);
    });
    withTree({ ...merged, "/usr/sbin/atd": "", "/usr/bin/atd": "" }, ({ root }) => {
      const path = ["/usr/local/sbin", "/usr/local/bin", "/usr/bin", "/usr/sbin", "/sbin", "/bin"];
      expect(resolveCommand(root, { program: "atd", searchPath: path })).toMatchObject({
        resolvesTo: "/usr/bin/atd",
        shadows: ["/usr/sbin/atd"],
      });
    });
  });

  it("does not call another name of the same file a shadow: links, hard links, merged sbin", () => {
    withTree({ "/usr/bin/ip": "", "/usr/sbin/ip": { link: "../bin/ip" } }, ({ root, dir }) => {
      fs.linkSync(`${dir}/usr/bin/ip`, `${dir}/usr/sbin/hard`);
      fs.linkSync(`${dir}/usr/bin/ip`, `${dir}/usr/bin/hard`);
      for (const program of ["ip", "hard"])
        expect(resolveCommand(root, { program, searchPath: ["/usr/sbin", "/usr/bin"] })).toMatchObject({
          resolvesTo: `/usr/sbin/${program}`,
          shadows: [],
        });
    });
    withTree({ "/usr/bin/atd": "", "/usr/sbin": { link: "bin" } }, ({ root }) => {
      expect(resolveCommand(root, { program: "atd", searchPath: ["/usr/sbin", "/usr/bin"] })).toMatchObject({
        resolvesTo: "/usr/bin/atd",
        shadows: [],
      });
    });
  });

  it("passes over what cannot be executed, and never leaves the root through a link", () => {
    withTree(
      {
        "/a/d": { mode: 0o644 },
        "/b/d": null,
        "/c/d": { link: "/etc/passwd" },
        "/e/d": { link: "/f/real" },
        "/f/real": { mode: 0o100 },
        "/f/d": { mode: 0o755 },
      },
      ({ root }) => {
        const { resolvesTo, shadows, candidates } = resolveCommand(root, {
          program: "d",
          searchPath: ["/a", "/b", "/c", "/e", "/f"],
        });
        expect(resolvesTo).toBe("/e/d");
        expect(shadows).toEqual(["/f/d"]);
        expect(candidates.map(({ exists, executable, realpath }) => [exists, executable, realpath])).toEqual([
          [true, false, "/a/d"],
          [true, false, "/b/d"],
          [false, false, null],
          [true, true, "/f/real"],
          [true, true, "/f/d"],
        ]);
      },
    );
  });

  it("takes empty and relative directories, and relative programs, from /", () => {
    withTree({ "/d": { mode: 0o755 }, "/bin/e": "" }, ({ root }) => {
      expect(resolveCommand(root, { program: "d", searchPath: ["", "/bin"] }).resolvesTo).toBe("/d");
      expect(resolveCommand(root, { program: "e", searchPath: ["bin"] }).resolvesTo).toBe("/bin/e");
      expect(resolveCommand(root, { program: "./bin/../bin/e", searchPath: [] }).resolvesTo).toBe("/bin/e");
    });
  });

  it("says why nothing is resolved", () => {
    withTree({ "/bin/x": "" }, ({ root }) => {
      const why = (program: string | null, more = {}) =>
        resolveCommand(root, { program, searchPath: ["/bin"], ...more }).why;
      expect(why(null)).toBe("resolve.script-decides");
      expect(why("nothing")).toBe("resolve.not-found");
      expect(why("/bin/nothing")).toBe("resolve.not-found");
      expect(why("x", { chroot: "/srv" })).toBe("resolve.own-root");
      expect(why("x")).toBeNull();
      expect(resolveCommand(root, { program: "nothing", searchPath: ["/bin"] }).shadows).toBeNull();
    });
  });

  it("handles names with bytes that are no UTF-8, and names of nothing", () => {
    withTree({}, ({ dir }) => {
      fs.mkdirSync(`${dir}/bin`);
      fs.writeFileSync(Buffer.from(`${dir}/bin/\xff`, "latin1"), "", { mode: 0o755 });
      const root = openRoot(dir);
      expect(resolveCommand(root, { program: "\udcff", searchPath: ["/bin"] }).resolvesTo).toBe("/bin/\udcff");
      for (const program of [".", "..", "/", "bin/"])
        expect(resolveCommand(root, { program, searchPath: ["/bin"] }).resolvesTo).toBeNull();
    });
  });

  // env(1) calls execvp(3) with the PATH it was given: the oracle for the search itself.
  it("agrees with execvp", () => {
    const kinds = ["absent", "script", "not executable", "directory", "dangling", "link", "no shebang"] as const;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 5 }), (places) => {
        const entries: Record<string, Entry> = { "/real/target": { mode: 0o755, content: "#!/bin/sh\necho $0\n" } };
        for (const [i, kind] of places.entries()) {
          const name = `/p${i}/prog`;
          if (kind === "absent") entries[`/p${i}`] = null;
          else if (kind === "directory") entries[name] = null;
          else if (kind === "dangling") entries[name] = { link: "nowhere" };
          else if (kind === "link") entries[name] = { link: "../real/target" };
          else
            entries[name] = {
              mode: kind === "not executable" ? 0o644 : 0o755,
              content: kind === "no shebang" ? "echo $0\n" : "#!/bin/sh\necho $0\n",
            };
        }
        const tree = makeTree(entries);
        try {
          const searchPath = places.map((_, i) => `${tree.dir}/p${i}`);
          const ours = resolveCommand(openRoot("/"), { program: "prog", searchPath });
          expect(ours.resolvesTo).toBe(run(searchPath));
        } finally {
          tree.remove();
        }
      }),
      { numRuns: 60 },
    );
  });
});

/** What env(1) starts, or null. */
function run(searchPath: string[]): string | null {
  try {
    return execFileSync("/usr/bin/env", ["-i", `PATH=${searchPath.join(":")}`, "prog"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch (error) {
    const { status } = error as { status: number };
    if (status === 126 || status === 127) return null;
    throw error;
  }
}

describe("comparing owners of a job and of its program", () => {
  const at = { manager: "dpkg", package: "at", version: "1" };
  const dash = { manager: "dpkg", package: "dash", version: "1" };
  const tree = { "/usr/bin/atd": "", "/usr/sbin/atd": "", "/bin/sh": "" };
  const compare = (owners: Record<string, typeof at>, program: string, job = { file: "/etc/init/atd.conf" }) =>
    withTree(tree, ({ root }) =>
      jobOwnerMismatch(
        job,
        resolveCommand(root, { program, searchPath: ["/usr/bin", "/usr/sbin"] }),
        (path) => owners[path] ?? null,
      ),
    );

  it("expects the program of the job's own package", () => {
    expect(compare({ "/etc/init/atd.conf": at, "/usr/sbin/atd": at }, "atd")).toEqual({
      jobOwner: at,
      programOwner: null,
      expected: "/usr/sbin/atd",
    });
    expect(
      compare({ "/etc/init/atd.conf": at, "/usr/sbin/atd": at, "/usr/bin/atd": dash }, "/usr/bin/atd"),
    ).toMatchObject({ expected: "/usr/sbin/atd" });
  });

  it("expects nothing when a package starts another's program that has no twin of its own, or when nobody owns the job", () => {
    expect(compare({ "/etc/init/atd.conf": at, "/bin/sh": dash }, "/bin/sh")).toEqual({
      jobOwner: at,
      programOwner: dash,
    });
    expect(compare({ "/usr/sbin/atd": at }, "atd")).toEqual({ jobOwner: null, programOwner: null });
    expect(compare({ "/etc/init/atd.conf": at, "/usr/bin/atd": at, "/usr/sbin/atd": at }, "atd")).toEqual({
      jobOwner: at,
      programOwner: at,
    });
    expect(compare({}, "nothing")).toBeNull();
  });

  it("asks for the unit file where a local drop-in gave the directive", () => {
    const job = { file: "/etc/systemd/system/atd.service.d/x.conf", definition: "/lib/systemd/system/atd.service" };
    expect(compare({ "/lib/systemd/system/atd.service": at, "/usr/sbin/atd": at }, "atd", job)).toMatchObject({
      jobOwner: at,
      expected: "/usr/sbin/atd",
    });
  });
});
