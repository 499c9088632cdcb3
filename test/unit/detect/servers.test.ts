import { describe, expect, it } from "vitest";
import type { Looked } from "../../../src/detect/index.ts";
import type { Listening } from "../../../src/model/listening.ts";
import type { Stream } from "../../support/storms.ts";
import { ALL, kinds, look, startsAtRandom } from "./looks.ts";

const listens = (at: number | null, connections = 300): Listening => ({
  sockets: at === null ? [] : [{ protocol: "tcp", address: `0.0.0.0:${at}`, port: at }],
  connections,
  sameNetwork: true,
});

const looked = (listening: Listening, accepted: number | null = null): Looked => ({
  listening: new Map([[1001, listening]]),
  accepted,
});

const seen = (server: string, what: Looked, mean = 10_000) => look(startsAtRandom(server, 200, mean), ALL, what);

const reasons = (detection: ReturnType<typeof look>): string[] =>
  (detection.findings[0]?.reasons ?? []).map(({ code }) => code);

describe("a server by its sockets", () => {
  it("is named by what it listens on, and its one port is told", () => {
    const detection = seen("/usr/sbin/inetd", looked(listens(8081)));
    expect(kinds(detection)).toEqual(["connection-storm"]);
    expect(reasons(detection)).toEqual(["reason.listens", "reason.child-for-each", "reason.no-clock"]);
    expect(detection.findings[0]).toMatchObject({
      facts: { port: 8081 },
      reasons: [{ args: { sockets: ["0.0.0.0:8081/tcp"] } }, {}, {}],
    });
  });

  it("is one of an unknown name where about as many connections were accepted", () => {
    const detection = seen("/opt/thing", looked(listens(99), 210));
    expect(kinds(detection)).toEqual(["connection-storm"]);
    expect(detection.findings[0]).toMatchObject({ confidence: "high", spawner: { pid: 1001 } });
    expect(reasons(detection)).toContain("reason.as-many-accepted");
  });

  it("is none of an unknown name where the count does not fit, none is connected, or it only has a Unix socket", () => {
    const unix: Listening = {
      sockets: [{ protocol: "unix", address: "/run/thing", port: null }],
      connections: 0,
      sameNetwork: true,
    };
    for (const what of [
      looked(listens(99), 40),
      looked(listens(99), 2000),
      looked(listens(99)),
      looked(listens(99, 0), 200),
      looked({ ...listens(99), sameNetwork: false }, 200),
      looked(unix, 200),
      looked({ why: "EACCES" }, 200),
    ])
      expect(kinds(seen("/opt/thing", what))).not.toContain("connection-storm");
  });

  it("is none where it starts by the clock, is a build, a supervisor of devices or a container manager", () => {
    const even = (s: Stream): void => {
      const pid = s.exec(s.fork(1), "/opt/thing");
      for (let i = 0; i < 200; i++) s.wait(10_000).run(pid, "/usr/libexec/answer", 2000);
    };
    expect(kinds(look(even, ALL, looked(listens(99), 200)))).not.toContain("connection-storm");
    for (const name of ["/usr/bin/make", "/usr/lib/systemd/systemd", "/usr/bin/dockerd", "/bin/bash", "/usr/sbin/cron"])
      expect(kinds(seen(name, looked(listens(99), 200)))).not.toContain("connection-storm");
  });

  it("is not believed by its name where it listens on nothing: then other kinds may have it", () => {
    const detection = seen("/usr/sbin/inetd", looked(listens(null)));
    expect(kinds(detection)).toEqual(["respawn-loop"]);
    expect(kinds(seen("/usr/sbin/inetd", looked({ why: "EACCES" })))).toEqual(["connection-storm"]);
  });
});

describe("a login server by its sockets", () => {
  /** A listener that forks for each connection; the copy ends. */
  const logins =
    (server: string) =>
    (s: Stream): void => {
      const sshd = s.exec(s.fork(1), server);
      for (let i = 0; i < 40; i++) s.wait(60_000).exit(s.exec(s.wait(20_000).fork(sshd), server), 255);
    };

  it("is one of any name at a port for logins", () => {
    const detection = look(logins("/opt/door"), ALL, looked(listens(22)));
    expect(kinds(detection)).toEqual(["login-storm"]);
    expect(detection.findings[0]).toMatchObject({ facts: { port: 22, logins: 40 }, confidence: "high" });
    expect(kinds(look(logins("/opt/door"), ALL, looked(listens(2022))))).not.toContain("login-storm");
  });

  it("is no sshd that listens on nothing", () => {
    expect(kinds(look(logins("/usr/sbin/sshd"), ALL, looked(listens(22))))).toEqual(["login-storm"]);
    expect(kinds(look(logins("/usr/sbin/sshd"), ALL, looked(listens(null))))).not.toContain("login-storm");
  });
});
