import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { examiner } from "../../src/identity/index.ts";
import { openRoot } from "../../src/platform/root.ts";
import { survey } from "../../src/survey/index.ts";
import { codes, isRoot, need } from "./identity-made-root.ts";
import { PACMAN, pacmanRoot, type PacmanRoot } from "./identity-pacman-root.ts";

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
  let made: PacmanRoot;
  beforeEach((context) => {
    need(context, isRoot && fs.existsSync(PACMAN), "root and pacman");
    made = pacmanRoot(top);
  });

  test("owners are those of pacman -Qo, verdicts those of pacman -Qkk", { timeout: 60_000 }, async () => {
    made.install("at", { "usr/bin/atd": "genuine", "usr/bin/at run": "other", "etc/at.conf": "config" }, [
      "etc/at.conf",
    ]);
    made.install("cron", { "usr/bin/cron": "cron" });
    // As on Arch: a clean root of one directory of programs has no finding.
    expect(await findingsIn(host("/"))).toEqual([]);
    fs.writeFileSync(host("/usr/bin/at run"), "changed");
    fs.writeFileSync(host("/etc/at.conf"), "edited");
    write("/usr/bin/stranger", "x");
    const who = examiner(openRoot(host("/")));
    expect([who.manager, who.packages, who.ledger?.skipped]).toEqual(["pacman", 2, 0]);
    for (const file of ["/usr/bin/atd", "/usr/bin/at run", "/usr/bin/cron", "/etc/at.conf", "/usr/bin/stranger"]) {
      const owner = / is owned by (\S+) (\S+)/.exec(made.pacman("-Qo", host(file)));
      expect([file, who.ownerOf(file)?.package, who.ownerOf(file)?.version]).toEqual([file, owner?.[1], owner?.[2]]);
    }
    const complaints = made.pacman("-Qkk");
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
    made.install("at", { "usr/bin/atd": "genuine" });
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
