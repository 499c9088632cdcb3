import { describe, expect, it } from "vitest";
import type { Stream } from "../../support/storms.ts";
import { kinds, look } from "./looks.ts";

const id = (n: number): string => n.toString(16).padStart(64, "0");

/** containerd starts a shim for a container, the shim runs runc, and all end. */
const restarts =
  (idOf: (turn: number) => string) =>
  (s: Stream): void => {
    const containerd = s.exec(s.fork(1), "/usr/bin/containerd");
    for (let turn = 0; turn < 8; turn++) {
      const shim = s.wait(400_000).fork(containerd);
      s.exec(shim, "/usr/bin/containerd-shim-runc-v2", ["containerd-shim-runc-v2", "-id", idOf(turn), "start"]);
      for (const verb of ["create", "start", "delete"]) {
        const runc = s.exec(s.wait(2000).fork(shim), "/usr/bin/runc", ["runc", verb]);
        s.wait(8000).exit(runc);
      }
      s.wait(20_000).exit(shim);
    }
  };

/** A shim that lives and runs a probe in its container by runc. */
const checks =
  (count: number, every: number) =>
  (s: Stream): void => {
    const shim = s.exec(s.fork(1), "/usr/bin/containerd-shim-runc-v2");
    for (let i = 0; i < count; i++) {
      const runc = s.exec(s.wait(every).fork(shim), "/usr/bin/runc");
      const init = s.exec(s.wait(1000).fork(runc), "/proc/self/exe");
      const probe = s.exec(s.exec(init, "/bin/sh"), "/usr/bin/curl");
      s.wait(9000).exit(probe, 7);
      s.exit(runc, 7);
    }
  };

describe("containers", () => {
  it("that are started again and again are a restart loop, surely where it is one container", () => {
    const same = look(restarts(() => id(7)));
    expect(kinds(same)).toEqual(["container-restart-loop"]);
    expect(same.findings[0]).toMatchObject({ confidence: "high", facts: { turns: 8, id: id(7).slice(0, 12) } });
    expect(look(restarts(id)).findings[0]).toMatchObject({ confidence: "medium", facts: { id: null } });
  });

  it("are one container too where only the runtime's arguments are known", () => {
    const detection = look((s) => {
      for (let turn = 0; turn < 8; turn++) {
        const podman = s.exec(s.wait(400_000).fork(1), "/usr/bin/podman");
        const conmon = s.exec(s.wait(9000).fork(podman), "/usr/bin/conmon");
        for (const verb of ["create", "start"]) {
          const crun = s.exec(s.wait(2000).fork(conmon), "/usr/bin/crun", ["crun", verb, id(7)]);
          s.wait(8000).exit(crun);
        }
        s.exit(podman);
        s.wait(9000).exit(conmon);
      }
    });
    expect(kinds(detection)).toEqual(["container-restart-loop"]);
    expect(detection.findings[0]).toMatchObject({ confidence: "high", facts: { turns: 8, id: id(7).slice(0, 12) } });
  });

  it("in which checks run all the time have a health-check storm", () => {
    const detection = look(checks(60, 90_000));
    expect(kinds(detection)).toEqual(["health-check-storm"]);
    expect(detection.findings[0]).toMatchObject({ confidence: "high", facts: { checks: 60 } });
  });

  it("are not needed for one: a load balancer runs a program for each check of each server", () => {
    const balancer =
      (name: string, every: number) =>
      (s: Stream): void => {
        const parent = s.exec(s.fork(1), name);
        for (let i = 0; i < 100; i++) s.wait(every).run(parent, "/usr/local/bin/check", 2000);
      };
    const detection = look(balancer("/usr/sbin/haproxy", 30_000));
    expect(kinds(detection)).toEqual(["health-check-storm"]);
    expect(detection.findings[0]).toMatchObject({ confidence: "high", facts: { checks: 100, runtime: null } });
    expect(kinds(look(balancer("/usr/sbin/haproxy", 300_000)))).toEqual([]);
    expect(kinds(look(balancer("/usr/sbin/other", 30_000)))).not.toContain("health-check-storm");
  });

  it("with a check each ten seconds have none", () => {
    expect(kinds(look(checks(6, 1e7)))).toEqual([]);
  });
});
