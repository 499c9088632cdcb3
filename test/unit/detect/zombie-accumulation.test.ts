import { describe, expect, it } from "vitest";
import { zombieParents, type ZombieParent } from "../../../src/derive/zombies.ts";
import type { ProcFacts, Snapshot } from "../../../src/model/snapshot.ts";
import type { Stream } from "../../support/storms.ts";
import { ALL, kinds, look } from "./looks.ts";

const parent = (pid: number, fresh: number, more: Partial<ZombieParent> = {}): ZombieParent => ({
  pid,
  comm: "careless",
  exe: "/usr/sbin/careless",
  namespacePid: pid,
  zombies: fresh,
  fresh,
  ofComm: "worker",
  ...more,
});

/** A daemon that starts `count` workers, one each 50 ms, and is signalled about each end. */
const daemon = (count: number) => (s: Stream) => {
  const pid = s.exec(s.fork(1), "/usr/sbin/careless");
  for (let i = 0; i < count; i++) {
    const worker = s.exec(s.fork(pid), "/usr/bin/worker");
    s.wait(1000).exit(worker);
    s.childSignal(worker, pid, "careless");
    s.wait(49_000);
  }
};
const DAEMON = 1001;

describe("zombie accumulation", () => {
  it("is named where the dead stay, before the loop that makes them", () => {
    const detection = look(daemon(100), ALL, { zombies: [parent(DAEMON, 100)] });
    expect(kinds(detection)).toEqual(["zombie-accumulation"]);
    expect(detection.findings[0]).toMatchObject({
      confidence: "high",
      facts: { parent: "careless (pid 1001)", fresh: 100, init: null },
    });
  });

  it("is told apart from the same daemon whose children are reaped", () => {
    expect(kinds(look(daemon(100), ALL, { zombies: [] }))).toEqual(["respawn-loop"]);
    // A few that are not reaped yet.
    expect(kinds(look(daemon(100), ALL, { zombies: [parent(DAEMON, 12)] }))).toEqual(["respawn-loop"]);
  });

  it("is not seen in an init that is behind with reaping a chain", () => {
    const chain = (s: Stream): void => void s.chain(s.exec(s.fork(1), "/usr/bin/atd"), 2000, 100);
    const detection = look(chain, ALL, { zombies: [parent(1, 180, { comm: "init", exe: "/sbin/init" })] });
    expect(kinds(detection)).toEqual(["self-replicating-chain"]);
  });

  it("says when the one that does not wait stands where an init should", () => {
    const detection = look(daemon(40), ALL, { zombies: [parent(DAEMON, 40, { namespacePid: 1 })] });
    expect(detection.findings[0]?.facts["init"]).toBe("careless (pid 1001)");
  });

  it("could not be looked at where only events are known, and matters when children overlap", () => {
    const overlapping = (s: Stream): void => {
      const pid = s.exec(s.fork(1), "/usr/sbin/careless");
      const living: number[] = [];
      for (let i = 0; i < 300; i++) {
        living.push(s.exec(s.wait(1000).fork(pid), "/usr/bin/worker"));
        if (living.length > 5) s.exit(living.shift() as number);
      }
    };
    expect(look(overlapping).couldNotLook).toMatchObject([{ code: "zombies.no-look-at-processes" }]);
    expect(look(daemon(100)).couldNotLook).toEqual([]);
  });
});

describe("who has zombies", () => {
  const process = (pid: number, ppid: number, state: string, started = 1): ProcFacts =>
    ({ pid, ppid, state, comm: `p${pid}`, exe: null, startedAfterBoot: started, namespacePid: pid }) as ProcFacts;
  const snapshot = (...all: ProcFacts[]): Snapshot =>
    ({ processes: new Map(all.map((one) => [one.pid, one])) }) as Snapshot;

  it("counts those that were none before apart, a number that came back among them", () => {
    const before = snapshot(process(10, 1, "S"), process(11, 10, "Z"), process(12, 10, "Z"), process(13, 10, "S"));
    const after = snapshot(
      process(10, 1, "S"),
      process(11, 10, "Z"),
      process(12, 10, "Z", 9),
      process(13, 10, "Z"),
      process(14, 10, "S"),
    );
    expect(zombieParents(before, after)).toMatchObject([{ pid: 10, zombies: 3, fresh: 2 }]);
  });
});
