import { describe, expect, test } from "vitest";
import { AuditJoin } from "../../../src/capture/audit/join.ts";
import type { ExecEvent, ProcessEvent } from "../../../src/model/events.ts";

const MS = 1e6;
const exec = (pid: number, ms: number, argv: string[] | null = null, exe = "/bin/x"): ExecEvent => ({
  type: "exec",
  ts: ms * MS,
  pid,
  ppid: null,
  comm: "x",
  exe,
  argv,
  error: 0,
});
const exit = (pid: number, ms: number): ProcessEvent => ({ type: "exit", ts: ms * MS, pid, comm: "x", code: 0, signal: null, thread: false }); // prettier-ignore
const fork = (pid: number, child: number, ms: number): ProcessEvent => ({ type: "fork", ts: ms * MS, pid, comm: "x", child, childClaim: null, thread: false }); // prettier-ignore
const seen = (pid: number, ms: number, bits: 32 | 64 = 32): ProcessEvent => ({ type: "seen", ts: ms * MS, pid, ppid: 1, comm: "x", exe: "/bin/x", abi: { machine: bits === 32 ? "i386" : "x86_64", bits } }); // prettier-ignore

function joined(work: (join: AuditJoin) => void): { join: AuditJoin; out: ProcessEvent[] } {
  const out: ProcessEvent[] = [];
  const join = new AuditJoin((event) => out.push(event));
  work(join);
  join.deliver(Number.POSITIVE_INFINITY);
  return { join, out };
}

const argvs = (out: ProcessEvent[]) => out.flatMap((event) => (event.type === "exec" ? [event.argv] : []));

describe("audit records joined to the events of another source", () => {
  test("arguments go to the exec of that process at that time, several execs of one process in their order", () => {
    const { join, out } = joined((j) => {
      j.pass(exec(7, 100));
      j.pass(exec(7, 101));
      j.pass(exec(8, 101));
      j.tell(exec(7, 96, ["env", "x"]));
      j.tell(exec(7, 96, ["x"]));
    });
    expect(argvs(out)).toEqual([["env", "x"], ["x"], null]);
    expect([join.execs, join.joined]).toEqual([3, 2]);
  });

  test("execs from before the rules were in are not counted: nothing could be recorded of them", () => {
    const { join, out } = joined((j) => {
      j.sinceNs = 100 * MS;
      for (const event of [exec(7, 99), exec(8, 100), exec(9, 101)]) j.pass(event);
      j.tell(exec(8, 100, ["x"]));
    });
    expect(argvs(out)).toEqual([null, ["x"], null]);
    expect([join.execs, join.joined]).toEqual([2, 1]);
  });

  test("a record of an earlier life of the number is not taken", () => {
    const { out } = joined((j) => {
      j.tell(exec(7, 100, ["old"]));
      j.pass(exec(7, 3000));
    });
    expect(argvs(out)).toEqual([null]);
  });

  test("events keep their order while one waits for its record, and go on when it has waited long enough", () => {
    const out: ProcessEvent[] = [];
    const join = new AuditJoin((event) => out.push(event));
    for (const event of [fork(1, 7, 99), exec(7, 100), fork(7, 8, 101), exit(8, 102)]) join.pass(event);
    join.deliver(150 * MS);
    expect(out.map((event) => event.type)).toEqual(["fork"]);
    join.deliver(401 * MS);
    expect(out.map((event) => event.type)).toEqual(["fork", "exec", "fork"]);
    join.deliver(500 * MS);
    expect(out.map((event) => event.ts / MS)).toEqual([99, 100, 101, 102]);
  });

  test("the instruction set is told before the end of the process, once, and not from its program before", () => {
    const { join, out } = joined((j) => {
      j.tell(seen(7, 99, 64));
      j.tell(exec(7, 100, ["x"]));
      j.tell(seen(7, 110));
      for (const event of [fork(1, 7, 99), exec(7, 101), exit(7, 111), fork(1, 7, 5000), exit(7, 5001)]) j.pass(event);
    });
    expect(out.map((event) => event.type)).toEqual(["fork", "exec", "seen", "exit", "fork", "exit"]);
    expect(out[2]).toMatchObject({ pid: 7, ts: 111 * MS, abi: { machine: "i386", bits: 32 } });
    expect(join.abis).toBe(1);
  });

  test("a life that ended unseen lends nothing to the next of its number", () => {
    const { out } = joined((j) => {
      j.tell(seen(7, 100));
      for (const event of [fork(1, 7, 5000), exit(7, 5001)]) j.pass(event);
    });
    expect(out.map((event) => event.type)).toEqual(["fork", "exit"]);
  });

  test("a program that nobody saw gets the name that audit tells", () => {
    const { out } = joined((j) => {
      j.pass(exec(7, 100, null, ""));
      j.tell(exec(7, 100, ["x", "-v"], "/usr/bin/x"));
    });
    expect(out[0]).toMatchObject({ exe: "/usr/bin/x", argv: ["x", "-v"] });
  });

  test("arguments that the source itself told stay", () => {
    const { out } = joined((j) => {
      j.pass(exec(7, 100, ["by", "probe"]));
      j.tell(exec(7, 100, ["by", "audit"]));
    });
    expect(argvs(out)).toEqual([["by", "probe"]]);
  });

  test("failed execs are no events to be joined", () => {
    const { join, out } = joined((j) => {
      j.tell({ ...exec(7, 100, ["x"]), error: -2 });
      j.pass({ ...exec(7, 100), error: -2 });
    });
    expect([join.execs, join.joined, out.length]).toEqual([0, 0, 1]);
  });
});
