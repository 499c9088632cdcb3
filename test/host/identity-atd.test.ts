import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { examiner } from "../../src/identity/index.ts";
import { openRoot } from "../../src/platform/root.ts";
import { hasDpkg, isRoot, madeRoot, need, type MadeRoot } from "./identity-made-root.ts";

// The real package `at`, and beside it what the investigation found: -rwx--x--x 1 root root 2443616 Feb 20 2017 /usr/bin/atd
const SUSPECT = "/usr/bin/atd";
const GENUINE = "/usr/sbin/atd";
const SIZE = 2_443_616;

let downloads: string;
let made: MadeRoot | null = null;
let missing: string | null = null;

beforeAll(() => {
  downloads = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-debs-"));
  if (!isRoot || !hasDpkg) missing = "root and dpkg, to fill a root with packages";
  else if (!assembler()) missing = "as and ld, for a static 32-bit program";
  else {
    try {
      execFileSync("apt-get", ["download", "at"], { cwd: downloads, stdio: "pipe" });
    } catch {
      missing = "the package at, from the Debian archive";
    }
  }
  if (missing === null) made = infectedHost();
});
beforeEach((context) => need(context, missing === null, missing ?? ""));
afterAll(() => {
  made?.remove();
  fs.rmSync(downloads, { recursive: true, force: true });
});

function assembler(): boolean {
  return fs.existsSync("/usr/bin/as") && fs.existsSync("/usr/bin/ld");
}

/** A 32-bit static program that only exits, padded to the size of the real one by a section of data. */
function suspectProgram(): Buffer {
  const source = path.join(downloads, "exit.s");
  const object = path.join(downloads, "exit.o");
  const program = path.join(downloads, "exit");
  const exit = ".globl _start\n_start: movl $1,%eax\nxorl %ebx,%ebx\nint $0x80\n.data\n.fill 2400000,1,0x5a\n";
  fs.writeFileSync(source, exit);
  execFileSync("as", ["--32", "-o", object, source]);
  execFileSync("ld", ["-m", "elf_i386", "-static", "--strip-all", "-o", program, object]);
  const linked = fs.readFileSync(program);
  return Buffer.concat([linked, Buffer.alloc(SIZE - linked.length)]);
}

function infectedHost(): MadeRoot {
  const root = madeRoot(true);
  const deb = fs.readdirSync(downloads).find((name) => name.endsWith(".deb")) ?? "";
  root.installWithoutScripts(path.join(downloads, deb));
  // A package of the root's own architecture named dpkg says what that is, as on any host.
  const architecture = execFileSync("dpkg", ["--print-architecture"], { encoding: "utf8" }).trim();
  root.install({ name: "dpkg", architecture, files: {} });
  root.write(SUSPECT, suspectProgram(), 0o711);
  fs.utimesSync(root.host(SUSPECT), new Date("2017-02-20T12:00:00Z"), new Date("2017-02-20T12:00:00Z"));
  for (const list of ["at.list", "dpkg.list"]) {
    const old = new Date("2014-05-01T00:00:00Z");
    fs.utimesSync(root.host(`/var/lib/dpkg/info/${list}`), old, old);
  }
  return root;
}

describe("the case", () => {
  test("/usr/bin/atd is an impostor that claims to be the packaged /usr/sbin/atd", () => {
    const root = made as MadeRoot;
    const who = examiner(openRoot(root.dir));
    const judged = who.identify(SUSPECT, { standsBefore: GENUINE });
    const genuineSize = fs.statSync(root.host(GENUINE)).size;
    expect(judged).toMatchObject({
      path: SUSPECT,
      root: root.dir,
      verdict: "impostor",
      owner: null,
      claims: { package: "at", path: GENUINE },
      file: { size: SIZE, mode: "-rwx--x--x", uid: 0, gid: 0, mtime: "2017-02-20T12:00:00Z", flags: [] },
      elf: { bits: 32, machine: "i386", type: "EXEC", static: true, stripped: true, interpreter: null, buildId: null },
      twins: [{ path: GENUINE, owner: { manager: "dpkg", package: "at" }, size: genuineSize }],
      attack: ["T1036.005", "T1574.007"],
    });
    const sha256 = execFileSync("sha256sum", [root.host(SUSPECT)], { encoding: "utf8" }).split(" ")[0];
    expect(judged.file?.sha256).toBe(sha256);
    const strong = judged.reasons.filter(({ weight }) => weight === "strong");
    expect(strong).toEqual([
      { code: "identity.owned-by-nobody", weight: "strong", args: { path: SUSPECT } },
      { code: "identity.bears-name-of-packaged", weight: "strong", args: { package: "at", path: GENUINE } },
      { code: "identity.stands-before-packaged", weight: "strong", args: { package: "at", path: GENUINE } },
    ]);
    const ratio = Number((SIZE / genuineSize).toPrecision(3));
    expect(judged.reasons).toContainEqual({
      code: "identity.size-ratio",
      weight: "medium",
      args: { suspect: SIZE, genuine: genuineSize, ratio },
    });
    expect(judged.reasons).toContainEqual({
      code: "identity.mode-differs",
      weight: "medium",
      args: { suspect: "-rwx--x--x", genuine: "-rwxr-xr-x" },
    });
    const others = ["mode-unusual", "elf-32-on-64", "no-build-id", "static", "stripped", "ctime-years-after-mtime"];
    const found = judged.reasons.map(({ code }) => code);
    for (const code of [...others, "mtime-differs"]) expect(found).toContain(`identity.${code}`);
    expect(judged.reasons.filter(({ weight }) => weight === "exculpatory")).toEqual([]);
  });

  test("its name alone is enough", () => {
    const judged = examiner(openRoot((made as MadeRoot).dir)).identify(SUSPECT);
    expect(judged).toMatchObject({
      verdict: "impostor",
      claims: { package: "at", path: GENUINE },
      attack: ["T1036.005"],
    });
  });

  test("/usr/sbin/atd is genuine, and its twin is shown", () => {
    const root = made as MadeRoot;
    const version = execFileSync("dpkg-query", [`--root=${root.dir}`, "-W", "-f", "${Version}", "at"], {
      encoding: "utf8",
    });
    for (const name of [GENUINE, "/sbin/atd"]) {
      const judged = examiner(openRoot(root.dir)).identify(name);
      expect(judged).toMatchObject({
        verdict: "genuine",
        owner: { manager: "dpkg", package: "at", version },
        claims: null,
        elf: { bits: 64, type: "DYN", static: false, stripped: true },
        twins: [{ path: SUSPECT, owner: null, size: SIZE }],
        attack: [],
      });
      expect(judged.reasons.map(({ code }) => code)).toEqual(["identity.digest-matches"]);
    }
  });

  test("the files that start it belong to the same package", () => {
    const who = examiner(openRoot((made as MadeRoot).dir));
    for (const file of ["/lib/systemd/system/atd.service", "/etc/init.d/atd", "/etc/at.deny"]) {
      expect([file, who.ownerOf(file)?.package]).toEqual([file, "at"]);
    }
  });

  test("a copy of the genuine program in /usr/bin claims nothing false", () => {
    const root = made as MadeRoot;
    const copy = root.host("/usr/games/atd");
    fs.mkdirSync(path.dirname(copy), { recursive: true });
    fs.copyFileSync(root.host(GENUINE), copy);
    const judged = examiner(openRoot(root.dir)).identify("/usr/games/atd", { standsBefore: GENUINE });
    fs.rmSync(copy);
    expect(judged.verdict).toBe("unpackaged");
    expect(judged.reasons.map(({ code }) => code)).toContain("identity.same-content-as-packaged");
  });

  test("after the rename of the case the path is missing and the backup bears no name", () => {
    const root = made as MadeRoot;
    fs.renameSync(root.host(SUSPECT), root.host(`${SUSPECT}.backup`));
    const who = examiner(openRoot(root.dir));
    expect(who.identify(SUSPECT).verdict).toBe("deleted");
    expect(who.identify(`${SUSPECT}.backup`)).toMatchObject({ verdict: "unpackaged", claims: null });
    fs.renameSync(root.host(`${SUSPECT}.backup`), root.host(SUSPECT));
  });
});
