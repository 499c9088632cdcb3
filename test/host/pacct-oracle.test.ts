import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inMemory } from "../../src/ftrace/trace-dat/cursor.ts";
import { FLAG, type AcctRecord } from "../../src/formats/pacct/record.ts";
import { recordsOf } from "../../src/formats/pacct/records.ts";
import { diagnosed } from "../support/whoforks.ts";
import { pacctV2 } from "../support/pacct-bytes.ts";
import { MEMBERS, RecordedStorms, ROUNDS, RUNS } from "./recorded-storms.ts";
import { cannotRun } from "./tracefs-lab.ts";

const DUMP = "/usr/sbin/dump-acct";
const obstacle = cannotRun() ?? (existsSync(DUMP) || process.env["CI"] ? null : `needs ${DUMP} (package acct)`);

interface Dumped {
  comm: string;
  version: string;
  user: number;
  system: number;
  lived: number;
  pid: number;
  ppid: number;
  flags: string;
  status: number;
  began: string;
}

/** What GNU acct says of each record: times in ticks, the exit code without signals. */
function dump(file: string, ...options: string[]): Dumped[] {
  const run = spawnSync(DUMP, [...options, file], {
    encoding: "latin1",
    env: { ...process.env, TZ: "UTC", LC_ALL: "C" },
  });
  expect(run.status, run.stderr).toBe(0);
  return run.stdout.split("\n").flatMap((line) => {
    const columns = line.split("|").map((column) => column.trim());
    if (columns.length < 14) return [];
    const at = (index: number): string => columns[index] as string;
    const number = (index: number): number => Number(at(index));
    return [
      {
        comm: at(0),
        version: at(1),
        user: number(2),
        system: number(3),
        lived: number(4),
        pid: number(9),
        ppid: number(10),
        flags: at(11),
        status: number(12),
        began: at(14),
      },
    ];
  });
}

function read(file: string): AcctRecord[] {
  const bytes = readFileSync(file);
  return [...recordsOf(inMemory(bytes), (at, why) => expect.fail(`${why} at ${at}`))];
}

/** A record as dump-acct shows it. */
function asDumped(record: AcctRecord): Omit<Dumped, "user" | "system"> & { cpu: number } {
  const { comm, version, pid, ppid, flag, status, lived, cpu, beganAt } = record;
  const letters = [
    [FLAG.superUser, "S"],
    [FLAG.fork, "F"],
    [FLAG.core, "D"],
    [FLAG.signal, "X"],
  ] as const;
  const date = new Date(beganAt * 1000).toUTCString();
  const [, day, month, year, time] = /(\d\d) (\w+) (\d+) ([\d:]+)/.exec(date) as unknown as string[];
  return {
    comm,
    version: `v${version}`,
    lived: Math.round(lived * 100),
    cpu: Math.round(cpu * 100),
    pid,
    ppid,
    flags: [...letters]
      .filter(([bit]) => (flag & bit) !== 0)
      .map(([, letter]) => letter)
      .sort()
      .join(""),
    status: (status >> 8) & 0xff,
    began: `${date.slice(0, 3)} ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`,
  };
}

function theirs({ user, system, flags, lived, ...rest }: Dumped): ReturnType<typeof asDumped> {
  return {
    ...rest,
    lived: Math.round(lived),
    cpu: Math.round(user + system),
    flags: flags.split("").sort().join("").trim(),
  };
}

describe.skipIf(obstacle !== null)(
  `process accounting of the real kernel${obstacle === null ? "" : ` (${obstacle})`}`,
  () => {
    let storms: RecordedStorms;
    const files = new Map<string, string>();
    beforeAll(async () => {
      storms = new RecordedStorms();
      for (const kind of ["chain", "respawn", "crash", "shell-loop"] as const)
        files.set(kind, await storms.pacct(`${kind}.pacct`, storms.command(kind)));
    }, 120_000);
    afterAll(() => storms.remove());

    test("is read field for field as dump-acct reads it", () => {
      for (const [kind, file] of files) {
        const mine = read(file);
        expect(mine.length, kind).toBeGreaterThan(100);
        expect(mine.map(asDumped)).toEqual(dump(file).map(theirs));
      }
    });

    test("counts as many ends of each program as lastcomm does", async () => {
      const file = files.get("shell-loop") as string;
      const { stdout } = spawnSync("/usr/bin/lastcomm", ["-f", file], { encoding: "utf8" });
      const count = (comm: string): number => stdout.split("\n").filter((line) => line.startsWith(`${comm} `)).length;
      const mine = read(file);
      for (const comm of ["true", "date", "dash"])
        expect(mine.filter((record) => record.comm === comm).length).toBe(count(comm));
      expect(count("true")).toBe(ROUNDS);
    });

    test("a chain: every member, and who inherits the orphans", async () => {
      const { exitCode, result } = await diagnosed(["--from", files.get("chain") as string]);
      expect(exitCode).toBe(1);
      expect(result.sources[0]).toMatchObject({ kind: "pacct", skipped: 0 });
      expect(result.storms).toHaveLength(1);
      const [storm] = result.storms;
      expect(storm).toMatchObject({
        kind: "self-replicating-chain",
        program: { exe: null, comm: "wf-chain" },
        reaper: { comm: "wf-reaper" },
        exits: [{ code: 0, signal: null, count: MEMBERS + 1 }],
        cpus: null,
      });
      // A member whose parent still lived is told by the record; all others by name and number.
      expect(storm?.processes).toBeGreaterThan(MEMBERS * 0.9);
      expect(storm?.processes).toBeLessThanOrEqual(MEMBERS + 1);
      const gaps = result.couldNotLook.map(({ code }) => code);
      expect(gaps).toEqual(
        expect.arrayContaining(["pacct.no-files", "pacct.no-argv", "pacct.cpu-in-ticks", "pacct.orphans"]),
      );
    });

    test.each([
      ["respawn", "respawn-loop", { code: 0, signal: null, count: RUNS }],
      ["crash", "crash-loop", { code: null, signal: "SIGSEGV", count: RUNS }],
    ])("%s: who starts it, how often, and how it ends", async (name, kind, end) => {
      const { result } = await diagnosed(["--from", files.get(name) as string]);
      expect(result.storms).toHaveLength(1);
      expect(result.storms[0]).toMatchObject({
        kind,
        processes: RUNS,
        program: { comm: "wf-worker" },
        spawner: { comm: "wf-superd" },
        exits: [end],
      });
    });

    test("a loop of a shell", async () => {
      const { result } = await diagnosed(["--from", files.get("shell-loop") as string]);
      expect(result.storms).toHaveLength(1);
      expect(result.storms[0]).toMatchObject({ kind: "shell-loop", spawner: { comm: "dash" }, processes: 2 * ROUNDS });
    });

    test("dump-acct reads the bytes that the tests write for version 2 as this does", () => {
      const file = storms.empty("v2.pacct");
      const bytes = pacctV2();
      spawnSync("dd", [`of=${file}`, "status=none"], { input: bytes });
      const mine = read(file);
      expect(mine.length).toBe(bytes.length / 64);
      const told = dump(file, "--ahz", "100");
      expect(
        mine.map(({ comm, version, cpu, lived }) => [
          comm,
          `v${version}`,
          Math.round(cpu * 100),
          Math.round(lived * 100),
        ]),
      ).toEqual(
        told.map(({ comm, version, user, system, lived }) => [
          comm,
          version,
          Math.round(user + system),
          Math.round(lived),
        ]),
      );
      expect(mine.map(({ status }) => (status >> 8) & 0xff)).toEqual(told.map(({ status }) => status));
    });
  },
);
