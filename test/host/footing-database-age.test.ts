import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { describe, test } from "vitest";
import { databaseAge } from "../../src/footing/checks/database-age.ts";
import { examiner } from "../../src/identity/index.ts";
import { openRoot } from "../../src/platform/root.ts";
import { isRoot, need } from "./identity-made-root.ts";
import { PACMAN, pacmanRoot } from "./identity-pacman-root.ts";
import { RPM_TOOLS, rpmRoot } from "./identity-rpm-root.ts";

/** ctimes cannot be set: what is to be younger is written this much later, and less than that is taken for one run, ms. */
const LATER = 3000;
const SLACK = 2000;

/** `CODE` of each finding, with the file and how many, and of each gap. */
async function ageOf(dir: string, slack = SLACK): Promise<string[]> {
  const root = openRoot(dir);
  const { findings, gaps } = await databaseAge({ root, examiner: examiner(root), self: null, now: Date.now() }, slack);
  return [
    ...findings.map(({ code, weight, args }) => [weight, code, args["manager"], args["file"], args["count"]].join(" ")),
    ...gaps.map(({ code, what }) => `${code} ${what}`),
  ];
}

/** In a folder of its own. */
async function within(look: (top: string) => Promise<void>): Promise<void> {
  const top = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-age-"));
  try {
    await look(top);
  } finally {
    fs.rmSync(top, { recursive: true, force: true });
  }
}

// They wait most of their time.
describe.concurrent("a package database and its manager's last action", () => {
  test("rpm: what it writes without a record is no finding, and is said not to be told; queries write nothing", async (context) => {
    const { expect } = context;
    need(context, isRoot && RPM_TOOLS.every((file) => fs.existsSync(file)), "root, rpm and rpmbuild");
    const made = rpmRoot(false, 3, 4);
    try {
      const unrecorded = [`footing.rpm-unrecorded ${made.database}`];
      expect(await ageOf(made.dir, 60_000)).toEqual([]);
      const written = (): bigint => fs.statSync(made.host(made.database), { bigint: true }).ctimeNs;
      const before = written();
      await after(LATER);
      expect(made.rpm("--query", "--all")).toContain("extra1");
      made.rpm("--verify", "--nodeps", "at");
      expect(written()).toBe(before);
      made.rpm("--erase", "extra0");
      expect(await ageOf(made.dir)).toEqual(unrecorded);
      // dnf tells of what it erases; that dnf was started, and a line of the future, tell nothing.
      const line = (ms: number, text: string): string => `${new Date(ms).toISOString()} ${text}\n`;
      const erased = "SUBDEBUG Erased: extra0-3.2.5-1.noarch";
      const log = made.host("/var/log/dnf.rpm.log");
      fs.mkdirSync(path.dirname(log), { recursive: true });
      fs.writeFileSync(log, line(Date.now(), "INFO --- logging initialized ---") + line(Date.now() + 9e8, erased));
      expect(await ageOf(made.dir)).toEqual(unrecorded);
      fs.appendFileSync(log, line(Date.now(), erased));
      expect(await ageOf(made.dir)).toEqual([]);
      fs.rmSync(log);
      made.rpm("--rebuilddb");
      expect(await ageOf(made.dir)).toEqual(unrecorded);
    } finally {
      made.remove();
    }
  });

  test("apk: a file that alone is younger than those it is written with was changed by somebody else", ({ expect }) =>
    within(async (top) => {
      const { age, database, log, writeAll } = apkDatabase(top);
      writeAll();
      // What the apk of an image's maker logged long ago says nothing against what apk 2 has done since.
      log(1e12);
      expect(await age()).toEqual([]);
      await after(LATER);
      fs.appendFileSync(database("installed"), "F:usr\n");
      expect(await age()).toEqual(["medium footing.database-younger apk /lib/apk/db/installed 1"]);
      // Times of files have steps of some milliseconds.
      await after(50);
      fs.appendFileSync(database("triggers"), "x");
      expect(await age()).toEqual(["medium footing.database-younger apk /lib/apk/db/triggers 2"]);
      // A later run of apk that only the log tells of.
      log(Date.now());
      expect(await age()).toEqual([]);
      log(1e12);
      // As `apk fix` does.
      writeAll();
      expect(await age()).toEqual([]);
    }));

  test("apk: a database of one file tells nothing, and of a copy all is of one age", ({ expect }) =>
    within(async (top) => {
      const { age, database, writeAll } = apkDatabase(top);
      writeAll();
      await after(LATER);
      fs.appendFileSync(database("installed"), "F:usr\n");
      execFileSync("cp", ["-a", `${top}/root`, `${top}/copy`]);
      expect(await ageOf(`${top}/copy`)).toEqual([]);
      for (const name of ["scripts.tar", "triggers"]) fs.rmSync(database(name));
      expect(await age()).toEqual(["footing.single-file /lib/apk/db/installed"]);
    }));

  test("pacman: a package's digests that changed after pacman's last action", (context) =>
    within(async (top) => {
      const { expect } = context;
      need(context, isRoot && fs.existsSync(PACMAN), "root and pacman");
      const made = pacmanRoot(top);
      for (const name of ["at", "cron", "bc"]) made.install(name, { [`usr/bin/${name}`]: name });
      expect(await ageOf(`${top}/root`)).toEqual(["footing.no-package-log /var/log/pacman.log"]);
      fs.mkdirSync(`${top}/root/var/log`, { recursive: true });
      fs.copyFileSync(made.log, `${top}/root/var/log/pacman.log`);
      expect(await ageOf(`${top}/root`, 60_000)).toEqual([]);
      await after(LATER);
      const folder = `${top}/root/var/lib/pacman/local/at-1:3.2-1`;
      fs.renameSync(`${folder}/mtree`, `${top}/mtree`);
      fs.copyFileSync(`${top}/mtree`, `${folder}/mtree`);
      expect(await ageOf(`${top}/root`)).toEqual([
        "medium footing.database-younger pacman /var/lib/pacman/local/at-1:3.2-1 1",
      ]);
    }));
});

/** The files that apk 2.14 and 3 write together at every change; no apk can be had here that would. */
function apkDatabase(top: string): {
  database: (name: string) => string;
  writeAll: () => void;
  log: (ms: number) => void;
  age: () => Promise<string[]>;
} {
  const database = (name: string): string => `${top}/root/lib/apk/db/${name}`;
  return {
    database,
    writeAll() {
      fs.mkdirSync(database(""), { recursive: true });
      fs.writeFileSync(database("installed"), "P:at\nV:3.2.5-r0\n");
      for (const name of ["scripts.tar", "triggers"]) fs.writeFileSync(database(name), "");
    },
    log(ms) {
      fs.mkdirSync(`${top}/root/var/log`, { recursive: true });
      const time = new Date(ms).toISOString().slice(0, 19).replace("T", " ");
      fs.writeFileSync(`${top}/root/var/log/apk.log`, `\nRunning \`apk add at\` at ${time}\n`);
    },
    age: () => ageOf(`${top}/root`),
  };
}
