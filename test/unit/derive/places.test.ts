import { describe, expect, it } from "vitest";
import { createDerivation, type Derived } from "../../../src/derive/index.ts";
import { starts, type Family } from "../../../src/derive/family.ts";
import type { Whereabouts } from "../../../src/derive/image.ts";
import { detect } from "../../../src/detect/index.ts";
import type { Known } from "../../../src/detect/types.ts";
import { Stream } from "../../support/storms.ts";

const HOST = "mnt:[1]";
const WEB = "mnt:[2]";
const DB = "mnt:[3]";
const KNOWN: Known = { exitStatus: true, lineage: true, lifetimes: true };

/** A stream whose helpers also tell where processes are. */
class Placed extends Stream {
  readonly derivation: ReturnType<typeof createDerivation>;

  constructor() {
    const derivation = createDerivation();
    super((event) => derivation.onEvent(event));
    this.derivation = derivation;
  }

  lives(pid: number, ppid: number, exe: string, mountNamespace: string, where: Whereabouts = {}): number {
    const comm = exe.split("/").at(-1) ?? "";
    this.derivation.onEvent({
      type: "seen",
      ts: this.ts,
      pid,
      ppid,
      comm,
      exe,
      abi: null,
      mountNamespace,
      root: "/",
      rootMount: null,
      ...where,
    });
    return pid;
  }

  met(
    pid: number,
    exe: string,
    mountNamespace: string,
    told: { cgroup?: string | null; rootMount?: string | null } = { rootMount: null },
  ): void {
    const comm = exe.split("/").at(-1) ?? "";
    const where = { mountNamespace, root: "/", ...told };
    this.derivation.onEvent({ type: "image", ts: this.ts, pid, comm, exe, bits: 64, ...where });
  }
}

function families(derived: Derived, exe: string): Family[] {
  return derived.families.filter((family) => family.image.exe === exe && starts(family) > 0);
}

/** Two chains side by side, link by link; `look` is called with each link while it lives, after it has forked. */
function twoChains(s: Placed, first: [number, number], links: number, look: (which: 0 | 1, pid: number) => void): void {
  const at = [...first];
  for (let i = 0; i < links; i++) {
    for (const which of [0, 1] as const) {
      const member = at[which] as number;
      const child = s.fork(member, "atd");
      s.wait(20);
      if (i % 20 === 10) look(which, member);
      s.wait(20).exit(member);
      at[which] = child;
    }
  }
}

describe("one path in two containers", () => {
  it("is two programs, inherited at fork and exec from those that lived before", () => {
    const s = new Placed();
    s.lives(1, 0, "/sbin/init", HOST);
    for (const [pid, place] of [
      [100, WEB],
      [200, DB],
    ] as const) {
      s.lives(pid, 1, "/sbin/init", place);
      s.exec(s.fork(pid), "/usr/bin/atd");
    }
    const web = s.exec(s.fork(100), "/usr/bin/atd");
    const db = s.exec(s.fork(200), "/usr/bin/atd");
    twoChains(s, [web, db], 300, () => undefined);
    const derived = s.derivation.finish();
    // The last fork of each has not shown yet what it does.
    const found = families(derived, "/usr/bin/atd");
    expect(found.map((f) => [f.image.mountNamespace, f.replicas, f.spawned])).toEqual([
      [WEB, 299, 2],
      [DB, 299, 2],
    ]);
    const { findings } = detect(derived, KNOWN, 1);
    expect(findings.map((f) => [f.kind, f.subject.image.mountNamespace])).toEqual([
      ["self-replicating-chain", expect.any(String)],
      ["self-replicating-chain", expect.any(String)],
    ]);
    expect(new Set(findings.map((f) => f.subject.image.mountNamespace))).toEqual(new Set([WEB, DB]));
  });

  it("is told apart when both chains began unseen and share a task name, by a look at each", () => {
    const s = new Placed();
    s.lives(1, 0, "/sbin/init", HOST);
    twoChains(s, [900, 901], 400, (which, pid) => s.met(pid, "/usr/bin/atd", which === 0 ? WEB : DB));
    const found = families(s.derivation.finish(), "/usr/bin/atd");
    expect(new Set(found.map((f) => f.image.mountNamespace))).toEqual(new Set([WEB, DB]));
    const [web, db] = [WEB, DB].map((place) => found.find((f) => f.image.mountNamespace === place) as Family);
    expect([web?.replicas, db?.replicas]).toEqual([399, 399]);
    for (const family of found) expect(family.alive).toBeLessThanOrEqual(2);
  });

  it("goes on as one program after a look at each of its lines, when many began unseen in one place", () => {
    const s = new Placed();
    s.lives(1, 0, "/sbin/init", HOST);
    s.lives(100, 1, "/sbin/init", WEB);
    twoChains(s, [900, 901], 600, (_, pid) => s.met(pid, "/usr/bin/atd", WEB));
    const before = s.derivation.peek().families.map((f) => starts(f));
    expect(Math.max(...before)).toBeGreaterThan(1150);
    expect(families(s.derivation.finish(), "/usr/bin/atd").map((f) => f.replicas)).toEqual([1198]);
  });

  it("is moved as a whole when it was only thought to be where its starter is", () => {
    const s = new Placed();
    s.lives(1, 0, "/sbin/init", HOST);
    s.lives(50, 1, "/usr/bin/runc", HOST);
    // Enters the container and executes there: no event tells of that.
    let member = s.exec(s.fork(50), "/usr/bin/atd");
    member = s.chain(member, 100, 40);
    s.met(member, "/usr/bin/atd", WEB);
    s.chain(member, 100, 40);
    const found = families(s.derivation.finish(), "/usr/bin/atd");
    expect(found.map((f) => [f.image.mountNamespace, f.replicas])).toEqual([[WEB, 199]]);
  });

  it("follows a starter that enters a container whose program bears the name of one outside", () => {
    const s = new Placed();
    s.lives(1, 0, "/sbin/init", HOST);
    s.lives(40, 1, "/bin/sh", HOST);
    s.lives(50, 1, "/usr/bin/nsenter", HOST);
    for (let i = 0; i < 100; i++) {
      const child = s.exec(s.fork(50), "/bin/sh");
      if (i === 3) s.met(child, "/bin/sh", DB);
      s.wait(100).exit(child);
    }
    const found = families(s.derivation.finish(), "/bin/sh");
    expect(found.map((f) => [f.image.mountNamespace, f.spawned])).toEqual([
      [DB, 97],
      [HOST, 3],
    ]);
    expect(found[0]?.spawners.ranked()[0]?.value.pid).toBe(50);
  });

  it("is one where only the namespace is another, as of a service with PrivateTmp, which gets a new one at every start", () => {
    const s = new Placed();
    s.lives(1, 0, "/sbin/init", HOST, { rootMount: "8:1 /" });
    for (let i = 0; i < 100; i++) {
      const child = s.wait(1000).exec(s.fork(1), "/usr/bin/worker");
      if (i % 10 === 0) s.met(child, "/usr/bin/worker", `mnt:[${100 + i}]`, { rootMount: "8:1 /" });
      s.wait(100).exit(child);
    }
    const found = families(s.derivation.finish(), "/usr/bin/worker");
    expect(found.map((f) => [f.image.mountNamespace, f.spawned])).toEqual([[HOST, 100]]);
  });

  it("is not split by looks that came too late to tell what is mounted there", () => {
    const s = new Placed();
    s.lives(100, 1, "/sbin/init", WEB, { rootMount: "0:55 /" });
    for (let i = 0; i < 100; i++) {
      const child = s.wait(1000).exec(s.fork(100), "/usr/bin/atd");
      if (i % 10 === 0) s.met(child, "/usr/bin/atd", WEB, i % 20 === 0 ? {} : { rootMount: "0:55 /" });
      if (i === 50) s.met(child, "/usr/bin/atd", DB, {});
      s.wait(100).exit(child);
    }
    expect(families(s.derivation.finish(), "/usr/bin/atd").map((f) => f.spawned)).toEqual([100]);
  });

  it("tells a chroot from the rest of its mount namespace", () => {
    const s = new Placed();
    s.lives(1, 0, "/sbin/init", HOST);
    s.lives(60, 1, "/bin/daemon", HOST);
    s.lives(61, 1, "/bin/daemon", HOST, { root: "/srv/jail" });
    for (let i = 0; i < 20; i++) {
      s.wait(1000).run(60, "/bin/true", 100);
      s.wait(1000).run(61, "/bin/true", 100);
    }
    const found = families(s.derivation.finish(), "/bin/true");
    expect(new Map(found.map((f) => [f.image.place.root, f.spawned]))).toEqual(
      new Map([
        ["/", 20],
        ["/srv/jail", 20],
      ]),
    );
  });
});

describe("a place that nobody told", () => {
  it("is that of the only program of the name", () => {
    const s = new Placed();
    s.lives(1, 0, "/sbin/init", HOST);
    s.run(1, "/bin/true", 100);
    s.exec(s.fork(777), "/bin/true");
    expect(families(s.derivation.finish(), "/bin/true").reduce((sum, f) => sum + f.spawned, 0)).toBe(2);
  });

  it("stays apart where there are several", () => {
    const s = new Placed();
    s.lives(1, 0, "/sbin/init", HOST);
    s.lives(100, 1, "/sbin/init", WEB);
    for (const starter of [1, 100, 777]) s.run(starter, "/bin/true", 100);
    const found = families(s.derivation.finish(), "/bin/true");
    expect(new Set(found.map((f) => f.image.mountNamespace))).toEqual(new Set([WEB, HOST, null]));
  });

  it("changes nothing where no source tells places, as in logs", () => {
    const derivation = createDerivation();
    const s = new Stream((event) => derivation.onEvent(event));
    s.seen(1, 0, "/sbin/init");
    for (let i = 0; i < 10; i++) s.run(1, "/bin/true", 100);
    const found = families(derivation.finish(), "/bin/true");
    expect(found.map((f) => [f.image.mountNamespace, f.spawned])).toEqual([[null, 10]]);
  });
});

it("notes the cgroups in which a program was met", () => {
  const s = new Placed();
  s.lives(100, 1, "/sbin/init", WEB);
  for (let i = 0; i < 40; i++) {
    const child = s.exec(s.fork(100), "/bin/true");
    s.met(child, "/bin/true", WEB, { cgroup: i < 20 ? "/docker/1" : `/docker/1/${i}` });
    s.wait(10).exit(child);
  }
  const image = families(s.derivation.finish(), "/bin/true")[0]?.image;
  expect(image?.cgroups?.get("/docker/1")).toBe(20);
  expect(image?.cgroups?.size).toBe(16);
});
