import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, copyFileSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { followTree } from "../../src/capture/tracefs/follow-tree.ts";
import { Instance, removeLeftovers } from "../../src/capture/tracefs/instance.ts";
import { locateTracefs, releaseTracefs } from "../../src/capture/tracefs/locate.ts";
import { ourProbes, ProbeGroup, removeLeftoverProbes } from "../../src/capture/tracefs/probe-group.ts";
import { defineUprobe, type UprobeSpec } from "../../src/capture/tracefs/uprobes.ts";
import { readDynamicSymbols } from "../../src/elf/symbols.ts";
import { fileSource } from "../../src/platform/file-source.ts";
import { cannotRun, Programs } from "./tracefs-lab.ts";

const DIR = "/sys/kernel/tracing";
const obstacle = cannotRun();

const LIBRARY_SOURCE = `
int whoforks_twice(int n) { return n * 2; }
int execve(const char *file, char *const argv[], char *const envp[]) { return whoforks_twice(-1); }
`;
const PROGRAM_SOURCE = `
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int whoforks_twice(int n);
int main(int argc, char **argv) {
  int sum = 0;
  for (int i = 0; i < atoi(argv[1]); i++) sum += whoforks_twice(i);
  if (fork() == 0) _exit(whoforks_twice(1000) == 2000 ? 0 : 1);
  wait(0);
  return sum < 0;
}`;

describe.skipIf(obstacle !== null)(`user-space probes${obstacle === null ? "" : ` (skipped: ${obstacle})`}`, () => {
  let programs: Programs;
  let library: string;
  let program: string;
  let instance: Instance;
  let group: ProbeGroup;

  beforeAll(() => {
    programs = new Programs();
    // Blanks, a newline and a byte that is no UTF-8: what a probe's definition cannot hold.
    library = `${programs.dir}/lib odd:name\n.so`;
    program = `${programs.dir}/program`;
    writeFileSync(`${programs.dir}/library.c`, LIBRARY_SOURCE);
    writeFileSync(`${programs.dir}/program.c`, PROGRAM_SOURCE);
    const gcc = (...args: string[]): void => {
      const { status, stderr } = spawnSync("/usr/bin/gcc", args, { encoding: "utf8", cwd: programs.dir });
      if (status !== 0) throw new Error(stderr);
    };
    gcc("-O1", "-shared", "-fPIC", "-Wl,-soname,libtwice.so", "-o", "libtwice.so", "library.c");
    gcc("-O1", "-o", program, "program.c", "-L.", "-ltwice", `-Wl,-rpath,${programs.dir}`);
    copyFileSync(`${programs.dir}/libtwice.so`, library);
    const found = locateTracefs();
    if ("code" in found) throw new Error(found.why);
    removeLeftovers(DIR);
    removeLeftoverProbes(DIR);
  });
  afterAll(() => {
    programs.remove();
    releaseTracefs(DIR);
  });
  afterEach(() => {
    group?.release();
    instance?.remove();
    expect(ourProbes(DIR).filter((probe) => probe.group.startsWith(`whoforks_${process.pid}_`))).toEqual([]);
  });

  function make(): void {
    instance = new Instance(DIR);
    group = new ProbeGroup(DIR, instance);
  }

  function spec(file: string, symbol: string, rest: Partial<UprobeSpec> = {}): UprobeSpec {
    const fd = openSync(file, "r");
    const found = readDynamicSymbols(fileSource(fd))?.defined.find(({ name }) => name === symbol);
    if (found?.fileOffset === null || found === undefined) throw new Error(`${symbol} is not in ${file}`);
    return { event: symbol, fd, offset: found.fileOffset, fetches: [], ...rest };
  }

  const argument = { name: "n", place: process.arch === "arm64" ? "%x0" : "%di", type: "s32" } as const;
  /** The values that the kernel recorded, from its own text. */
  const values = (): number[] => [...instance.read("trace").matchAll(/ n=(-?\d+)$/gm)].map((match) => Number(match[1]));

  test("each call with its argument, by the inode that runs, whatever name it was opened by", () => {
    make();
    const opened = spec(`${programs.dir}/libtwice.so`, "whoforks_twice", { fetches: [argument] });
    instance.enable(defineUprobe(group, opened));
    closeSync(opened.fd);
    expect(spawnSync(program, ["5"]).status).toBe(0);
    let seen: number[] = [];
    expect(group.end(() => (seen = values()))).toBeNull();
    expect(seen).toEqual([0, 1, 2, 3, 4, 1000]);
  });

  test("a file of an odd name, and a deleted one", () => {
    make();
    const opened = spec(library, "whoforks_twice", { fetches: [argument] });
    rmSync(library);
    instance.enable(defineUprobe(group, opened));
    const probe = ourProbes(DIR).find(({ group: name }) => name === group.name);
    expect(probe?.event).toBe("whoforks_twice");
    // Nobody runs that inode: the same library under its other name is another one.
    expect(spawnSync(program, ["3"]).status).toBe(0);
    let seen = [-1];
    group.end(() => (seen = values()));
    expect(seen).toEqual([]);
    closeSync(opened.fd);
  });

  test("one tree only, children included", async () => {
    make();
    instance.enable(
      defineUprobe(group, spec(`${programs.dir}/libtwice.so`, "whoforks_twice", { fetches: [argument] })),
    );
    // It waits for a line, so that it is there before the filter is set.
    const child = spawn("/bin/sh", ["-c", `read line; ${program} 2; exit 0`], { stdio: ["pipe", "ignore", "inherit"] });
    followTree(instance, child.pid as number);
    spawnSync(program, ["7"]);
    child.stdin.end("go\n");
    await once(child, "close");
    let seen: number[] = [];
    group.end(() => (seen = values()));
    expect(seen).toEqual([0, 1, 1000]);
  });

  test("a probe of somebody else stays, also while ours are deleted", () => {
    make();
    const other = spec(`${programs.dir}/libtwice.so`, "whoforks_twice");
    writeFileSync(
      `${DIR}/uprobe_events`,
      `p:somebody_${process.pid}/probe ${programs.dir}/libtwice.so:0x${other.offset.toString(16)}\n`,
      {
        flag: "a",
      },
    );
    try {
      instance.enable(defineUprobe(group, other));
      removeLeftoverProbes(DIR);
      expect(ourProbes(DIR).some(({ group: name }) => name === group.name)).toBe(true);
      group.end(() => undefined);
      expect(readFileSync(`${DIR}/uprobe_events`, "latin1")).toContain(`somebody_${process.pid}/probe`);
    } finally {
      writeFileSync(`${DIR}/uprobe_events`, `-:somebody_${process.pid}/probe\n`, { flag: "a" });
    }
  });

  test("what is not to be asked for is refused before the kernel hears of it", () => {
    make();
    const sound = spec(`${programs.dir}/libtwice.so`, "whoforks_twice");
    const refused: Partial<UprobeSpec>[] = [
      { event: "a b" },
      { offset: -1 },
      { fetches: [{ name: "x", place: "+0(%di):string", type: "u64" }] },
      { fetches: [{ name: "x", place: "+0(%di)", type: "u64", count: 65 }] },
      {
        fetches: Array.from(
          { length: 7 },
          (_, n) => ({ name: `x${n}`, place: "+0(%di)", type: "u64", count: 64 }) as const,
        ),
      },
    ];
    for (const rest of refused) expect(() => defineUprobe(group, { ...sound, ...rest })).toThrow(RangeError);
  });

  for (const signal of ["SIGKILL", "SIGINT"] as const) {
    test(`nothing stays of a run ended by ${signal}${signal === "SIGKILL" ? " once the next one starts" : ""}`, async () => {
      const script = programs.script("tracefs-uprobes-victim");
      const victim = spawn(process.execPath, [script, `${programs.dir}/libtwice.so`], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const [line] = (await once(victim.stdout, "data")) as [Buffer];
      const name = line.toString().trim();
      const left = (): string[] => ourProbes(DIR).flatMap((probe) => (probe.group === name ? [probe.event] : []));
      expect(left()).toEqual(["execve"]);
      // Its owner lives: not to be touched.
      removeLeftovers(DIR);
      removeLeftoverProbes(DIR);
      expect(left()).toEqual(["execve"]);
      victim.kill(signal);
      await once(victim, "close");
      if (signal === "SIGKILL") {
        expect(left()).toEqual(["execve"]);
        removeLeftovers(DIR);
        expect(removeLeftoverProbes(DIR)).toEqual([`${name}/execve`]);
      }
      expect(left()).toEqual([]);
    });
  }
});
