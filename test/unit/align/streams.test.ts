import { describe, expect, test } from "vitest";
import { Landmarks } from "../../../src/align/landmarks.ts";
import { groupStreams, type Told } from "../../../src/align/streams.ts";
import { createDerivation } from "../../../src/derive/index.ts";
import { starts } from "../../../src/derive/family.ts";
import type { ProcessEvent } from "../../../src/model/events.ts";

const MS = 1e6;
const SECOND = 1e9;

interface Voice {
  file: string;
  /** Its clock's 0 lies so much after the host's, ns. */
  late?: number;
  /** What it says of each run. */
  says?: { exe?: string | null; argv?: string[] | null; code?: number | null; calls?: string[] };
  every?: number;
  from?: number;
  runs?: number;
  told?: Partial<Told>;
}

/** A shell that runs a program again and again, as one source tells it. Numbers of processes from 1000 on. */
function voice({ file, late = 0, says = {}, every = 1, from = 0, runs = 300, told = {} }: Voice): Told {
  const { exe = "/usr/bin/job", argv = null, code = 0, calls } = says;
  const derivation = createDerivation();
  const landmarks = new Landmarks();
  const sink = landmarks.before(derivation.onEvent);
  sink({ type: "seen", ts: 0, pid: 900, ppid: 1, comm: "sh", exe: "/bin/sh", abi: null });
  for (let n = from; n < from + runs; n += every) {
    const pid = 1000 + n;
    const ts = n * 10 * MS - late + (n % 7) * 0.1 * MS;
    const events: ProcessEvent[] = [
      { type: "fork", ts, pid: 900, comm: "sh", child: pid, childClaim: null, thread: false },
      { type: "exec", ts: ts + 0.1 * MS, pid, ppid: 900, comm: "job", exe: exe ?? "", argv, error: 0 },
      { type: "exit", ts: ts + 5 * MS, pid, comm: "job", code, signal: null, thread: false, ...(calls === undefined ? {} : { calls }) }, // prettier-ignore
    ];
    events.forEach(sink);
  }
  return {
    file,
    host: null,
    derived: derivation.finish(),
    landmarks,
    originEpochMs: null,
    stampNs: 1000,
    essential: true,
    answers: 9,
    slows: false,
    ...told,
  };
}

const job = (told: { derived: { families: readonly { image: { exe: string | null; comm: string } }[] } }) =>
  told.derived.families.filter(({ image }) => image.comm === "job" || image.exe?.endsWith("/job"));

describe("streams that tell of the same processes", () => {
  test("are counted once, each fact by whoever has it, the clocks' offset found", () => {
    const leader = voice({ file: "trace.dat", says: { exe: null, code: null } });
    const strace = voice({
      file: "strace.log",
      late: 1.5 * SECOND,
      says: { argv: ["job", "-x"], code: 3, calls: ["read", "exit_group"] },
      told: { answers: 7, slows: true },
    });
    const [group, another] = groupStreams([strace, leader]);
    expect(another).toBeUndefined();
    expect(group?.leader.file).toBe("trace.dat");
    expect(group?.others).toMatchObject([{ told: { file: "strace.log" }, contradictions: [] }]);
    expect(Math.abs((group?.others[0]?.offset.ns ?? 0) - 1.5 * SECOND)).toBeLessThanOrEqual(MS);
    expect(group?.derived.forks).toBe(300);
    const families = job(group as { derived: Told["derived"] }) as Told["derived"]["families"];
    expect(families).toHaveLength(1);
    const [family] = families;
    expect(starts(family as never)).toBe(300);
    expect(family?.image.exe).toBe("/usr/bin/job");
    expect([...(family?.endings.values() ?? [])]).toMatchObject([{ code: 3, count: 300 }]);
    expect(family?.commands?.ranked()[0]?.value.argv).toEqual(["job", "-x"]);
    expect(family?.sequences?.ranked()[0]?.value).toEqual(["read", "exit_group"]);
    expect(family?.file).toBe("trace.dat");
  });

  test("the result is the same in whatever order they come, and for a copy of the same file", () => {
    const make = (): Told[] => [
      voice({ file: "a.log" }),
      voice({ file: "b.log" }),
      voice({ file: "part.log", every: 5, told: { answers: 5 } }),
    ];
    const outcome = (streams: Told[]) =>
      groupStreams(streams).map(({ leader, others, derived }) => [leader.file, others.map((o) => o.told.file).sort(), derived.forks]); // prettier-ignore
    const expected = [["a.log", ["b.log", "part.log"], 300]];
    expect(outcome(make())).toEqual(expected);
    expect(outcome(make().reverse())).toEqual(expected);
    const [a, b, part] = make() as [Told, Told, Told];
    expect(outcome([part, a, b])).toEqual(expected);
  });

  test("two hosts stay two, by name, by day, or because nothing is common", () => {
    const named = [voice({ file: "a", told: { host: "web1" } }), voice({ file: "b", told: { host: "web2" } })];
    expect(groupStreams(named)).toHaveLength(2);
    const days = [0, 3].map((day) => voice({ file: `${day}`, told: { originEpochMs: day * 86_400_000 } }));
    expect(groupStreams(days)).toHaveLength(2);
    expect(groupStreams([voice({ file: "a" }), voice({ file: "b", from: 5000 })])).toHaveLength(2);
    expect(groupStreams([voice({ file: "a" }), voice({ file: "b", told: { stampNs: null } })])).toHaveLength(2);
  });

  test("what they contradict each other in is said, and the leader's word stands", () => {
    const [group] = groupStreams([
      voice({ file: "a", says: { code: 0 } }),
      voice({ file: "b", says: { code: 9, exe: "/opt/job" }, told: { answers: 3 } }),
    ]);
    expect(group?.others[0]?.contradictions).toEqual([
      { about: "file", program: "job", first: "/usr/bin/job", second: "/opt/job" },
    ]);
    const [ends] = groupStreams([
      voice({ file: "a", says: { code: 0 } }),
      voice({ file: "b", says: { code: 9 }, told: { answers: 3 } }),
    ]);
    expect(ends?.others[0]?.contradictions).toEqual([
      { about: "ends", program: "/usr/bin/job", first: "exit 0", second: "exit 9" },
    ]);
    expect(job(ends as { derived: Told["derived"] })).toHaveLength(1);
  });

  test("what the leader did not see is added, in the leader's time", () => {
    const leader = voice({ file: "short", runs: 100 });
    const long = voice({ file: "long", late: -2 * SECOND, runs: 300, told: { answers: 5 } });
    // Another program, after the leader's end.
    const derivation = createDerivation();
    const sink = long.landmarks.before(derivation.onEvent);
    for (let n = 0; n < 50; n++) {
      const ts = 9 * SECOND + n * MS;
      sink({ type: "fork", ts, pid: 901, comm: "cron", child: 5000 + n, childClaim: null, thread: false });
      sink({ type: "exec", ts, pid: 5000 + n, ppid: 901, comm: "late", exe: "/bin/late", argv: null, error: 0 });
    }
    long.derived.families.push(...derivation.finish().families);
    const [group] = groupStreams([leader, long]);
    expect(group?.derived.forks).toBe(100);
    const late = group?.derived.families.find(({ image }) => image.exe === "/bin/late");
    expect(Math.round((late?.firstStart ?? 0) / SECOND)).toBe(7);
    expect(late?.file).toBe("long");
    expect(job(group as { derived: Told["derived"] })).toHaveLength(1);
  });
});
