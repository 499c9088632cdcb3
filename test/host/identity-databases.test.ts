import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { describe, expect, test } from "vitest";
import { examiner } from "../../src/identity/index.ts";
import { openRoot } from "../../src/platform/root.ts";
import { codes, need, useMadeRoot } from "./identity-made-root.ts";

const make = useMadeRoot();

describe("what the package shipped", () => {
  test("a changed program is modified, a changed conffile is not", () => {
    const root = make(true);
    root.install({
      name: "at",
      files: { "usr/sbin/atd": "genuine", "etc/init/atd.conf": "exec atd\n" },
      conffiles: ["/etc/init/atd.conf"],
    });
    const who = examiner(openRoot(root.dir));
    expect(who.ownerOf("/etc/init/atd.conf")?.package).toBe("at");
    expect(who.identify("/etc/init/atd.conf").verdict).toBe("genuine");
    root.write("/etc/init/atd.conf", "respawn\nexec atd\n", 0o644);
    root.write("/usr/sbin/atd", "changed");
    const conf = who.identify("/etc/init/atd.conf");
    expect(conf.verdict).toBe("unverifiable");
    expect(codes(conf.reasons)).toMatchObject({ "identity.conffile-edited": "weak" });
    expect(who.identify("/usr/sbin/atd")).toMatchObject({ verdict: "modified", attack: ["T1554"] });
  });

  test("the genuine program moved aside is found, as BillGates does with ps", () => {
    const root = make(true);
    root.install({ name: "procps", files: { "bin/ps": "genuine ps" } });
    fs.mkdirSync(root.host("/usr/bin/dpkgd"));
    fs.renameSync(root.host("/usr/bin/ps"), root.host("/usr/bin/dpkgd/ps"));
    root.write("/usr/bin/ps", "trojan");
    const judged = examiner(openRoot(root.dir)).identify("/bin/ps");
    expect(judged.verdict).toBe("modified");
    const moved = judged.reasons.find(({ code }) => code === "identity.genuine-digest-elsewhere");
    expect(moved).toMatchObject({ weight: "strong", args: { path: "/usr/bin/dpkgd/ps" } });
  });

  test("one package for two architectures: each has its own files", () => {
    const root = make(true);
    for (const architecture of ["amd64", "i386"]) {
      const files = { [`usr/lib/${architecture}/libx.so`]: architecture };
      root.install({ name: "libx", architecture, multiArch: "same", files });
    }
    const who = examiner(openRoot(root.dir));
    expect(who.packages).toBe(2);
    expect(who.ownerOf("/usr/lib/amd64/libx.so")?.package).toBe("libx:amd64");
    expect(who.identify("/lib/i386/libx.so")).toMatchObject({ verdict: "genuine", owner: { package: "libx:i386" } });
  });

  test("a file claimed by two packages is genuine when either shipped it", () => {
    const root = make(true);
    root.install({ name: "first", files: { "bin/both": "first" } });
    root.install({ name: "second", files: { "usr/bin/both": "second" } });
    const judged = examiner(openRoot(root.dir)).identify("/bin/both");
    expect(judged).toMatchObject({ verdict: "genuine", owner: { package: "second" } });
  });

  test("a package in the middle of its installation", () => {
    const root = make(true);
    root.install({ name: "half", files: { "usr/bin/half": "old" } });
    const status = fs.readFileSync(root.host("/var/lib/dpkg/status"), "utf8");
    root.write(
      "/var/lib/dpkg/updates/0001",
      status.replace("install ok installed", "install reinstreq half-installed"),
    );
    root.write("/usr/bin/half", "new");
    const judged = examiner(openRoot(root.dir)).identify("/usr/bin/half");
    expect(judged.verdict).toBe("modified");
    expect(judged.reasons).toContainEqual({
      code: "identity.package-half-installed",
      weight: "exculpatory",
      args: { package: "half", state: "half-installed" },
    });
  });
});

describe("databases with holes", () => {
  test("a lost list is made up for by the md5sums; without both nothing is called unowned", () => {
    const root = make(true);
    root.install({ name: "at", files: { "usr/sbin/atd": "genuine" } });
    root.install({ name: "core", files: { "usr/bin/ls": "ls" } });
    root.write("/usr/bin/stray", "stray");
    expect(examiner(openRoot(root.dir)).identify("/usr/bin/stray").verdict).toBe("unpackaged");
    fs.rmSync(root.host("/var/lib/dpkg/info/at.list"));
    const mended = examiner(openRoot(root.dir));
    expect(mended.ownerOf("/usr/sbin/atd")?.package).toBe("at");
    expect(mended.ledger).toMatchObject({ skipped: 1, examples: [{ locator: "/var/lib/dpkg/info/at.list" }] });
    expect(mended.identify("/usr/bin/stray").verdict).toBe("unpackaged");
    fs.rmSync(root.host("/var/lib/dpkg/info/at.md5sums"));
    const holed = examiner(openRoot(root.dir));
    expect(holed.identify("/usr/sbin/atd").verdict).toBe("unverifiable");
    const stray = holed.identify("/usr/bin/stray");
    expect(stray.verdict).toBe("unverifiable");
    expect(codes(stray.reasons)).toMatchObject({ "identity.package-lists-incomplete": "exculpatory" });
  });

  test("a list that status does not know makes nobody an owner", () => {
    const root = make(true);
    root.install({ name: "core", files: { "usr/bin/ls": "ls" } });
    root.write("/usr/bin/atd", "evil");
    root.write("/var/lib/dpkg/info/zz.list", "/usr/bin/atd\n", 0o644);
    expect(examiner(openRoot(root.dir)).identify("/usr/bin/atd").verdict).toBe("unpackaged");
  });

  test("no status, no database, another manager", () => {
    const root = make(true);
    root.install({ name: "core", files: { "usr/bin/ls": "ls" } });
    const reasonsOf = () => {
      const { verdict, reasons } = examiner(openRoot(root.dir)).identify("/usr/bin/ls");
      return [verdict, ...reasons.map(({ code }) => code)];
    };
    fs.rmSync(root.host("/var/lib/dpkg/status"));
    expect(reasonsOf()).toEqual(["unverifiable", "identity.package-database-unreadable"]);
    fs.rmSync(root.host("/var/lib/dpkg"), { recursive: true });
    expect(reasonsOf()).toEqual(["unverifiable", "identity.no-package-database"]);
    root.write("/var/db/pkg/world", "x");
    expect(reasonsOf()).toEqual(["unverifiable", "identity.package-manager-unknown"]);
    root.write("/var/lib/dpkg/status", "");
    expect(reasonsOf()).toEqual(["unverifiable", "identity.package-manager-unknown"]);
    fs.rmSync(root.host("/var/db"), { recursive: true });
    root.write("/var/lib/rpm/Packages", "x");
    expect(reasonsOf()).toEqual(["unverifiable", "identity.package-database-unreadable"]);
  });

  test("what may not be read is unverifiable, never unowned", () => {
    const root = make(true);
    root.install({ name: "core", files: { "usr/bin/ls": "ls" } });
    root.install({ name: "at", files: { "usr/sbin/atd": "genuine" } });
    root.write("/usr/bin/atd", "evil");
    root.write("/usr/bin/stray", "stray", 0o700);
    fs.chmodSync(path.dirname(root.dir), 0o755);
    fs.chmodSync(root.host("/var/lib/dpkg/info/at.list"), 0);
    fs.chmodSync(root.host("/var/lib/dpkg/info/at.md5sums"), 0);
    const asNobody = <T>(look: () => T): T => {
      process.seteuid?.(65_534);
      try {
        return look();
      } finally {
        process.seteuid?.(0);
      }
    };
    const holed = asNobody(() => examiner(openRoot(root.dir)).identify("/usr/bin/stray"));
    expect(holed.verdict).toBe("unverifiable");
    expect(codes(holed.reasons)).toMatchObject({
      "identity.package-lists-incomplete": "exculpatory",
      "identity.cannot-read": "weak",
    });
    fs.chmodSync(root.host("/var/lib/dpkg"), 0o700);
    const closed = asNobody(() => {
      const who = examiner(openRoot(root.dir));
      return { manager: who.manager, ownerOf: who.ownerOf("/usr/bin/ls"), ...who.identify("/usr/bin/atd") };
    });
    expect(closed).toMatchObject({ manager: "dpkg", ownerOf: null, verdict: "unverifiable" });
    expect(codes(closed.reasons)).toMatchObject({ "identity.package-database-unreadable": "exculpatory" });
    fs.chmodSync(root.host("/usr/bin"), 0o700);
    const hidden = asNobody(() => examiner(openRoot(root.dir)).identify("/usr/bin/atd"));
    expect(hidden.reasons).toContainEqual({
      code: "identity.cannot-read",
      weight: "weak",
      args: { path: "/usr/bin/atd", error: "EACCES" },
    });
  });

  test("a sparse file of terabytes is not read", () => {
    const root = make(true);
    root.install({ name: "at", files: { "usr/sbin/atd": "genuine" } });
    root.write("/usr/bin/atd", "");
    fs.truncateSync(root.host("/usr/bin/atd"), 4 * 2 ** 40);
    const judged = examiner(openRoot(root.dir)).identify("/usr/bin/atd");
    expect(judged).toMatchObject({ verdict: "impostor", file: { size: 4 * 2 ** 40, sha256: "" } });
    expect(codes(judged.reasons)).toMatchObject({ "identity.too-large-to-read": "weak" });
  });

  test("a distroless image keeps its packages in status.d", () => {
    const root = make(true);
    root.install({ name: "tini", files: { "usr/bin/tini": "tini" } });
    root.install({ name: "scratch", files: {} });
    const admin = (name: string) => root.host(`/var/lib/dpkg/${name}`);
    const stanza = fs
      .readFileSync(admin("status"), "utf8")
      .split("\n\n")
      .find((s) => s.includes("Package: tini"));
    fs.mkdirSync(admin("status.d"));
    fs.writeFileSync(admin("status.d/tini"), (stanza ?? "").replace(/Status:.*\n/, ""));
    fs.renameSync(admin("info/tini.md5sums"), admin("status.d/tini.md5sums"));
    fs.rmSync(admin("info"), { recursive: true });
    fs.rmSync(admin("status"));
    const who = examiner(openRoot(root.dir));
    expect(who.packages).toBe(1);
    expect(who.identify("/bin/tini")).toMatchObject({
      verdict: "genuine",
      owner: { package: "tini", version: "1.0-1" },
    });
  });

  test("devices, FIFOs and links out of the root in place of the database are not followed", () => {
    const root = make(true);
    root.install({ name: "core", files: { "usr/bin/ls": "ls" } });
    const list = root.host("/var/lib/dpkg/info/core.list");
    fs.rmSync(list);
    execFileSync("mkfifo", [list]);
    fs.symlinkSync("/dev/zero", root.host("/var/lib/dpkg/diversions"));
    const who = examiner(openRoot(root.dir));
    expect(who.ownerOf("/usr/bin/ls")?.package).toBe("core");
    expect(who.ledger?.skipped).toBe(1);
  });
});

describe("what has no file", () => {
  test("deleted, missing, dangling, in memory", () => {
    const root = make(true);
    root.install({ name: "at", files: { "usr/sbin/atd": "genuine" } });
    const who = examiner(openRoot(root.dir));
    const verdictOf = (name: string) => {
      const { verdict, owner, reasons, attack } = who.identify(name);
      return [verdict, owner?.package ?? null, ...reasons.map(({ code }) => code), ...attack];
    };
    const wasPackaged = ["identity.file-deleted", "identity.deleted-was-packaged"];
    expect(verdictOf("/usr/sbin/atd (deleted)")).toEqual(["deleted", "at", ...wasPackaged]);
    expect(verdictOf("/usr/bin/atd (deleted)")).toEqual(["deleted", null, "identity.file-deleted"]);
    expect(verdictOf("/memfd:x (deleted)")).toEqual(["memory-only", null, "identity.anonymous-memory", "T1620"]);
    expect(verdictOf("/usr/bin/none")).toEqual(["deleted", null, "identity.file-missing"]);
    fs.symlinkSync("none", root.host("/usr/bin/dangling"));
    expect(verdictOf("/usr/bin/dangling")).toEqual(["deleted", null, "identity.dangling-link"]);
    root.write("/usr/bin/odd (deleted)", "a file of that very name");
    expect(who.identify("/usr/bin/odd (deleted)")).toMatchObject({ verdict: "unpackaged", file: { size: 24 } });
  });

  test("a mode other than the one that the administrator fixed", () => {
    const root = make(true);
    root.install({ name: "dbus", files: { "usr/bin/helper": "helper" } });
    root.write("/var/lib/dpkg/statoverride", "root root 4754 /bin/helper\n", 0o644);
    const judged = examiner(openRoot(root.dir)).identify("/usr/bin/helper");
    expect(judged.verdict).toBe("genuine");
    expect(judged.reasons).toContainEqual({
      code: "identity.mode-differs-from-override",
      weight: "medium",
      args: { override: "-rwsr-xr--", found: "-rwxr-xr-x" },
    });
  });

  test("the immutable flag is told where the file system has it", (context) => {
    const root = make(true);
    root.install({ name: "at", files: { "usr/sbin/atd": "genuine" } });
    root.write("/usr/bin/atd", "evil");
    const file = root.host("/usr/bin/atd");
    try {
      execFileSync("chattr", ["+i", file], { stdio: "pipe" });
    } catch {
      need(context, false, "a file system with inode flags under the temporary folder");
    }
    try {
      const judged = examiner(openRoot(root.dir)).identify("/usr/bin/atd");
      expect(judged.file?.flags).toEqual(["immutable"]);
      expect(codes(judged.reasons)).toMatchObject({ "identity.immutable": "medium" });
    } finally {
      execFileSync("chattr", ["-i", file]);
    }
  });
});

test("a process's own root", () => {
  const root = make(true);
  root.install({ name: "core", files: { "usr/bin/ls": "ls" } });
  const who = examiner(openRoot(`/proc/self/root${path.resolve(root.dir)}`));
  expect(who.identify("/bin/ls")).toMatchObject({ verdict: "genuine", root: `/proc/self/root${root.dir}` });
});
