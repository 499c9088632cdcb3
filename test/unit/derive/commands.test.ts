import { describe, expect, it } from "vitest";
import { createDerivation, type Derived } from "../../../src/derive/index.ts";
import type { ProcessEvent } from "../../../src/model/events.ts";
import { Stream } from "../../support/storms.ts";

function derive(write: (stream: Stream, sink: (event: ProcessEvent) => void) => void): Derived {
  const derivation = createDerivation();
  const sink = (event: ProcessEvent): void => derivation.onEvent(event);
  write(new Stream(sink), sink);
  return derivation.finish();
}

const failedExec = (ts: number, pid: number): ProcessEvent => ({
  type: "exec",
  ts,
  pid,
  ppid: null,
  comm: "",
  exe: "/nowhere/sed",
  argv: null,
  error: -2,
});

describe("commands and failures of a family", () => {
  it("counts by arguments, apart from those that are not known, and says what was cut", () => {
    const derived = derive((s, sink) => {
      s.seen(10, 1, "/bin/sh");
      for (let n = 0; n < 30; n++) s.exit(s.exec(s.fork(10), "/bin/sed", ["sed", n % 3 === 0 ? "s/a/b/" : "s/b/c/"]));
      for (let n = 0; n < 5; n++) s.exit(s.exec(s.fork(10), "/bin/sed"));
      const child = s.fork(10);
      const call = { ts: s.ts, pid: child, ppid: null, comm: "sed", exe: "/bin/sed", argv: ["sed", "x"], error: 0 };
      sink({ type: "exec", ...call, argvCut: true });
    });
    const sed = derived.families.find((f) => f.image.exe === "/bin/sed");
    expect(sed?.commands?.ranked().map(({ value, count }) => ({ ...value, count }))).toEqual([
      { argv: ["sed", "s/b/c/"], cut: false, count: 20 },
      { argv: ["sed", "s/a/b/"], cut: false, count: 10 },
      { argv: ["sed", "x"], cut: true, count: 1 },
    ]);
    expect(sed?.commandsUnknown).toBe(5);
  });

  it("bounds both the number of different commands and their length", () => {
    const derived = derive((s) => {
      s.seen(10, 1, "/bin/sh");
      for (let n = 0; n < 5000; n++) s.exit(s.exec(s.fork(10), "/bin/x", ["x", `${n}`, "y".repeat(10_000)]));
    });
    const ranked = derived.families.find((f) => f.image.exe === "/bin/x")?.commands?.ranked() ?? [];
    expect(ranked.length).toBeLessThanOrEqual(32);
    expect(ranked.every(({ value }) => value.cut && value.argv.join("").length < 2048)).toBe(true);
  });

  it("counts failed execs for the program that was found in the end, or for the one that was kept", () => {
    const derived = derive((s, sink) => {
      s.seen(10, 1, "/bin/sh");
      for (let n = 0; n < 20; n++) {
        const child = s.fork(10);
        for (let place = 0; place < 8; place++) sink(failedExec(s.ts, child));
        s.exit(s.exec(child, "/usr/bin/sed"));
      }
      const lost = s.fork(10);
      sink(failedExec(s.ts, lost));
      s.exit(lost, 127);
    });
    const failed = new Map(derived.families.map((f) => [f.image.exe, f.failedExecs]));
    expect(failed.get("/usr/bin/sed")).toBe(160);
    expect(failed.get("/bin/sh")).toBe(1);
    expect(derived.failedExecs).toBe(161);
  });

  it("counts failed forks for whoever called", () => {
    const derived = derive((s, sink) => {
      s.seen(10, 1, "/usr/bin/bomb");
      for (let n = 0; n < 50; n++) sink({ type: "fork-failed", ts: s.ts, pid: 10, comm: "", error: -11 });
    });
    expect(derived.failedForks).toBe(50);
    expect(derived.families.find((f) => f.image.exe === "/usr/bin/bomb")?.failedForks).toBe(50);
  });
});
