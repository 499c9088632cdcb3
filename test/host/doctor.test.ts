import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { release, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import stringWidth from "string-width";
import { describe, expect, test, type TestContext } from "vitest";
import { examine } from "../../src/capture/doctor.ts";
import { kernelConfig } from "../../src/capture/procfs/kernel-config.ts";
import type { Check, Examination } from "../../src/model/doctor.ts";
import { libC } from "../../src/platform/ffi.ts";
import { doctorReport } from "../../src/report/doctor.ts";
import { hasMessage } from "../../src/report/text/catalogue/index.ts";
import { listeners } from "./netlink-lab.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BIN = join(ROOT, "bin/whoforks");
/** `nobody` of every distribution's useradd. */
const NOBODY = 65_534;

function needs(context: TestContext, what: string, there: boolean): void {
  if (there) return;
  if (process.env["CI"]) throw new Error(`needs ${what}`);
  context.skip(`needs ${what}`);
}

const isRoot = process.getuid?.() === 0;

interface Said {
  status: number | null;
  stdout: string;
  stderr: string;
}

function doctor(args: readonly string[], before: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Said {
  const [program, ...rest] = [...before, process.execPath, BIN, "doctor", ...args] as [string, ...string[]];
  const clean = { PATH: "/usr/sbin:/usr/bin", LANG: "C.UTF-8", ...env };
  return spawnSync(program, rest, { encoding: "utf8", cwd: "/", env: clean });
}

/** `loader` is what the dynamic loader may say beside it. */
function examined(said: Said, loader = /^$/): Examination & { schema: string } {
  expect(said.stderr).toMatch(loader);
  return JSON.parse(said.stdout) as Examination & { schema: string };
}

function one(examination: Examination, id: string): Check {
  const found = examination.checks.find((check) => check.id === id);
  if (found === undefined) throw new Error(`no check ${id}`);
  return found;
}

const noteCodes = (check: Check): string[] => check.notes.map((note) => note.code);

describe("doctor", () => {
  test("as root on a host: live diagnosis is possible, and looking changed nothing", (context) => {
    needs(context, "root", isRoot);
    needs(context, "the initial namespaces and tracefs", existsSync("/sys/kernel/tracing"));
    const state = (): unknown => [
      readFileSync("/proc/self/mounts", "latin1").split("\n").filter((line) => !line.includes("whoforks")), // prettier-ignore
      listeners(),
    ];
    const before = state();
    const said = doctor(["--json"]);
    const result = examined(said);
    expect(said.status).toBe(0);
    expect(result).toMatchObject({ schema: "whoforks/doctor/1", live: "yes", source: "tracefs" });
    expect(one(result, "tracefs").state).toBe("usable");
    expect(one(result, "netlink").state).toBe("missing" in libC() ? "unusable" : "remark");
    const builtIn = kernelConfig(release())("EPROBE_EVENTS");
    expect(one(result, "eprobes").state).toBe(builtIn === false ? "unusable" : "remark");
    if (builtIn === false) {
      const command = ["sudo", "whoforks", "diagnose", "--with", "audit"];
      expect(one(result, "eprobes")).toMatchObject({ needsRoot: false, command });
    }
    expect(one(result, "hidden").state).toBe("missing" in libC() ? "remark" : "usable");
    expect(one(result, "psi").state).toBe(existsSync("/proc/pressure/cpu") ? "usable" : "unusable");
    expect(state()).toEqual(before);
  });

  test("tells of audit what auditctl tells", (context) => {
    needs(context, "root", isRoot);
    needs(context, "auditctl", existsSync("/usr/sbin/auditctl"));
    needs(context, "the optional package koffi", !("missing" in libC()));
    const auditctl = (...args: string[]): string => spawnSync("/usr/sbin/auditctl", args, { encoding: "utf8" }).stdout;
    const key = `whoforks-doctor-${process.pid}`;
    const rule = ["always,exit", "-F", "arch=b64", "-S", "acct", "-k", key];
    auditctl("-a", ...rule);
    try {
      const status = auditctl("-s");
      const audit = one(examined(doctor(["--json"])), "audit");
      const rules = auditctl("-l").split("\n").filter((line) => line.startsWith("-")).length; // prettier-ignore
      expect(rules).toBeGreaterThanOrEqual(1);
      expect(audit.notes.find((note) => note.code === "audit-rules")?.args).toEqual({ rules });
      const enabled = Number(/^enabled (\d)/m.exec(status)?.[1]);
      expect(noteCodes(audit)).toContain(["audit-off", "audit-on", "audit-locked"][enabled]);
      const pid = Number(/^pid (\d+)/m.exec(status)?.[1]);
      expect(noteCodes(audit)).toContain(pid === 0 ? "audit-no-daemon" : "audit-daemon");
    } finally {
      auditctl("-d", ...rule);
    }
    expect(auditctl("-l")).not.toContain(key);
  });

  test.each([
    ["en", {}, true],
    ["zh-CN", {}, true],
    ["en", { LC_ALL: "C" }, false],
  ] as const)("fits 80 columns and ends with the answer: %s %o", (lang, env, unicode) => {
    const { stdout, stderr } = doctor(["--lang", lang], [], env);
    expect(stderr).toBe("");
    const lines = stdout.trimEnd().split("\n");
    for (const line of lines) expect(stringWidth(line), line).toBeLessThanOrEqual(80);
    const signs = unicode ? /^\[[✓!✗]\] \S/ : /^\[[+!x]\] \S/;
    expect(lines.filter((line) => signs.test(line))).toHaveLength(18);
    if (!unicode) expect(stdout).toMatch(/^[\n\x20-\x7e]*$/);
    expect(lines.at(-1)).toMatch(lang === "en" ? /diagnos/ : /诊断/);
  });

  test("without root and without koffi: exit 4, and the commands that help", (context) => {
    needs(context, "root, to become somebody else", isRoot);
    const folder = mkdtempSync(join(tmpdir(), "whoforks-doctor-"));
    try {
      for (const part of ["bin", "dist", "package.json"])
        cpSync(join(ROOT, part), join(folder, part), { recursive: true });
      chmodSync(folder, 0o755);
      const said = spawnSync(process.execPath, [join(folder, "bin/whoforks"), "doctor", "--json"], {
        uid: NOBODY,
        gid: NOBODY,
        encoding: "utf8",
        cwd: "/",
        env: { PATH: "/usr/bin", LANG: "C.UTF-8" },
      });
      const result = examined(said);
      expect(said.status).toBe(4);
      expect(result).toMatchObject({ live: "root-missing", source: "tracefs" });
      expect(one(result, "tracefs")).toMatchObject({
        state: "unusable",
        needsRoot: true,
        command: ["sudo", "whoforks", "diagnose"],
      });
      expect(one(result, "hidden")).toMatchObject({ state: "unusable", needsRoot: true });
      expect(one(result, "koffi")).toMatchObject({ state: "remark", command: ["npm", "install", "koffi@3"] });
      expect(noteCodes(one(result, "netlink"))).toContain("needs-koffi");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("in a network namespace of its own the proc connector is not to be had; in a PID namespace less", (context) => {
    needs(context, "root", isRoot);
    needs(context, "unshare", existsSync("/usr/bin/unshare"));
    const inNetwork = examined(doctor(["--json"], ["/usr/bin/unshare", "--net"]));
    expect(one(inNetwork, "netlink").state).toBe("unusable");
    expect(noteCodes(one(inNetwork, "netlink"))).toContain("connector-namespaces");
    expect(one(inNetwork, "namespaces").state).toBe("usable");
    const inPid = examined(doctor(["--json"], ["/usr/bin/unshare", "--pid", "--fork", "--mount-proc"]));
    expect(one(inPid, "namespaces").state).toBe("remark");
    expect(one(inPid, "netlink").state).toBe("unusable");
    expect(noteCodes(one(inPid, "tracefs"))).toContain("other-pids");
    // A new PID namespace over the old /proc: what is not in it tells nothing.
    const overOld = examined(doctor(["--json"], ["/usr/bin/unshare", "--pid", "--fork"]));
    expect(one(overOld, "hidden").state).toBe("unusable");
    expect(noteCodes(one(overOld, "hidden"))).toEqual(["hidden-other-proc"]);
    const preloaded = examined(doctor(["--json"], [], { LD_PRELOAD: "/nowhere/libhide.so" }), /LD_PRELOAD/);
    expect(one(preloaded, "hidden").state).toBe("remark");
    expect(one(preloaded, "hidden").notes.at(-1)?.args).toEqual({ libraries: "/nowhere/libhide.so" });
  });

  test("where neither source is to be had: exit 3", (context) => {
    needs(context, "root", isRoot);
    needs(context, "unshare", existsSync("/usr/bin/unshare"));
    // /sys is covered in a mount namespace of its own, so tracefs has no place.
    const covered = ["/usr/bin/unshare", "--mount", "--net", "/bin/sh", "-c"];
    const said = doctor(
      ["--json"],
      [
        ...covered,
        'umount -q /sys/kernel/debug/tracing /sys/kernel/tracing 2>/dev/null; mount -t tmpfs whoforks-test /sys && exec "$@"',
        "sh",
      ],
    );
    const result = examined(said);
    expect(said.status).toBe(3);
    expect(result).toMatchObject({ live: "no", source: null });
    expect(one(result, "tracefs")).toMatchObject({ command: ["mount", "-t", "sysfs", "sysfs", "/sys"] });
  });

  test("nothing that the host names reaches the terminal as a control character", () => {
    const evil = "x\u001b]0;y\u0007\u202e\n[✓] forged";
    const { checks, host } = examine();
    const notes = [
      { code: "audit-daemon", args: { daemon: evil, pid: 7 } },
      { code: "mounted", args: { dir: evil } },
      { code: "of-the-future", args: { what: evil } },
    ];
    const command = ["mount", "-o", "remount,rw", evil];
    const hostile = { ...(checks[0] as Check), notes, command, undo: command };
    const said = doctorReport(
      { host: { ...host, hostname: evil }, live: "no", source: null, checks: [hostile] },
      null,
      { columns: 200, colour: false, lang: "en", unicode: true },
    );
    expect(said).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
    expect(said).not.toMatch(/^\[✓\] forged/m);
    // Commands may need more than a line, but no text does.
    for (const line of said.split("\n")) expect(stringWidth(line), line).toBeLessThanOrEqual(80);
  });

  test("every note, check and gift has its sentence", () => {
    const dir = join(ROOT, "src/capture/doctor");
    const source = readdirSync(dir).map((file) => readFileSync(join(dir, file), "utf8")).join("\n"); // prettier-ignore
    const notes = [...source.matchAll(/\bnote\(([^)]*)/g)].flatMap(([, args]) =>
      [...(args as string).matchAll(/(?<!=== |Note\[)"([a-z0-9-]+)"(?! in )/g)].map(([, code]) => code as string),
    );
    expect(notes.length).toBeGreaterThan(40);
    expect(notes.filter((code) => !hasMessage(`doctor.note.${code}`))).toEqual([]);
    for (const { id, gives } of examine().checks) {
      expect(hasMessage(`doctor.check.${id}`), id).toBe(true);
      for (const gift of gives) expect(hasMessage(`doctor.gift.${gift}`), gift).toBe(true);
    }
  });
});
