import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { describe, expect, test } from "vitest";
import { examiner, type Examiner } from "../../src/identity/index.ts";
import { fromBytes } from "../../src/model/text.ts";
import { openRoot } from "../../src/platform/root.ts";
import { codes, useMadeRoot, type MadeRoot } from "./identity-made-root.ts";

const make = useMadeRoot();

/** Exact path by the real dpkg, for comparison. */
function dpkgOwner(root: MadeRoot, inside: string): string | null {
  try {
    const args = [`--root=${root.dir}`, "--search", inside.replaceAll(/[*?[\]\\]/g, "\\$&")];
    return execFileSync("dpkg-query", args, { encoding: "utf8", stdio: "pipe" }).split(":")[0] ?? null;
  } catch {
    // dpkg-query exits with 1 when nothing matches.
    return null;
  }
}

describe("merged and non-merged /usr", () => {
  test("merged: both names of a file are one", () => {
    const root = make(true);
    root.install({ name: "core", files: { "bin/ls": "ls", "usr/bin/cut": "cut" } });
    const who = examiner(openRoot(root.dir));
    expect(who).toMatchObject({ manager: "dpkg", packages: 1 });
    for (const name of ["/bin/ls", "/usr/bin/ls", "/bin/cut", "/usr/bin/cut", "//bin/../bin/./ls"]) {
      expect(who.ownerOf(name)).toEqual({ manager: "dpkg", package: "core", version: "1.0-1" });
      expect(who.identify(name).verdict).toBe("genuine");
    }
    expect(dpkgOwner(root, "/bin/ls")).toBe("core");
    expect(dpkgOwner(root, "/usr/bin/ls")).toBeNull();
    expect(who.identify("/bin/ls").twins).toEqual([]);
  });

  test("not merged: /bin and /usr/bin stay two places", () => {
    const root = make(false);
    root.install({ name: "core", files: { "bin/ls": "ls" } });
    root.write("/usr/bin/ls", "not ls");
    const who = examiner(openRoot(root.dir));
    expect(who.ownerOf("/bin/ls")?.package).toBe("core");
    expect(who.ownerOf("/usr/bin/ls")).toBeNull();
    expect(who.identify("/usr/bin/ls")).toMatchObject({
      verdict: "impostor",
      claims: { package: "core", path: "/bin/ls" },
      twins: [{ path: "/bin/ls", owner: { package: "core" }, size: 2 }],
    });
    expect(who.identify("/bin/ls")).toMatchObject({
      verdict: "genuine",
      twins: [{ path: "/usr/bin/ls", owner: null }],
    });
  });
});

describe("names that dpkg -S would misread", () => {
  test("patterns and parts are plain names", () => {
    const root = make(true);
    root.install({
      name: "git",
      files: { "usr/bin/git": "git", "usr/bin/[": "test", "usr/bin/a*": "star", "usr/bin/b\\": "back" },
    });
    for (const file of [
      "/usr/bin/gi?",
      "/usr/bin/g*",
      "/usr/bin/[g]it",
      "/usr/bin/it",
      "/usr/bin/a",
      "/usr/bin/git\n",
    ]) {
      root.write(file, "enemy");
    }
    const who = examiner(openRoot(root.dir));
    for (const owned of ["/usr/bin/git", "/usr/bin/[", "/usr/bin/a*", "/bin/["]) {
      expect([owned, who.ownerOf(owned)?.package]).toEqual([owned, "git"]);
      expect([owned, who.identify(owned).verdict]).toEqual([owned, "genuine"]);
    }
    expect(who.ownerOf("/usr/bin/b\\")?.package).toBe("git");
    for (const free of [
      "/usr/bin/gi?",
      "/usr/bin/g*",
      "/usr/bin/[g]it",
      "/usr/bin/it",
      "/usr/bin/a",
      "/usr/bin/git\n",
      "git",
    ]) {
      expect([free, who.ownerOf(free)]).toEqual([free, null]);
    }
    expect(who.identify("/usr/bin/gi?").verdict).toBe("unpackaged");
    expect(dpkgOwner(root, "/usr/bin/gi?")).toBeNull();
  });

  test("bytes that are no UTF-8", () => {
    const root = make(true);
    const owned = Buffer.concat([Buffer.from(root.host("/usr/bin/")), Buffer.of(0xe4)]);
    fs.writeFileSync(owned, "latin-1");
    root.install({ name: "odd", files: {} });
    fs.appendFileSync(root.host("/var/lib/dpkg/info/odd.list"), Buffer.from("/usr/bin/\xe4\n", "latin1"));
    const free = Buffer.concat([Buffer.from(root.host("/usr/bin/")), Buffer.of(0xe5)]);
    fs.writeFileSync(free, "free", { mode: 0o755 });
    const who = examiner(openRoot(root.dir));
    expect(who.ownerOf(`/bin/${fromBytes(Uint8Array.of(0xe4))}`)?.package).toBe("odd");
    const judged = who.identify(`/usr/bin/${fromBytes(Uint8Array.of(0xe5))}`);
    expect(judged).toMatchObject({ verdict: "unpackaged", file: { size: 4 } });
  });

  test("names that no file can have are missing, not an exception", () => {
    const who = examiner(openRoot(make(true).dir));
    for (const name of ["/usr/bin/a\0b", "/usr/bin/\ud800", `/${"x".repeat(5000)}`, "", "relative"]) {
      expect(who.identify(name).verdict).toBe("deleted");
      expect(who.ownerOf(name)).toBeNull();
    }
  });
});

describe("a database that is read ahead, step by step", () => {
  const files = { "usr/bin/one": "1", "usr/bin/two": "22" };

  test("answers as one that is read at once, wherever the first question comes", () => {
    const root = make(true);
    root.install({ name: "ahead", files });
    root.write("/usr/sbin/one", "impostor", 0o755);
    const ask = (who: Examiner): unknown =>
      ["/usr/bin/one", "/usr/sbin/one", "/none"].map((path) => who.identify(path));
    const expected = ask(examiner(openRoot(root.dir)));
    for (let steps = 0, ended = false; !ended; steps++) {
      const who = examiner(openRoot(root.dir));
      const work = who.prepare();
      for (let step = 0; step < steps && !ended; step++) ended = work.next().done === true;
      expect(ask(who)).toEqual(expected);
      // What is left of the work does no harm.
      for (const _ of work);
      expect(ask(who)).toEqual(expected);
      if (steps > 1000) throw new Error("it does not come to an end");
    }
  });

  test("is read again when a package was installed meanwhile", () => {
    for (const ready of [false, true]) {
      const root = make(true);
      root.install({ name: "before", files: { "usr/bin/one": "1" } });
      const who = examiner(openRoot(root.dir));
      const work = who.prepare();
      if (ready) for (const _ of work);
      else work.next();
      root.install({ name: "meanwhile", files: { "usr/bin/two": "22" } });
      expect(who.ownerOf("/usr/bin/two")?.package).toBe("meanwhile");
      expect(who.packages).toBe(2);
    }
  });
});

describe("links", () => {
  test("absolute links stay inside the root", () => {
    const root = make(true);
    root.install({ name: "core", files: { "usr/bin/tool": "inside" } });
    fs.symlinkSync("/usr/bin/tool", root.host("/usr/bin/also"));
    fs.symlinkSync("../../../../../../../usr/bin/env", root.host("/usr/bin/out"));
    const who = examiner(openRoot(root.dir));
    const also = who.identify("/usr/bin/also");
    expect(also).toMatchObject({ verdict: "genuine", owner: { package: "core" }, file: { size: 6 } });
    expect(codes(also.reasons)).toMatchObject({ "identity.symbolic-link": "weak" });
    expect(who.ownerOf("/usr/bin/also")).toBeNull();
    expect(who.identify("/usr/bin/out")).toMatchObject({ verdict: "deleted", file: null });
  });

  test("a link in /usr/bin to a hidden program is judged where the link stands", () => {
    const root = make(true);
    root.install({ name: "at", files: { "usr/sbin/atd": "genuine" } });
    root.write("/opt/.x/y", "evil");
    fs.symlinkSync("/opt/.x/y", root.host("/usr/bin/atd"));
    const judged = examiner(openRoot(root.dir)).identify("/usr/bin/atd");
    expect(judged).toMatchObject({ verdict: "impostor", claims: { package: "at", path: "/usr/sbin/atd" } });
  });

  test("a packaged link to a packaged file, and one that was turned elsewhere", () => {
    const root = make(true);
    root.install({ name: "py", files: { "usr/bin/python3.1": "py" }, links: { "usr/bin/python3": "python3.1" } });
    const who = examiner(openRoot(root.dir));
    expect(who.identify("/usr/bin/python3").verdict).toBe("genuine");
    root.write("/tmp/evil", "evil");
    fs.rmSync(root.host("/usr/bin/python3"));
    fs.symlinkSync("/tmp/evil", root.host("/usr/bin/python3"));
    const turned = who.identify("/usr/bin/python3");
    expect(turned.verdict).toBe("unverifiable");
    expect(codes(turned.reasons)).toMatchObject({ "identity.link-leaves-package": "medium" });
  });
});

test("a link that gives a genuine program the name of another says so", () => {
  const root = make(true);
  root.install({ name: "perl", files: { "usr/bin/perl": "perl" } });
  root.install({ name: "at", files: { "usr/sbin/atd": "genuine" } });
  fs.symlinkSync("perl", root.host("/usr/bin/atd"));
  const judged = examiner(openRoot(root.dir)).identify("/usr/bin/atd");
  expect(judged).toMatchObject({ verdict: "genuine", owner: { package: "perl" } });
  expect(codes(judged.reasons)).toMatchObject({ "identity.symbolic-link": "medium" });
});

describe("alternatives", () => {
  test("by the real update-alternatives", () => {
    const root = make(true);
    root.install({ name: "mawk", files: { "usr/bin/mawk": "mawk", "usr/share/man/man1/mawk.1": "page" } });
    const slave = ["--slave", "/usr/bin/nawk", "nawk", "/usr/bin/mawk"];
    root.alternatives("--install", "/usr/bin/awk", "awk", "/usr/bin/mawk", "5", ...slave);
    const who = examiner(openRoot(root.dir));
    for (const link of ["/usr/bin/awk", "/bin/awk", "/usr/bin/nawk"]) {
      expect(who.ownerOf(link)?.package).toBe("mawk");
      const judged = who.identify(link);
      expect(judged).toMatchObject({ verdict: "genuine", owner: { package: "mawk" } });
      expect(codes(judged.reasons)).toMatchObject({ "identity.alternative": "exculpatory" });
    }
  });

  test("one that was bent to a target nobody registered", () => {
    const root = make(true);
    root.install({ name: "mawk", files: { "usr/bin/mawk": "mawk" } });
    root.alternatives("--install", "/usr/bin/awk", "awk", "/usr/bin/mawk", "5");
    root.write("/tmp/.x/awk", "evil");
    fs.rmSync(root.host("/etc/alternatives/awk"));
    fs.symlinkSync("/tmp/.x/awk", root.host("/etc/alternatives/awk"));
    const who = examiner(openRoot(root.dir));
    expect(who.ownerOf("/usr/bin/awk")).toBeNull();
    const judged = who.identify("/usr/bin/awk");
    expect(judged).toMatchObject({ verdict: "unpackaged", owner: null });
    expect(codes(judged.reasons)).toMatchObject({ "identity.alternative-unregistered": "medium" });
  });
});

describe("diversions", () => {
  test("of the administrator, by the real dpkg-divert", () => {
    const root = make(true);
    root.install({ name: "tool", files: { "usr/bin/tool": "packaged" } });
    root.divert("--local", "--rename", "--divert", "/usr/bin/tool.distrib", "--add", "/usr/bin/tool");
    root.write("/usr/bin/tool", "wrapper");
    const who = examiner(openRoot(root.dir));
    expect(who.ownerOf("/usr/bin/tool")).toBeNull();
    expect(who.ownerOf("/bin/tool.distrib")?.package).toBe("tool");
    expect(who.identify("/usr/bin/tool.distrib")).toMatchObject({ verdict: "genuine", owner: { package: "tool" } });
    const wrapper = who.identify("/usr/bin/tool");
    expect(wrapper.verdict).toBe("unpackaged");
    expect(wrapper.reasons).toContainEqual({
      code: "identity.diverted",
      weight: "weak",
      args: { from: "/usr/bin/tool", to: "/usr/bin/tool.distrib", by: null },
    });
    root.write("/usr/bin/tool.distrib", "changed!");
    expect(who.identify("/usr/bin/tool.distrib").verdict).toBe("modified");
  });

  test("of a package: each package's file is where the diversion puts it", () => {
    const root = make(true);
    root.divert("--package", "wrapper", "--divert", "/bin/sh.distrib", "--add", "/bin/sh");
    root.install({ name: "shell", files: { "bin/sh": "shell" } });
    root.install({ name: "wrapper", files: { "bin/sh": "wrapper" } });
    const who = examiner(openRoot(root.dir));
    expect(who.ownerOf("/usr/bin/sh")?.package).toBe("wrapper");
    expect(who.ownerOf("/usr/bin/sh.distrib")?.package).toBe("shell");
    expect(who.identify("/bin/sh").verdict).toBe("genuine");
    expect(who.identify("/bin/sh.distrib").verdict).toBe("genuine");
  });

  test("a diversion of a path that no package has excuses nothing", () => {
    const root = make(true);
    root.install({ name: "at", files: { "usr/sbin/atd": "genuine" } });
    root.write("/usr/bin/atd", "evil");
    root.divert("--local", "--divert", "/usr/bin/atd.distrib", "--no-rename", "--add", "/usr/bin/atd");
    expect(examiner(openRoot(root.dir)).identify("/usr/bin/atd").verdict).toBe("impostor");
  });
});
