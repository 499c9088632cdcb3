import { expect, test } from "vitest";
import { createFamily, type Family } from "../../../src/derive/family.ts";
import { Images } from "../../../src/derive/image.ts";
import { membersInRecording } from "../../../src/diagnosis/cpu-descent.ts";
import type { Forebear, ProgramCpu } from "../../../src/model/cpu.ts";
import type { ProcFacts, Snapshot } from "../../../src/model/snapshot.ts";

const images = new Images();
const SHELL = 300;
const SUBSHELL = 310;
const CRON = 400;

const shell: Forebear = { pid: SHELL, exe: "/usr/bin/dash", comm: "dash" };
const subshell: Forebear = { pid: SUBSHELL, exe: "/usr/bin/dash", comm: "dash" };
const cron: Forebear = { pid: CRON, exe: "/usr/sbin/cron", comm: "cron" };
const unknown = (comm: string): Forebear => ({ pid: null, exe: null, comm });

function entry(exe: string | null, comm: string, descent: Forebear[], pid: number | null = null): ProgramCpu {
  return { pid, exe, comm, seconds: 1, processes: 1, windowSeconds: 1, descent };
}

function living(pid: number, ppid: number, exe: string): [number, ProcFacts] {
  const comm = exe.split("/").at(-1) ?? "";
  return [pid, { pid, ppid, comm, exe } as ProcFacts];
}

const processes = new Map([
  living(1, 0, "/sbin/init"),
  living(SHELL, 1, "/usr/bin/dash"),
  living(SUBSHELL, SHELL, "/usr/bin/dash"),
  living(CRON, 1, "/usr/sbin/cron"),
]);

function members(programs: ProgramCpu[], exe: string, spawner: number | null): (string | null)[] {
  const family: Family = createFamily(images.byExe(exe, exe.split("/").at(-1) ?? ""), null);
  if (spawner !== null) {
    const image = images.byExe(processes.get(spawner)?.exe ?? "", processes.get(spawner)?.comm ?? "");
    family.spawners.add(spawner, { life: 1, pid: spawner, image });
  }
  const snapshot = { processes } as Snapshot;
  const select = membersInRecording({
    families: [family],
    files: new Set([exe]),
    starters: new Set(spawner === null ? [1] : [spawner, 1]),
    isMember: (process) => process.exe === exe,
    material: {
      live: { before: snapshot, after: snapshot },
      window: { startEpochMs: null, seconds: 1 },
      derived: {} as never,
    },
  });
  const recording = { seconds: 1, busySeconds: 1, unknownSeconds: 0, switches: 1, lost: 0, programs };
  return select(recording).map(({ exe: file, comm }) => file ?? comm);
}

test("a program of the same name in another tree is another's", () => {
  const programs = [
    entry("/bin/true", "true", [shell]),
    entry("/bin/true", "true", [subshell]),
    entry("/bin/true", "true", [cron]),
    entry("/usr/bin/true", "true", [{ pid: null, exe: "/bin/sh", comm: "sh" }, cron]),
  ];
  expect(members(programs, "/usr/bin/true", SHELL)).toEqual(["/bin/true", "/bin/true"]);
});

test("a chain whose member of the moment nobody knows: by its name, with its copies, and not what others run", () => {
  const programs = [
    entry(null, "atd", []),
    entry("/usr/bin/atd", "atd", [unknown("atd")]),
    entry("/bin/sleep", "sleep", [unknown("atd")]),
    entry("/usr/sbin/atd", "atd", [], 500),
    entry("/usr/bin/atd", "atd", [cron]),
  ];
  expect(members(programs, "/usr/bin/atd", null)).toEqual(["atd", "/usr/bin/atd", "/usr/bin/atd"]);
});

test("init starts everything, but the storm is only what bears its programs", () => {
  const init: Forebear = { pid: 1, exe: "/sbin/init", comm: "init" };
  const programs = [
    entry("/usr/bin/atd", "atd", [init]),
    entry("/usr/sbin/getty", "getty", [init]),
    entry("/usr/bin/atd", "atd", [cron]),
    entry("/sbin/init", "init", [], 1),
  ];
  expect(members(programs, "/usr/bin/atd", 1)).toEqual(["/usr/bin/atd"]);
});

test("what a shell's descendants run besides is not the loop's", () => {
  const programs = [entry("/bin/true", "true", [shell]), entry("/usr/bin/node", "node", [shell])];
  expect(members(programs, "/bin/true", SHELL)).toEqual(["/bin/true"]);
});

test("nothing recorded, or a recording without descent: none, or by name as before", () => {
  expect(members([], "/bin/true", SHELL)).toEqual([]);
  const { descent: _, ...old } = entry("/bin/true", "true", []);
  expect(members([old], "/bin/true", SHELL)).toEqual(["/bin/true"]);
});
