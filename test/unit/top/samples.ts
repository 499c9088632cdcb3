import type { TopRow, TopTable } from "../../../src/top/table.ts";

/** A row of a worker that ends at once, with whatever is to differ. */
export function topRow(differs: Partial<TopRow> = {}): TopRow {
  return {
    key: "1 /usr/sbin/superd\u00001 /usr/bin/worker",
    program: { exe: "/usr/bin/worker", comm: "worker", bits: 64, mountNamespace: null },
    spawner: { exe: "/usr/sbin/superd", comm: "superd", bits: 64, mountNamespace: null, pid: 812 },
    startsPerSecond: 412.4,
    copies: 0,
    endsPerSecond: 412.4,
    medianLifeNs: 6_030_000,
    livedNs: 12.4e9,
    ends: { total: 2062, ok: 10, failed: 2052, signalled: 0, unknown: 0, old: 0 },
    reapers: [{ pid: 812, comm: "superd", count: 2062 }],
    alive: 2,
    memberPid: 4711,
    cgroup: null,
    cpus: 0.62,
    cpusBound: "exact",
    container: null,
    ...differs,
  };
}

export const CHAIN = topRow({
  key: "\u00001 /usr/bin/atd",
  program: { exe: "/usr/bin/atd", comm: "atd", bits: 32, mountNamespace: null },
  spawner: null,
  startsPerSecond: 8620,
  copies: 1,
  endsPerSecond: 8620,
  medianLifeNs: 111_000,
  ends: { total: 43_100, ok: 43_100, failed: 0, signalled: 0, unknown: 0, old: 0 },
  reapers: [{ pid: 22_423, comm: "init", count: 43_100 }],
  alive: 1,
  cpus: 1.32,
  cpusBound: "upper",
  container: { name: "3f2a9c1d8e7b", pidNamespace: "pid:[4026532301]" },
});

export function topTable(rows: TopRow[], differs: Partial<TopTable> = {}): TopTable {
  return {
    seconds: 5.003,
    forksPerSecond: 9050,
    threadsPerSecond: 3,
    execsPerSecond: 412,
    exitsPerSecond: 9040,
    epochMs: Date.parse("2026-03-04T14:02:11Z"),
    hostname: "web1",
    source: "tracefs",
    tasksPerSecond: 9060,
    cpus: 4,
    cpu: { busyCpus: 2.57, user: 0.1, system: 0.54, idle: 0.36, iowait: 0, steal: 0 },
    lost: 0,
    own: { cpus: 0.031, rssBytes: 63_000_000 },
    following: null,
    rows,
    couldNotLook: [],
    ...differs,
  };
}
