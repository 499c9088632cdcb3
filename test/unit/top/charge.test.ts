import { describe, expect, it } from "vitest";
import { containerName } from "../../../src/capture/procfs/container-of.ts";
import { rowCpus } from "../../../src/top/charge.ts";
import type { TopRow } from "../../../src/top/table.ts";
import { CHAIN, topRow } from "./samples.ts";

const SECONDS = 5;

function cpus(rows: TopRow[], charged: [number, number][], ignoring = false): (number | string | null)[][] {
  const charges = new Map(charged.map(([pid, used]) => [pid, { cpus: used, ignoresSigchld: ignoring }]));
  return [...rowCpus(rows, rows, charges, SECONDS).values()].map(({ cpus: used, cpusBound }) => [used, cpusBound]);
}

describe("CPU of the dead", () => {
  it("is what the reaper of one row alone was charged", () => {
    expect(cpus([CHAIN], [[22_423, 1.3]])).toEqual([[1.3, "exact"]]);
  });

  it("is at most that where somebody else's dead are in it, or one that had run before", () => {
    const other = topRow({ key: "o", reapers: [{ pid: 22_423, comm: "init", count: 2062 }] });
    expect(cpus([CHAIN, other], [[22_423, 1.3]])).toEqual([
      [1.3, "upper"],
      [1.3, "upper"],
    ]);
    const old = topRow({ ends: { ...topRow().ends, old: 1 } });
    expect(cpus([old], [[812, 0.6]])).toEqual([[0.6, "upper"]]);
  });

  it("is the row's own although a few short-lived others are in it", () => {
    const few = topRow({
      key: "f",
      livedNs: 1e6,
      ends: { ...topRow().ends, total: 3, ok: 3 },
      reapers: [{ pid: 22_423, comm: "init", count: 3 }],
    });
    expect(cpus([CHAIN, few], [[22_423, 1.3]])[0]).toEqual([1.3, "exact"]);
  });

  it("is unknown when nobody was charged, or nobody who lives, or the kernel charges nobody", () => {
    expect(cpus([CHAIN], [])).toEqual([[null, null]]);
    expect(cpus([topRow({ reapers: [] })], [[812, 1]])).toEqual([[null, null]]);
    expect(cpus([CHAIN], [[22_423, 1.3]], true)).toEqual([[null, null]]);
    const shared = topRow({
      reapers: [
        { pid: 1, comm: "a", count: 1500 },
        { pid: 2, comm: "b", count: 562 },
      ],
    });
    expect(cpus([shared], [[2, 0.4]])).toEqual([[null, null]]);
  });

  it("is at least that when some were waited for by processes that are gone, and all of it in a chain", () => {
    const reapers = [
      { pid: 1, comm: "sh", count: 1500 },
      { pid: 2, comm: "sh", count: 562 },
    ];
    expect(cpus([topRow({ reapers })], [[1, 0.4]])).toEqual([[0.4, "lower"]]);
    expect(cpus([topRow({ reapers, copies: 1 })], [[1, 0.4]])).toEqual([[0.4, "exact"]]);
  });

  it("is nothing below the step of the account", () => {
    expect(cpus([CHAIN], [[22_423, 0]])).toEqual([[0, "exact"]]);
  });
});

describe("the name of a container", () => {
  const id = "3f2a9c1d8e7b" + "0".repeat(52);
  it.each([
    [`/system.slice/docker-${id}.scope`, "3f2a9c1d8e7b"],
    [`/docker/${id}`, "3f2a9c1d8e7b"],
    [`/machine.slice/libpod-${id}.scope/container`, "3f2a9c1d8e7b"],
    [`/kubepods.slice/kubepods-besteffort.slice/kubepods-podabc.slice/cri-containerd-${id}.scope`, "3f2a9c1d8e7b"],
    [`/kubepods/burstable/pod12/${id}`, "3f2a9c1d8e7b"],
    ["/lxc.payload.web1/init.scope", "web1"],
    ["/lxc/web1", "web1"],
    ["/machine.slice/machine-deb\\x2d12.scope", "deb\\x2d12"],
    ["/machine.slice/systemd-nspawn@deb.service/payload", "deb"],
    ["/system.slice/cron.service", null],
    ["/user.slice/user-0.slice/session-1.scope", null],
    ["/", null],
  ])("in %s", (path, name) => {
    expect(containerName(path)).toBe(name);
  });
});
