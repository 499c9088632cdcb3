import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { examiner } from "../../src/identity/index.ts";
import { openRoot } from "../../src/platform/root.ts";
import { survey } from "../../src/survey/index.ts";
import { codes, isRoot, need } from "./identity-made-root.ts";

let top = "";
const host = (inside: string): string => path.join(top, "root", inside);
const write = (inside: string, content: string, mode = 0o755): void => {
  fs.mkdirSync(path.dirname(host(inside)), { recursive: true });
  fs.writeFileSync(host(inside), content, { mode });
};
beforeEach(() => {
  top = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-packages-"));
  fs.mkdirSync(host("/usr/bin"), { recursive: true });
});
afterEach(() => fs.rmSync(top, { recursive: true, force: true }));

/** What the survey of a whole root has to say. */
async function findingsIn(dir: string): Promise<string[]> {
  const { identities } = await survey(openRoot(dir), { live: false, progress: () => undefined });
  return identities.map(({ path: file, verdict }) => `${verdict} ${file}`);
}

describe("pacman", () => {
  const ENV = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" };
  const options = (): string[] =>
    Object.entries({
      root: host("/"),
      dbpath: host("/var/lib/pacman"),
      config: `${top}/pacman.conf`,
      cachedir: `${top}/cache`,
      logfile: `${top}/log`,
      hookdir: `${top}/hooks`,
      gpgdir: `${top}/gpg`,
    }).flatMap(([name, value]) => [`--${name}`, value]);
  const pacman = (...args: string[]): string => {
    const { stdout, stderr } = spawnSync("pacman", [...options(), ...args], { env: ENV, encoding: "utf8" });
    return stdout + stderr;
  };

  /** Builds a package as makepkg lays it out, with the digests of its files, and installs it with the real pacman. */
  function install(name: string, files: Record<string, string>, backup: string[] = []): void {
    const tree = `${top}/${name}`;
    const lines = ["#mtree"];
    for (const [file, content] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(`${tree}/${file}`), { recursive: true });
      fs.writeFileSync(`${tree}/${file}`, content, { mode: 0o755 });
      const escaped = file.replace(/[^!-~]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, "0")}`);
      const sha256 = createHash("sha256").update(content).digest("hex");
      lines.push(`./${escaped} time=1.0 uid=0 gid=0 type=file mode=755 size=${content.length} sha256digest=${sha256}`);
    }
    const info = [`pkgname = ${name}`, "pkgver = 1:3.2-1", "arch = x86_64", "size = 9", "builddate = 1"];
    fs.writeFileSync(`${tree}/.PKGINFO`, [...info, ...backup.map((file) => `backup = ${file}`), ""].join("\n"));
    fs.writeFileSync(`${tree}/.MTREE`, gzipSync(`${lines.join("\n")}\n`));
    execFileSync("tar", ["-C", tree, "-czf", `${tree}.pkg.tar.gz`, ...fs.readdirSync(tree)]);
    const result = pacman("-U", "--noconfirm", `${tree}.pkg.tar.gz`);
    if (!fs.existsSync(host(Object.keys(files)[0] ?? ""))) throw new Error(result);
  }

  beforeEach((context) => {
    need(context, isRoot && fs.existsSync("/usr/bin/pacman"), "root and pacman");
    fs.mkdirSync(host("/var/lib/pacman"), { recursive: true });
    fs.writeFileSync(
      `${top}/pacman.conf`,
      "[options]\nArchitecture = x86_64\nSigLevel = Never\nLocalFileSigLevel = Never\n",
    );
    // As on Arch: one directory of programs, the others are links to it.
    for (const alias of ["bin", "sbin"]) fs.symlinkSync("usr/bin", host(alias));
    fs.symlinkSync("bin", host("/usr/sbin"));
  });

  test("owners are those of pacman -Qo, verdicts those of pacman -Qkk", { timeout: 60_000 }, async () => {
    install("at", { "usr/bin/atd": "genuine", "usr/bin/at run": "other", "etc/at.conf": "config" }, ["etc/at.conf"]);
    install("cron", { "usr/bin/cron": "cron" });
    // As on Arch: a clean root of one directory of programs has no finding.
    expect(await findingsIn(host("/"))).toEqual([]);
    fs.writeFileSync(host("/usr/bin/at run"), "changed");
    fs.writeFileSync(host("/etc/at.conf"), "edited");
    write("/usr/bin/stranger", "x");
    const who = examiner(openRoot(host("/")));
    expect([who.manager, who.packages, who.ledger?.skipped]).toEqual(["pacman", 2, 0]);
    for (const file of ["/usr/bin/atd", "/usr/bin/at run", "/usr/bin/cron", "/etc/at.conf", "/usr/bin/stranger"]) {
      const owner = / is owned by (\S+) (\S+)/.exec(pacman("-Qo", host(file)));
      expect([file, who.ownerOf(file)?.package, who.ownerOf(file)?.version]).toEqual([file, owner?.[1], owner?.[2]]);
    }
    const complaints = pacman("-Qkk");
    for (const file of ["/usr/bin/atd", "/usr/bin/at run", "/usr/bin/cron"]) {
      const altered = complaints.includes(`${file} (SHA256 checksum mismatch)`);
      expect([file, who.identify(file).verdict]).toEqual([file, altered ? "modified" : "genuine"]);
    }
    expect(who.identify("/usr/bin/at run").verdict).toBe("modified");
    expect(codes(who.identify("/etc/at.conf").reasons)["identity.conffile-edited"]).toBe("weak");
    for (const name of ["/usr/sbin/atd", "/sbin/atd", "/bin/atd"]) {
      expect(who.identify(name)).toMatchObject({ verdict: "genuine", owner: { manager: "pacman", package: "at" } });
    }
    expect(who.identify("/usr/bin/stranger").verdict).toBe("unpackaged");
  });

  test("a damaged package is counted, and its files are then unverifiable", { timeout: 60_000 }, () => {
    install("at", { "usr/bin/atd": "genuine" });
    const local = host("/var/lib/pacman/local/at-1:3.2-1");
    fs.writeFileSync(`${local}/mtree`, "no gzip");
    expect(examiner(openRoot(host("/"))).identify("/usr/bin/atd").verdict).toBe("unverifiable");
    fs.rmSync(`${local}/files`);
    const who = examiner(openRoot(host("/")));
    expect(who.identify("/usr/bin/atd").verdict).toBe("unverifiable");
    expect(who.ledger?.skipped).toBe(1);
  });
});

describe("apk", () => {
  // No tool of this host writes such a database: this is what apk-tools 2.14 writes, line by line.
  const sum = (content: string): string => `Q1${createHash("sha1").update(content).digest("base64")}`;
  const database = (): string => `C:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=
P:at
V:3.2.5-r0
A:x86_64
S:1
I:1
T:made for a test
L:none
F:usr
F:usr/sbin
R:atd
a:0:0:755
Z:${sum("genuine")}
R:atlink
a:0:0:777
Z:${sum("atd")}
F:etc
R:at.conf
Z:${sum("config")}

C:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=
P:busybox
V:1.36.1-r15
A:x86_64
F:bin
R:busybox
a:0:0:755
Z:${sum("busybox")}
F:
R:top
Z:${sum("top")}

`;

  beforeEach(() => {
    write("/lib/apk/db/installed", database(), 0o644);
    write("/usr/sbin/atd", "genuine");
    write("/bin/busybox", "busybox");
    write("/etc/at.conf", "edited");
    write("/top", "top");
    fs.symlinkSync("atd", host("/usr/sbin/atlink"));
    fs.symlinkSync("/bin/busybox", host("/bin/ls"));
  });

  test("files, links and names that the database has", async () => {
    expect(await findingsIn(host("/"))).toEqual([]);
    const who = examiner(openRoot(host("/")));
    expect([who.manager, who.packages, who.ledger?.skipped]).toEqual(["apk", 2, 0]);
    expect(who.identify("/usr/sbin/atd")).toMatchObject({
      verdict: "genuine",
      owner: { manager: "apk", package: "at", version: "3.2.5-r0" },
    });
    expect(who.identify("/usr/sbin/atlink")).toMatchObject({ verdict: "genuine", owner: { package: "at" } });
    expect(who.identify("/top")).toMatchObject({ verdict: "genuine", owner: { package: "busybox" } });
    expect(who.identify("/etc/at.conf").verdict).toBe("unverifiable");
    // Applets are links that a script of the package makes.
    expect(who.identify("/bin/ls")).toMatchObject({ verdict: "genuine", owner: { package: "busybox" } });
    expect(who.asShipped("/bin/ls")?.package).toBe("busybox");
    write("/usr/bin/atd", "impostor");
    expect(who.identify("/usr/bin/atd")).toMatchObject({ verdict: "impostor", claims: { package: "at" } });
    write("/bin/busybox", "changed");
    expect(who.identify("/bin/ls").verdict).toBe("modified");
  });

  test("a stanza that is none is counted, and then nobody's file is not called that", () => {
    write("/lib/apk/db/installed", `${database()}F:usr/bin\nR:who\n\n`, 0o644);
    write("/usr/bin/stranger", "x");
    const who = examiner(openRoot(host("/")));
    expect([who.ledger?.skipped, who.identify("/usr/bin/stranger").verdict]).toEqual([1, "unverifiable"]);
    fs.rmSync(host("/lib/apk/db/installed"));
    execFileSync("mkfifo", [host("/lib/apk/db/installed")]);
    expect(examiner(openRoot(host("/"))).identify("/usr/sbin/atd").verdict).toBe("unverifiable");
  });
});
