import { describe, expect, it } from "vitest";
import type { Stream } from "../../support/storms.ts";
import { kinds, look } from "./looks.ts";

/** Connections to an sshd that executes itself anew for each (OpenSSH before 9.8), and drops its privileges in one more child. */
const logins =
  (count: number, every: number, session: (s: Stream, pid: number) => void = () => undefined) =>
  (s: Stream): void => {
    const sshd = s.exec(s.fork(1), "/usr/sbin/sshd");
    for (let i = 0; i < count; i++) {
      const connection = s.exec(s.wait(every).fork(sshd), "/usr/sbin/sshd");
      const network = s.wait(3000).fork(connection);
      s.wait(60_000).exit(network, 255);
      session(s, connection);
      s.wait(1000).exit(connection, 255);
    }
  };

describe("a login storm", () => {
  it("is a login server that forks for one connection after the other", () => {
    const detection = look(logins(40, 20_000));
    expect(kinds(detection)).toEqual(["login-storm"]);
    expect(detection.findings[0]).toMatchObject({
      confidence: "high",
      facts: { server: "sshd (pid 1001)", logins: 40, without: 40, sessions: null },
      spawner: { image: { exe: "/usr/sbin/sshd" }, pid: 1001 },
    });
  });

  it("with sessions of a newer sshd, and what they run, is one storm", () => {
    const detection = look((s) => {
      const sshd = s.exec(s.fork(1), "/usr/sbin/sshd");
      for (let i = 0; i < 40; i++) {
        const session = s.exec(s.wait(20_000).fork(sshd), "/usr/lib/openssh/sshd-session");
        const shell = s.exec(s.wait(50_000).fork(session), "/bin/bash");
        s.run(shell, "/usr/bin/uptime", 2000);
        s.exit(shell);
        s.exit(session);
      }
    });
    expect(kinds(detection)).toEqual(["login-storm"]);
    expect(detection.findings[0]?.facts).toMatchObject({
      logins: 40,
      sessions: 40,
      without: null,
      programs: ["/bin/bash"],
    });
  });

  it("is not a login now and then", () => {
    expect(kinds(look(logins(10, 1_500_000)))).toEqual([]);
    expect(kinds(look(logins(5, 10_000)))).toEqual([]);
  });
});
