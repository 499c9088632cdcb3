import { describe, expect, it } from "vitest";
import type { Stream } from "../../support/storms.ts";
import { kinds, look } from "./looks.ts";

/** Runs the programs one in another: by exec in the same process, or in a child that is waited for. */
function stack(s: Stream, parent: number, programs: readonly (readonly string[])[]): void {
  const living: number[] = [];
  let above = parent;
  for (const line of programs) {
    above = s.wait(200).fork(above);
    for (const program of line) s.wait(300).exec(above, program);
    living.unshift(above);
  }
  for (const pid of living) s.wait(100).exit(pid);
}

const JOB = [
  ["/usr/bin/job", "/usr/bin/env", "/usr/bin/shim"],
  ["/usr/bin/select", "/usr/bin/nice"],
  ["/usr/bin/timeout"],
  ["/usr/bin/worker"],
];

describe("wrapper explosion", () => {
  it("is a stack of programs for each run of a job, by exec and by fork", () => {
    const detection = look((s) => {
      const agent = s.exec(s.fork(1), "/usr/sbin/agent");
      for (let i = 0; i < 20; i++) stack(s.wait(300_000), agent, JOB);
    });
    expect(kinds(detection)).toEqual([]);
    const faster = look((s) => {
      const agent = s.exec(s.fork(1), "/bin/dash");
      for (let i = 0; i < 40; i++) stack(s.wait(100_000), agent, JOB);
    });
    expect(kinds(faster)).toEqual(["wrapper-explosion"]);
    expect(faster.findings[0]).toMatchObject({ confidence: "high", facts: { deep: 7, actions: 40 } });
    expect(faster.findings[0]?.subject.image.exe).toBe("/usr/bin/worker");
    expect(faster.findings[0]?.facts["programs"]).toContain("/usr/bin/env");
  });

  it("is no agent of several helpers where the last run is still on its way through the wrappers", () => {
    const detection = look((s) => {
      const agent = s.exec(s.fork(1), "/usr/sbin/agent");
      for (let i = 0; i < 20; i++) stack(s.wait(300_000), agent, JOB);
      const last = s.wait(300_000).fork(agent);
      for (const program of ["/usr/bin/job", "/usr/bin/env"]) s.wait(300).exec(last, program);
      s.wait(300);
    });
    expect(kinds(detection)).toEqual([]);
  });

  it("does not hide the supervisor that brings the job back", () => {
    const detection = look((s) => {
      const superd = s.exec(s.fork(1), "/usr/sbin/superd");
      for (let i = 0; i < 60; i++) stack(s.wait(50_000), superd, JOB);
    });
    expect(kinds(detection)).toContain("respawn-loop");
  });

  it("is not a script that does several things one after another", () => {
    const detection = look((s) => {
      const agent = s.exec(s.fork(1), "/usr/sbin/agent");
      for (let i = 0; i < 40; i++) {
        const sh = s.exec(s.wait(100_000).fork(agent), "/bin/sh");
        for (const tool of ["sed", "awk", "cut", "sort", "tr", "wc", "head"]) s.run(sh, `/usr/bin/${tool}`, 500);
        s.exit(sh);
      }
    });
    expect(kinds(detection)).not.toContain("wrapper-explosion");
  });
});
