import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProcessEvent } from "../../src/model/events.ts";
import { readInputs, type InputReading } from "../../src/formats/input.ts";
import { runs32Bit } from "../../lab/kernel-abi.mjs";
import { needs32Bit } from "../support/32-bit.ts";
import { expectNothingLeft, needs, obstacle, OwnAuditd, run, UID } from "./own-auditd.ts";

/**
 * A real log of real processes, recorded by a real auditd of this test's own, read by us and by ausearch. The rules carry a key
 * of their own and catch only the processes of one user id that nothing else runs as.
 */
const KEY = "whoforks-test";
const ROUNDS = 40;

let auditd: OwnAuditd | null = null;
let why: string | null = null;
let events: ProcessEvent[] = [];
let result: InputReading | null = null;
let log = "";

/** Forks through \`int 0x80\`: the parent exits with 3, the child goes on, six generations. */
const CHAIN_32 = `.globl _start
_start: mov $6,%esi
1: mov $2,%eax
 int $0x80
 test %eax,%eax
 jz 2f
 mov $1,%eax
 mov $3,%ebx
 int $0x80
2: dec %esi
 jnz 1b
 mov $252,%eax
 xor %ebx,%ebx
 int $0x80
`;

const SCRIPT = `i=0
while [ $i -lt ${ROUNDS} ]; do
  i=$((i + 1))
  /bin/true "round $i" "" 'a"b' "C3A9" x=y
  ( exit $((i % 7)) )
  env -i /nonexistent/program 2>/dev/null
  sh -c 'echo a | cat' >/dev/null
done
${runs32Bit() ? "./chain32" : ":"}
./wide "$(printf '%09000d' 0)" tail
sh -c 'kill -SEGV $$'
`;

beforeAll(async () => {
  why = obstacle();
  if (why !== null) return;
  auditd = await OwnAuditd.start(KEY, "RAW", "execve,execveat,fork,vfork,clone,clone3,exit,exit_group");
  const { storm } = auditd;
  writeFileSync(join(storm, "chain.s"), CHAIN_32);
  writeFileSync(join(storm, "storm.sh"), SCRIPT);
  run("gcc", ["-m32", "-nostdlib", "-static", "-o", join(storm, "chain32"), join(storm, "chain.s")]);
  run("cp", ["/bin/true", join(storm, "wide")]);
  auditd.watch("/bin/sh", "storm.sh");
  await setTimeout(1000);
  auditd.stop();
  log = auditd.log;
  result = await readInputs([log], { sink: (event) => events.push(event) });
});

afterAll(() => auditd?.remove());

interface Oracle {
  serial: string;
  call: string;
  arch: string;
  success: string | null;
  exit: string | null;
  a0: string;
  pid: number;
  ppid: number;
  comm: string;
  exe: string;
}

/** SYSCALL records as `ausearch -i` interprets them. */
function oracle(): Oracle[] {
  // The first argument is taken from the raw text: -i turns an exit status into whatever it thinks fits.
  const raw = run("ausearch", ["--raw", "-if", log, "-k", KEY]);
  const a0 = new Map(
    [...raw.matchAll(/^type=SYSCALL msg=audit\([^)]*:(\d+)\): .* a0=([0-9a-f]+) /gm)].map(([, serial, value]) => [
      serial,
      value,
    ]),
  );
  const text = run("ausearch", ["-i", "-if", log, "-k", KEY]);
  return [...text.matchAll(/^type=SYSCALL msg=audit\([^)]*:(\d+)\) : (.*)$/gm)].map(([, serial, body]) => {
    const value = (name: string): string | null =>
      new RegExp(`(?:^| )${name}=(\\S+)`).exec(body as string)?.[1] ?? null;
    return {
      serial: serial as string,
      call: value("syscall") as string,
      arch: value("arch") as string,
      success: value("success"),
      exit: value("exit"),
      a0: a0.get(serial) as string,
      pid: Number(value("pid")),
      ppid: Number(value("ppid")),
      comm: value("comm") as string,
      exe: value("exe") as string,
    };
  });
}

function ofType<T extends ProcessEvent["type"]>(type: T): Extract<ProcessEvent, { type: T }>[] {
  return events.filter((event): event is Extract<ProcessEvent, { type: T }> => event.type === type);
}

const sorted = (list: unknown[][]): string[] => list.map((row) => row.join(" | ")).toSorted((a, b) => (a < b ? -1 : 1));

describe("a log recorded just now by a real auditd, beside ausearch", () => {
  it("is read whole", (ctx) => {
    needs(ctx, why);
    expect(result?.unusable).toEqual([]);
    expect(result?.streams[0]?.reading.ledger).toMatchObject({ skipped: 0, events: events.length });
    const lines = readFileSync(log, "latin1").split("\n").length - 1;
    expect(result?.streams[0]?.reading.remarks.find((remark) => remark.code === "audit.records")?.args).toMatchObject({
      read: lines,
      parsed: lines,
    });
    expect(result?.streams[0]?.reading.tells).toMatchObject({
      programs: true,
      argv: true,
      lineage: true,
      reaper: true,
      exitStatus: true,
      lifetimes: true,
      cpu: { code: "cpu.log-tells-none" },
    });
    expect(existsSync(log)).toBe(true);
  });

  it("forks: the same callers, names and claimed children, no open taken for one", (ctx) => {
    needs(ctx, why);
    const expected = oracle().filter(
      ({ call, success }) => ["fork", "vfork", "clone", "clone3"].includes(call) && success === "yes",
    );
    expect(expected.length).toBeGreaterThan(3 * ROUNDS);
    expect(sorted(ofType("fork").map(({ pid, comm, childClaim }) => [pid, comm, childClaim]))).toEqual(
      sorted(expected.map(({ pid, comm, exit }) => [pid, comm, exit])),
    );
    expect(expected.filter(({ arch }) => arch === "i386")).toHaveLength(runs32Bit() ? 6 : 0);
    expect(result?.streams[0]?.reading.remarks.find((remark) => remark.code === "audit.fork-by-32-bit")?.args).toEqual(
      runs32Bit() ? expect.objectContaining({ count: 6 }) : undefined,
    );
  });

  it("execs: the same processes, parents, programs, names and results", (ctx) => {
    needs(ctx, why);
    const expected = oracle().filter(({ call }) => call === "execve");
    const failed = expected.filter(({ success }) => success === "no");
    expect(failed.length).toBeGreaterThanOrEqual(ROUNDS);
    const good = expected.filter(({ success }) => success === "yes");
    expect(
      sorted(
        ofType("exec")
          .filter(({ error }) => error === 0)
          .map(({ pid, ppid, comm, exe }) => [pid, ppid, comm, exe]),
      ),
    ).toEqual(sorted(good.map(({ pid, ppid, comm, exe }) => [pid, ppid, comm, exe])));
    expect(
      sorted(
        ofType("exec")
          .filter(({ error }) => error !== 0)
          .map(({ pid, ppid, error, exe }) => [pid, ppid, error, exe]),
      ),
    ).toEqual(sorted(failed.map(({ pid, ppid }) => [pid, ppid, -2, "/nonexistent/program"])));
  });

  it("arguments: those that were given, also where ausearch's own text is ambiguous", (ctx) => {
    needs(ctx, why);
    const rounds = ofType("exec").filter(
      ({ exe, argv }) => exe.endsWith("/true") && argv?.[1]?.startsWith("round ") === true,
    );
    expect(rounds.map(({ argv }) => argv)).toEqual(
      Array.from({ length: ROUNDS }, (_, i) => ["/bin/true", `round ${i + 1}`, "", 'a"b', "C3A9", "x=y"]),
    );
    // Longer than a record holds: cut over several EXECVE records.
    expect(readFileSync(log, "latin1")).toMatch(/a1\[1\]=/);
    expect(ofType("exec").find(({ comm }) => comm === "wide")?.argv).toEqual(["./wide", "0".repeat(9000), "tail"]);
  });

  it("ends: the same processes and codes, and the one by a signal", (ctx) => {
    needs(ctx, why);
    const expected = oracle().filter(({ call }) => call === "exit" || call === "exit_group");
    const byCode = ofType("exit").filter(({ signal }) => signal === null);
    expect(sorted(byCode.map(({ pid, comm, code }) => [pid, comm, code]))).toEqual(
      sorted(expected.map(({ pid, comm, a0 }) => [pid, comm, Number.parseInt(a0, 16) & 0xff])),
    );
    expect(byCode.every(({ thread }) => !thread)).toBe(true);
    const abends = run("ausearch", ["-if", log, "-m", "ANOM_ABEND", "--raw"])
      .split("\n")
      .filter((line) => line.includes(`uid=${UID} `));
    const crashed = ofType("exit").filter(
      ({ signal, pid }) => signal !== null && abends.some((line) => line.includes(` pid=${pid} `)),
    );
    expect(crashed).toMatchObject([{ comm: "sh", signal: 11, code: null }]);
  });

  it("ABIs: the 32-bit program is one", (ctx) => {
    needs(ctx, why);
    needs32Bit(ctx);
    const chain = ofType("seen").filter(({ comm }) => comm === "chain32");
    expect(chain.length).toBeGreaterThanOrEqual(6);
    expect(chain.every(({ abi }) => abi?.machine === "i386" && abi.bits === 32)).toBe(true);
  });

  it("times never go back, and every process of the storm is there", (ctx) => {
    needs(ctx, why);
    const first = new Map<number, number>();
    events.forEach((event, i) => {
      if ("pid" in event && !first.has(event.pid)) first.set(event.pid, i);
    });
    const times = events.map((event) => event.ts);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(first.size).toBeGreaterThan(3 * ROUNDS);
  });

  it("leaves no rule, daemon or setting behind", (ctx) => {
    needs(ctx, why);
    expectNothingLeft(auditd, KEY);
  });
});
