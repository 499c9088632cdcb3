import { describe, expect, it } from "vitest";
import type { Stream } from "../../support/storms.ts";
import { ALL, kinds, look } from "./looks.ts";

describe("a chain", () => {
  const chain = (s: Stream): void => void s.chain(s.exec(s.fork(1), "/usr/bin/atd"), 2000, 100);

  it("is named, with its rate, its depth and one child each", () => {
    const [finding, ...rest] = look(chain).findings;
    expect(rest).toEqual([]);
    expect(finding).toMatchObject({ kind: "self-replicating-chain", confidence: "high", benign: false });
    expect(finding?.perSecond).toBeGreaterThan(9500);
    expect(finding?.perSecond).toBeLessThan(10_500);
    expect(finding?.subject.image.exe).toBe("/usr/bin/atd");
  });

  it("is counted rightly at 50,000 forks a second, when every PID returns within a second", () => {
    const [finding, ...rest] = look((s) => void s.chain(s.exec(s.fork(1), "/usr/bin/atd"), 200_000, 20)).findings;
    expect(rest).toEqual([]);
    expect(finding?.starts).toBe(200_000);
    expect(Math.abs((finding?.perSecond ?? 0) / 50_000 - 1)).toBeLessThan(0.05);
  });

  it("stays a chain when its supervisor starts it anew now and then", () => {
    const detection = look((s) => {
      for (let i = 0; i < 20; i++) s.exit(s.chain(s.exec(s.fork(1), "/usr/bin/atd"), 400, 100));
    });
    expect(kinds(detection)).toEqual(["self-replicating-chain"]);
  });

  it("that executes its own file each time is one too", () => {
    const detection = look((s) => {
      let member = s.exec(s.fork(1), "/usr/bin/atd");
      for (let i = 0; i < 500; i++) {
        const child = s.fork(member);
        s.exec(child, "/usr/bin/atd");
        s.wait(50).exit(member);
        s.wait(500);
        member = child;
      }
    });
    expect(kinds(detection)).toEqual(["self-replicating-chain"]);
  });

  it("is not seen in a daemon that forks twice to detach itself", () => {
    const detection = look((s) => {
      for (let i = 0; i < 100; i++) {
        const first = s.exec(s.fork(1), `/usr/sbin/daemon${i}`);
        const second = s.fork(first);
        s.wait(20).exit(first);
        const third = s.fork(second);
        s.wait(20).exit(second);
        s.wait(100_000).exit(third);
      }
    });
    expect(kinds(detection)).toEqual([]);
  });

  it("is not seen in a server that forks many workers which do not fork", () => {
    const detection = look((s) => {
      const server = s.exec(s.fork(1), "/usr/sbin/server");
      for (let i = 0; i < 500; i++) {
        const worker = s.fork(server);
        s.wait(5000).exit(worker);
      }
    });
    expect(kinds(detection)).not.toContain("self-replicating-chain");
    expect(kinds(detection)).not.toContain("fork-bomb");
  });
});

describe("a program that is brought back", () => {
  const loop =
    (code: number, signal: number | null = null) =>
    (s: Stream): void => {
      const superd = s.exec(s.fork(1), "/usr/sbin/superd");
      for (let i = 0; i < 100; i++)
        s.wait(5000).run(superd, "/usr/bin/worker", 1000, signal === null ? code : null, signal);
    };

  it("beside another copy that lives on is a respawn loop still", () => {
    const detection = look((s) => {
      const superd = s.exec(s.fork(1), "/usr/sbin/superd");
      s.exec(s.fork(superd), "/usr/bin/worker");
      for (let i = 0; i < 200; i++) {
        const worker = s.exec(s.wait(5000).fork(superd), "/usr/bin/worker");
        s.wait(2000).exit(worker);
      }
    });
    expect(kinds(detection)).toEqual(["respawn-loop"]);
  });

  it("and ends well is a respawn loop", () => {
    const [finding] = look(loop(0)).findings;
    expect(finding).toMatchObject({ kind: "respawn-loop", confidence: "high" });
    expect(finding?.spawner?.image.exe).toBe("/usr/sbin/superd");
  });

  it.each([
    ["fails", 1, null],
    ["is killed", 0, 11],
  ])("and %s is a crash loop", (_, code, signal) => {
    const [finding, ...rest] = look(loop(code, signal)).findings;
    expect(rest).toEqual([]);
    expect(finding).toMatchObject({
      kind: "crash-loop",
      facts: { end: { code: signal === null ? code : null, signal } },
    });
  });

  it("says that it could not look for crashes without exit statuses, and names the loop all the same", () => {
    const why = { code: "exits.log-tells-none", what: "how programs end", why: "no rule for it", remedy: "add one" };
    const detection = look(loop(1), { ...ALL, exitStatus: why });
    expect(detection.couldNotLook).toEqual([{ state: "could-not-look", ...why }]);
  });

  it("once a second by a daemon is nothing", () => {
    const detection = look((s) => {
      const agent = s.exec(s.fork(1), "/usr/sbin/agent");
      for (let i = 0; i < 30; i++) s.wait(1e6).run(agent, "/bin/df", 2000);
    });
    expect(detection.findings).toEqual([]);
  });
});

describe("other storms", () => {
  it("a fork bomb: copies that live and fork on", () => {
    const detection = look((s) => {
      let generation = [s.exec(s.fork(1), "/tmp/bomb")];
      for (let depth = 0; depth < 8; depth++)
        generation = generation.flatMap((pid) => [s.wait(50).fork(pid), s.wait(50).fork(pid)]);
      s.wait(200_000).run(1, "/bin/true", 10);
    });
    expect(kinds(detection)).toEqual(["fork-bomb"]);
    expect(detection.findings[0]?.subject.peakAlive).toBeGreaterThan(400);
  });

  it("a shell that loops over short commands, with subshells", () => {
    const detection = look((s) => {
      const sh = s.exec(s.fork(1), "/usr/bin/dash");
      for (let i = 0; i < 100; i++) {
        s.wait(100).run(sh, "/usr/bin/true", 500);
        const subshell = s.wait(100).fork(sh);
        s.run(subshell, "/usr/bin/date", 700);
        s.exit(subshell);
      }
    });
    expect(kinds(detection)).toEqual(["shell-loop"]);
    expect(detection.findings[0]?.facts["programs"]).toEqual(
      expect.arrayContaining(["/usr/bin/true", "/usr/bin/date"]),
    );
  });

  it("a prompt's or a script's few dozens of commands are no loop", () => {
    const commands = (count: number) => (s: Stream) => {
      const bash = s.exec(s.fork(1), "/usr/bin/bash");
      for (let i = 0; i < count; i++) s.wait(15_000).run(bash, `/usr/bin/tool${i % 9}`, 5000);
      s.wait(4e6).exit(bash);
    };
    expect(kinds(look(commands(30)))).toEqual([]);
    expect(kinds(look(commands(100)))).toEqual(["shell-loop"]);
  });

  it("a script that is executed within the window is a shell's, by what /proc says of it", () => {
    const script = (looked: boolean) => (s: Stream) => {
      const pid = s.exec(s.fork(1), "/usr/local/sbin/poll-queue");
      for (let i = 0; i < 100; i++) {
        if (i === 5 && looked) s.image(pid, "/usr/bin/dash");
        s.wait(2000).run(pid, "/usr/bin/true", 500);
      }
    };
    expect(kinds(look(script(true)))).toEqual(["shell-loop"]);
    // Nobody looked: what starts one program after the other is taken for a supervisor.
    expect(kinds(look(script(false)))).toEqual(["respawn-loop"]);
  });

  it("a build is benign", () => {
    const detection = look((s) => {
      const make = s.exec(s.fork(s.exec(s.fork(1), "/bin/bash")), "/usr/bin/make");
      for (let i = 0; i < 60; i++) {
        const sh = s.exec(s.wait(100).fork(make), "/bin/sh");
        const gcc = s.exec(s.wait(100).fork(sh), "/usr/bin/gcc");
        s.run(gcc, "/usr/lib/gcc/x86_64-linux-gnu/12/cc1", 20_000);
        s.run(gcc, "/usr/bin/x86_64-linux-gnu-as", 3000);
        s.exit(gcc);
        s.exit(sh);
      }
    });
    expect(kinds(detection)).toEqual(["build"]);
    expect(detection.findings[0]).toMatchObject({ benign: true, facts: { tool: "make" } });
  });

  it("so is a test suite under make, but not the loop in one of its scripts", () => {
    const suite = (inner: number) => (s: Stream) => {
      const make = s.exec(s.fork(1), "/usr/bin/make");
      for (let i = 0; i < 120; i++) {
        const test = s.exec(s.wait(100).fork(make), "/bin/sh");
        for (const tool of ["mktemp", "grep", "cmp", "rm"]) s.run(test, `/usr/bin/${tool}`, 800);
        if (i === 60) for (let k = 0; k < inner; k++) s.wait(100).run(test, "/usr/bin/expr", 700);
        s.exit(test);
      }
    };
    const [finding, ...rest] = look(suite(0)).findings;
    expect(rest).toEqual([]);
    expect(finding).toMatchObject({ kind: "build", benign: true, starts: 600, facts: { tool: "make" } });
    expect(kinds(look(suite(3000)))).toContain("shell-loop");
  });

  it("copies that one process forks and that execute nothing are started by it, not by who started it", () => {
    const forker = (count: number) =>
      look((s) => {
        const servers = Array.from({ length: count }, () => s.exec(s.fork(1), "/opt/server"));
        for (let i = 0; i < 400; i++) for (const server of servers) s.exit(s.wait(100).fork(server));
      });
    const [finding, ...rest] = forker(1).findings;
    expect(rest).toEqual([]);
    expect(finding).toMatchObject({ kind: "unclassified", spawner: { image: { exe: "/opt/server" } } });
    expect(finding?.reasons.find(({ code }) => code.endsWith("one-spawner"))?.args["share"]).toBeGreaterThan(0.95);
    expect(forker(2).findings[0]?.spawner?.image.exe).toBe("/opt/server");
    // Of many none starts most.
    expect(forker(6).findings[0]?.spawner?.image.exe).not.toBe("/opt/server");
  });

  it("what nobody knows is said to be unclassified, with its spawner", () => {
    const detection = look((s) => {
      const daemon = s.exec(s.fork(1), "/opt/daemon");
      for (let i = 0; i < 300; i++) s.wait(1000).run(daemon, `/opt/tool${i % 5}`, 300);
    });
    expect(kinds(detection)).toEqual(["unclassified"]);
    expect(detection.findings[0]?.spawner?.image.exe).toBe("/opt/daemon");
  });

  it("two storms at once are two findings, the faster first", () => {
    const detection = look((s) => {
      const superd = s.exec(s.fork(1), "/usr/sbin/superd");
      let member = s.exec(s.fork(1), "/usr/bin/atd");
      for (let i = 0; i < 100; i++) {
        s.run(superd, "/usr/bin/worker", 1000, 1);
        member = s.chain(member, 20, 100);
      }
    });
    expect(kinds(detection)).toEqual(["self-replicating-chain", "crash-loop"]);
  });
});

describe("a quiet host", () => {
  it("has nothing to report", () => {
    const detection = look((s) => {
      const cron = s.exec(s.fork(1), "/usr/sbin/cron");
      for (let i = 0; i < 3; i++) {
        const job = s.wait(60e6).fork(cron);
        const sh = s.exec(s.fork(job), "/bin/sh");
        for (let k = 0; k < 5; k++) s.run(sh, "/usr/bin/find", 10_000);
        s.exit(sh);
        s.exit(job);
      }
    });
    expect(detection.findings).toEqual([]);
  });
});
