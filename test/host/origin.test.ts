import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { origin as schema } from "../../src/origin/schema.ts";
import { needsProgram } from "../support/needs.ts";
import { whoforks } from "../support/whoforks.ts";
import { madeRoot, type MadeRoot } from "./identity-made-root.ts";

/** A root in which files arrive in different ways, by the real tools. Nothing is traced, nothing outside is touched. */
const ENV = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" };
const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { env: ENV, stdio: "pipe", encoding: "utf8" });

describe("files that came by different ways", () => {
  let made: MadeRoot;
  beforeAll(() => {
    made = madeRoot(true);
    made.install({ name: "at", files: { "/usr/sbin/atd": "genuine" } });
    fs.mkdirSync(made.host("var/log"), { recursive: true });
    // dpkg writes local times; this root says which.
    fs.symlinkSync(`/usr/share/zoneinfo/${zoneOfThisHost()}`, made.host("etc/localtime"));
    fs.copyFileSync(path.join(path.dirname(made.dir), "dpkg.log"), made.host("var/log/dpkg.log"));
    run("cp", "/usr/bin/true", made.host("usr/bin/copied"));
    run("cp", "/usr/bin/true", made.host("usr/bin/atd"));
    run("touch", "-d", "2017-02-20 10:00:00 UTC", made.host("usr/bin/atd"));
    made.write("tmp/packed", "#!/bin/sh\n");
    run("touch", "-d", "2020-01-01 00:00:00 UTC", made.host("tmp/packed"));
    run("tar", "-C", made.host("tmp"), "-cf", made.host("tmp/x.tar"), "packed");
    run("tar", "-C", made.host("usr/bin"), "-xf", made.host("tmp/x.tar"));
    return () => made.remove();
  });
  const ask = async (file: string, ...more: string[]) => {
    const { stdout, exitCode } = await whoforks(["origin", "--root", made.dir, "--json", ...more, file]);
    return { origin: schema.parse(JSON.parse(stdout)), exitCode };
  };
  const signsOf = (origin: Awaited<ReturnType<typeof ask>>["origin"]) => origin.signs.map(({ code }) => code);

  test("dpkg -i: the log says when, its birth agrees, nothing speaks against it", async () => {
    const { origin, exitCode } = await ask("/usr/sbin/atd");
    expect(origin.verdict).toMatchObject({ outcome: "arrived-by", code: "origin.by-package", confidence: "high" });
    expect(origin.verdict.evidence[0]?.locator).toMatch(/^\/var\/log\/dpkg\.log, line \d+$/);
    expect(signsOf(origin).toSorted()).toEqual(["origin.as-shipped", "origin.born-with-package"]);
    expect(origin.events.find(({ code }) => code === "origin.package-action")).toMatchObject({
      relation: "package",
      args: { action: "install", package: "at" },
    });
    expect(exitCode).toBe(0);
  });

  test("by its other name in a merged root it is the same file", async () => {
    const { origin } = await ask("/sbin/atd");
    expect(origin).toMatchObject({ path: "/usr/sbin/atd", verdict: { code: "origin.by-package" } });
  });

  test("touch -d after cp: the birth contradicts the time that it claims; the name it bears is told", async () => {
    const { origin, exitCode } = await ask("/usr/bin/atd");
    expect(origin.verdict).toMatchObject({ outcome: "not-known", confidence: null });
    expect(origin.identity).toMatchObject({ verdict: "impostor", claims: { package: "at" } });
    expect(signsOf(origin)).toContain("origin.modified-before-birth");
    expect(signsOf(origin)).toContain("origin.modified-whole-second");
    const [birth, , modification] = origin.times;
    expect(modification).toEqual({ kind: "modification", time: "2017-02-20T10:00:00Z" });
    expect(birth?.time?.slice(0, 4)).not.toBe("2017");
    expect(exitCode).toBe(1);
  });

  test("touch -r: a time before the birth is told; neighbours born in the same minute are no evidence", async () => {
    const [old, late] = [made.host("usr/games/old"), made.host("usr/games/late")];
    made.write("usr/games/old", "old");
    run("touch", "-d", "2019-05-05 05:05:05.123456789 UTC", old);
    made.write("usr/games/late", "late");
    run("touch", "-r", old, late);
    const { origin } = await ask("/usr/games/late");
    expect(origin.times[2]).toEqual({ kind: "modification", time: "2019-05-05T05:05:05.123456789Z" });
    expect(signsOf(origin)).toEqual(["origin.modified-before-birth"]);
  });

  test("cp: born when it was made, and nothing was set", async () => {
    const { origin, exitCode } = await ask("/usr/bin/copied");
    expect(origin.verdict).toMatchObject({ code: "origin.not-known" });
    expect(signsOf(origin)).toEqual([]);
    expect(origin.events.map(({ args }) => args["path"])).toContain("/usr/bin/atd");
    expect(origin.events.find(({ code }) => code === "origin.packaged-born-then")).toMatchObject({
      args: { packages: ["at"] },
    });
    expect(exitCode).toBe(3);
  });

  test("tar -x: the time of the original is kept, and what else explains that is said", async () => {
    const { origin } = await ask("/usr/bin/packed");
    expect(origin.signs.find(({ code }) => code === "origin.modified-before-birth")).toMatchObject({
      weight: "weak",
      otherwise: "origin.otherwise.kept-times",
    });
  });

  test("births are those of stat(1)", async () => {
    const { origin } = await ask("/usr/bin/atd");
    const [birth, change] = run("stat", "-c", "%W %Z", made.host("usr/bin/atd")).trim().split(" ").map(Number);
    const seconds = (at: number): number => Math.floor(Date.parse(origin.times[at]?.time ?? "") / 1000);
    expect([seconds(0), seconds(1)]).toEqual([birth, change]);
  });

  test("no file, a file outside by a link, a FIFO, a name of every byte: an answer each", async () => {
    fs.symlinkSync("../../../../../../../etc/hostname", made.host("usr/bin/out"));
    run("mkfifo", made.host("usr/bin/pipe"));
    const strange = "/usr/bin/\u001b[31m\n$(x) (deleted)";
    fs.writeFileSync(made.host(strange), "x");
    expect((await ask("/usr/bin/nothing")).exitCode).toBe(2);
    expect((await ask("/usr/bin/out")).origin.verdict.outcome).toBe("not-known");
    expect((await ask("/usr/bin/pipe")).origin.times.length).toBe(3);
    const { stdout } = await whoforks(["origin", "--root", made.dir, strange]);
    // eslint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
  });

  test("the report says the same in both languages", async () => {
    const english = await whoforks(["origin", "--root", made.dir, "--lang", "en", "/usr/bin/atd"]);
    const chinese = await whoforks(["origin", "--root", made.dir, "--lang", "zh-CN", "/usr/bin/atd"]);
    expect(english.stdout).toContain("NOT KNOWN how this file came: /usr/bin/atd");
    expect(english.stdout).toContain("bears the name of /usr/sbin/atd of package at");
    expect(chinese.stdout).toContain("无法得知此文件的来历：/usr/bin/atd");
    expect(chinese.stdout).not.toContain("undefined");
  });
});

/** The zone in which dpkg writes here. */
function zoneOfThisHost(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

describe("records of logins, against the tools of util-linux", () => {
  test("last -f, lastb -f and utmpdump see the same logins", async (context) => {
    for (const program of ["last", "lastb", "utmpdump"]) needsProgram(context, program);
    const made = madeRoot(false);
    try {
      const born = Math.floor(Date.now() / 1000);
      const dump = [
        [2, 0, "~~  ", "reboot  ", "~           ", "6.1.0-x             ", "0.0.0.0        ", born - 300],
        [7, 812, "ts/0", "root    ", "pts/0       ", "203.0.113.7         ", "203.0.113.7    ", born - 200],
        [8, 812, "ts/0", "        ", "pts/0       ", "                    ", "0.0.0.0        ", born - 100],
        [7, 900, "ts/1", "alice   ", "pts/1       ", "host.example        ", "198.51.100.4   ", born - 50],
      ] as const;
      const text = dump
        .map(([type, pid, id, user, line, host, address, at]) => {
          const time = new Date(at * 1000).toISOString().replace(/\.\d+Z/, ",000000+00:00");
          return `[${type}] [${String(pid).padStart(5, "0")}] [${id}] [${user}] [${line}] [${host}] [${address}] [${time}]`;
        })
        .join("\n");
      fs.mkdirSync(made.host("var/log"), { recursive: true });
      const bytes = execFileSync("utmpdump", ["-r"], { input: `${text}\n`, env: ENV, stdio: "pipe" });
      expect(bytes.length).toBe(4 * 384);
      fs.writeFileSync(made.host("var/log/wtmp"), bytes);
      fs.writeFileSync(made.host("var/log/btmp"), bytes.subarray(3 * 384));
      made.write("usr/bin/atd", "x");
      const { stdout } = await whoforks(["origin", "--root", made.dir, "--json", "/usr/bin/atd"]);
      const { events } = schema.parse(JSON.parse(stdout));
      const ours = events
        .filter(({ code }) => code === "origin.session")
        .map(({ args, time, until }) => [args["user"], args["line"], args["host"], time, until ?? "still"].join(" "));
      const theirs = run("last", "--time-format", "iso", "-w", "-f", made.host("var/log/wtmp"))
        .split("\n")
        .map((line) => /^(\S+) +(pts\S+) +(\S+) +(\S+)(?: - (\S+)| +(?:still|gone).*)/.exec(line))
        .filter((match) => match !== null)
        .map(([, user, line, host, from = "", to]) => {
          const utc = (stamp: string): string => new Date(stamp).toISOString().replace(".000", "");
          return `${user} ${line} ${host} ${utc(from)} ${to === undefined ? "still" : utc(to)}`;
        });
      expect(ours.toSorted()).toEqual(theirs.toSorted());
      expect(ours.length).toBe(2);
      expect(run("lastb", "-w", "-f", made.host("var/log/btmp"))).toMatch(/^alice +pts\/1 +host\.example/);
      expect(events.find(({ code }) => code === "origin.failed-logins")?.args).toMatchObject({
        count: 1,
        users: ["alice"],
        hosts: ["host.example"],
      });
      expect(events.find(({ code }) => code === "origin.boot")?.args).toMatchObject({ kernel: "6.1.0-x" });
    } finally {
      made.remove();
    }
  });
});

describe("histories of dnf and yum, written by sqlite itself", () => {
  const SCRIPTS: [string, string, string][] = [
    [
      "dnf 4",
      "/var/lib/dnf/history.sqlite",
      `CREATE TABLE trans (id INTEGER PRIMARY KEY AUTOINCREMENT, /* a, (comment) */ dt_begin INTEGER NOT NULL, dt_end INTEGER,
         releasever TEXT NOT NULL, user_id INTEGER NOT NULL, cmdline TEXT, state INTEGER NOT NULL);
       CREATE TABLE trans_item (id INTEGER PRIMARY KEY, trans_id INTEGER REFERENCES trans(id), item_id INTEGER, action INTEGER,
         FOREIGN KEY (trans_id) REFERENCES trans(id));
       CREATE TABLE rpm (item_id INTEGER UNIQUE NOT NULL, name TEXT NOT NULL, epoch INTEGER, version TEXT, release TEXT, arch TEXT);
       INSERT INTO trans VALUES (7, AT, AT+5, '40', 1000, 'dnf install at --setopt=x', 1);
       INSERT INTO rpm VALUES (1,'at',0,'3.2.5','1.fc40','x86_64'), (2,'at',0,'3.2.4','1.fc40','x86_64'), (3,'other',0,'1','1','noarch');
       INSERT INTO trans_item VALUES (1,7,1,6), (2,7,2,7), (3,7,3,1);`,
    ],
    [
      "dnf 5",
      "/usr/lib/sysimage/libdnf5/transaction_history.sqlite",
      `CREATE TABLE "trans" ("id" INTEGER, "dt_begin" INTEGER NOT NULL, "dt_end" INTEGER, "user_id" INTEGER NOT NULL,
         "description" TEXT, PRIMARY KEY("id"));
       CREATE TABLE "trans_item_action" ("id" INTEGER, "name" TEXT NOT NULL, PRIMARY KEY("id"));
       CREATE TABLE "pkg_name" ("id" INTEGER, "name" TEXT NOT NULL UNIQUE, PRIMARY KEY("id"));
       CREATE TABLE "rpm" ("item_id" INTEGER NOT NULL UNIQUE, "name_id" INTEGER, "epoch" INTEGER, "version" TEXT, "release" TEXT);
       CREATE TABLE "trans_item" ("id" INTEGER, "trans_id" INTEGER, "item_id" INTEGER, "action_id" INTEGER, PRIMARY KEY("id"));
       INSERT INTO trans VALUES (7, AT, AT+5, 1000, 'dnf install at');
       INSERT INTO trans_item_action VALUES (1,'Install'), (2,'Upgrade'), (6,'Replaced');
       INSERT INTO pkg_name VALUES (1,'at'), (2,'other');
       INSERT INTO rpm VALUES (1,1,0,'3.2.5','1.fc40'), (2,1,0,'3.2.4','1.fc40'), (3,2,0,'1','1');
       INSERT INTO trans_item VALUES (1,7,1,2), (2,7,2,6), (3,7,3,1);`,
    ],
    [
      "yum",
      "/var/lib/yum/history/history-2026-01-01.sqlite",
      `CREATE TABLE trans_beg (tid INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL, rpmdb_version TEXT NOT NULL, loginuid INTEGER);
       CREATE TABLE trans_end (tid INTEGER PRIMARY KEY REFERENCES trans_beg, timestamp INTEGER NOT NULL, return_code INTEGER NOT NULL);
       CREATE TABLE trans_cmdline (tid INTEGER NOT NULL REFERENCES trans_beg, cmdline TEXT NOT NULL);
       CREATE TABLE pkgtups (pkgtupid INTEGER PRIMARY KEY, name TEXT NOT NULL, arch TEXT, epoch TEXT, version TEXT, release TEXT);
       CREATE TABLE trans_data_pkgs (tid INTEGER NOT NULL, pkgtupid INTEGER NOT NULL, done BOOL NOT NULL DEFAULT FALSE, state TEXT NOT NULL);
       INSERT INTO trans_beg VALUES (7, AT, 'x', 1000);
       INSERT INTO trans_end VALUES (7, AT+5, 0);
       INSERT INTO trans_cmdline VALUES (7, 'install at');
       INSERT INTO pkgtups VALUES (1,'at','x86_64','0','3.2.5','1.fc40'), (2,'at','x86_64','0','3.2.4','1.fc40'), (3,'other','noarch','0','1','1');
       INSERT INTO trans_data_pkgs VALUES (7,1,1,'Update'), (7,2,1,'Updated'), (7,3,1,'Dep-Install');`,
    ],
  ];

  test.each(SCRIPTS)(
    "%s: the package, the command, the others, also from the write-ahead log",
    async (_, file, sql) => {
      const made = madeRoot(false);
      try {
        // The name of the package that owns a file of this name, so that the history has something to tell about it.
        made.install({ name: "at", files: { "/usr/sbin/atd": "genuine" } });
        fs.mkdirSync(path.dirname(made.host(file)), { recursive: true });
        const script = `import sqlite3, sys, os
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA journal_mode=WAL")
db.executescript(sys.stdin.read())
os._exit(0)`;
        const at = Math.floor(Date.now() / 1000) - 5;
        execFileSync("python3", ["-c", script, made.host(file)], {
          input: sql.replace(/\bAT\b/g, String(at)),
          env: ENV,
        });
        expect(fs.existsSync(`${made.host(file)}-wal`)).toBe(true);
        const { stdout } = await whoforks(["origin", "--root", made.dir, "--json", "/usr/sbin/atd"]);
        const { events, sources } = schema.parse(JSON.parse(stdout));
        const told = events.filter(({ source }) => source === "dnf-history");
        expect(told.map(({ code, time }) => [code, Date.parse(time ?? "") / 1000])).toEqual([
          ["origin.manager-run", at],
          ["origin.package-action", at],
          ["origin.other-packages", at],
        ]);
        expect(told[0]?.args).toMatchObject({ user: 1000 });
        expect(told[1]?.args).toMatchObject({ package: "at", version: "3.2.5-1.fc40" });
        expect(told[2]?.args).toMatchObject({ packages: ["other"], count: 1 });
        expect(sources.find(({ id }) => id === "dnf-history")).toMatchObject({ skipped: 0, records: 1 });
        // Cut anywhere, or replaced by anything, it is an answer all the same.
        const whole = fs.readFileSync(made.host(file));
        fs.writeFileSync(made.host(file), whole.subarray(0, Math.floor(whole.length / 2) + 7));
        fs.rmSync(`${made.host(file)}-wal`);
        expect((await whoforks(["origin", "--root", made.dir, "--json", "/usr/sbin/atd"])).exitCode).toBe(0);
      } finally {
        made.remove();
      }
    },
  );
});
