import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Assembler } from "../../../src/capture/netlink/assembler.ts";
import { ExecNames } from "../../../src/capture/netlink/exec-names.ts";
import { parseDatagram, What } from "../../../src/capture/netlink/messages.ts";
import { SequenceGaps } from "../../../src/capture/netlink/sequence.ts";
import type { ProcessEvent } from "../../../src/model/events.ts";
import { datagram } from "./netlink-encoder.ts";

/** PIDs that no kernel gives (PID_MAX_LIMIT is 4,194,304): nothing of this host is looked up. */
const P = 5_000_000;

function assemble(events: [what: number, ns: number, ...fields: number[]][]): ProcessEvent[] {
  const out: ProcessEvent[] = [];
  const assembler = new Assembler((event) => out.push(event), 0);
  for (const [what, ns, ...fields] of events) {
    const bytes = datagram({ what, cpu: 0, seq: 0, ns, fields });
    const event = parseDatagram(bytes, bytes.length);
    if ("why" in event) throw new Error(event.why);
    assembler.take(event);
  }
  assembler.lookUp();
  assembler.deliver(Number.POSITIVE_INFINITY);
  expect(assembler.events).toBe(out.length);
  return out;
}

describe("proc connector events become model events", () => {
  test("fork, exit and who is handed the dead", () => {
    expect(
      assemble([
        [What.fork, 100, P, P, P + 1, P + 1],
        [What.exit, 200, P + 1, P + 1, 0x300, 17, P, P],
      ]),
    ).toEqual([
      { type: "fork", ts: 100, pid: P, comm: "", child: P + 1, childClaim: null, thread: false },
      { type: "exit", ts: 200, pid: P + 1, comm: "", code: 3, signal: null, thread: false },
      { type: "child-signal", ts: 200, pid: P + 1, reaper: P, reaperComm: "", code: 1 },
    ]);
  });

  test("a core dump, and a death without SIGCHLD", () => {
    const events = assemble([
      [What.exit, 1, P + 1, P + 1, 0x8b, 17, P, P],
      [What.exit, 2, P + 2, P + 2, 9, 0, P, P],
    ]);
    expect(events).toMatchObject([
      { type: "exit", code: null, signal: 11 },
      { type: "child-signal", code: 3 },
      { type: "exit", code: null, signal: 9 },
    ]);
  });

  test("a thread is born of its process, whose parent the kernel names, and its end is not the process's", () => {
    const events = assemble([
      [What.fork, 1, P, P, P + 1, P + 1],
      [What.fork, 2, P, P, P + 2, P + 1],
      [What.exit, 3, P + 2, P + 1, 0, 0xffff_ffff, P, P],
      [What.exit, 4, P + 1, P + 1, 0x700, 17, P, P],
    ]);
    expect(events).toMatchObject([
      { type: "fork", pid: P, child: P + 1, thread: false },
      { type: "fork", pid: P + 1, child: P + 2, thread: true },
      { type: "exit", pid: P + 2, thread: true },
      { type: "exit", pid: P + 1, thread: false, code: 7 },
      { type: "child-signal", pid: P + 1, reaper: P },
    ]);
  });

  test.each([
    ["the leader's status where the last thread just ends", 0x500, 0, 5],
    ["the last thread's where that ended the process", 0, 0x900, 9],
  ])("a leader that ends first: %s", (_, leader, last, code) => {
    const events = assemble([
      [What.fork, 1, P, P, P + 1, P + 1],
      [What.fork, 2, P, P, P + 2, P + 1],
      [What.exit, 3, P + 1, P + 1, leader, 17, P, P],
      [What.exit, 4, P + 2, P + 1, last, 17, P, P],
    ]);
    expect(events.filter((event) => event.type === "exit")).toMatchObject([
      { pid: P + 1, thread: true },
      { pid: P + 1, thread: false, code },
    ]);
  });

  test("an exec of a process that is gone is told without a name", () => {
    const events = assemble([
      [What.fork, 1, P, P, P + 1, P + 1],
      [What.exec, 2, P + 1, P + 1],
      [What.exit, 3, P + 1, P + 1, 0, 17, P, P],
    ]);
    expect(events[1]).toEqual({ type: "exec", ts: 2, pid: P + 1, ppid: null, comm: "", exe: "", argv: null, error: 0 });
  });

  test("times never go back, although CPUs take them before they queue", () => {
    const events = assemble([
      [What.fork, 500, P, P, P + 1, P + 1],
      [What.fork, 400, P, P, P + 2, P + 2],
    ]);
    expect(events.map((event) => event.ts)).toEqual([500, 500]);
  });

  test("other kinds of event make nothing", () => {
    expect(assemble([[4, 1, P, P], [0x80, 2, P, P], [What.comm, 3, P, P], [What.coredump, 4, P, P]])).toEqual([]); // prettier-ignore
  });
});

describe("names of what was executed", () => {
  test("are taken from siblings only where all of them run the same", () => {
    const names = new ExecNames();
    expect(names.infer(1)).toEqual({ exe: "", comm: "" });
    names.tell(1, "/bin/a", "a");
    names.tell(1, "/bin/a", "a");
    expect(names.infer(1)).toEqual({ exe: "/bin/a", comm: "a" });
    names.tell(1, "/bin/b", "b");
    expect(names.infer(1)).toEqual({ exe: "", comm: "" });
    names.forget(1);
    names.tell(1, "/bin/c", "c");
    expect(names.infer(1)).toEqual({ exe: "/bin/c", comm: "c" });
    expect([names.told, names.inferred, names.unknown]).toEqual([4, 2, 2]);
  });
});

describe("losses by sequence numbers", () => {
  test("each CPU counts for itself, and numbers wrap around", () => {
    const gaps = new SequenceGaps();
    for (const [cpu, seq] of [[0, 10], [1, 900], [0, 11], [1, 903], [0, 14]] as const) gaps.arrived(cpu, seq); // prettier-ignore
    expect(gaps.lost).toBe(4);
    for (const seq of [0xffff_fffe, 0xffff_ffff, 0, 2]) gaps.arrived(7, seq);
    expect(gaps.lost).toBe(5);
  });

  test("an event that comes after its successor is no loss", () => {
    const gaps = new SequenceGaps();
    for (const seq of [1, 3, 2, 4]) gaps.arrived(0, seq);
    expect(gaps.lost).toBe(0);
  });

  test("what is left out between the first and the last is counted, whatever it is", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(5000), { minLength: 1 }), fc.nat(0xffff_ffff), (some, base) => {
        const sorted = some.toSorted((a, b) => a - b);
        const gaps = new SequenceGaps();
        for (const n of sorted) gaps.arrived(3, (base + n) >>> 0);
        const span = (sorted.at(-1) as number) - (sorted[0] as number) + 1;
        expect(gaps.lost).toBe(span - sorted.length);
      }),
    );
  });
});
