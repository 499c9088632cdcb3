import { describe, expect, it } from "vitest";
import type { Stream } from "../../support/storms.ts";
import { kinds, look } from "./looks.ts";

/** A server that starts a program for each connection, which come at random with a mean of `mean` microseconds. */
const connections =
  (server: string, count: number, mean: number) =>
  (s: Stream): void => {
    const pid = s.exec(s.fork(1), server);
    let seed = 11;
    for (let i = 0; i < count; i++) {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      s.wait(Math.round(-Math.log((seed + 1) / 0x80000001) * mean)).run(pid, "/usr/libexec/answer", 2000);
    }
  };

describe("a connection storm", () => {
  it("is a server that starts a process for each connection", () => {
    const detection = look(connections("/usr/sbin/inetd", 400, 10_000));
    expect(kinds(detection)).toEqual(["connection-storm"]);
    expect(detection.findings[0]).toMatchObject({
      confidence: "high",
      facts: { server: "inetd (pid 1001)", connections: 400, programs: ["/usr/libexec/answer"] },
    });
  });

  it("is one as well where copies of the server answer, and what they start is part of it", () => {
    const detection = look((s) => {
      const socat = s.exec(s.fork(1), "/usr/bin/socat");
      for (let i = 0; i < 200; i++) {
        const copy = s.wait(9000 + (i % 7) * 1000).fork(socat);
        s.wait(200);
        s.run(copy, "/usr/bin/cat", 500);
        s.exit(copy);
      }
    });
    expect(kinds(detection)).toEqual(["connection-storm"]);
    expect(detection.findings[0]?.facts["connections"]).toBe(200);
  });

  it("is not CGI within reason", () => {
    expect(kinds(look(connections("/usr/sbin/lighttpd", 80, 100_000)))).toEqual([]);
  });

  it("is not claimed of a program that is no known server", () => {
    expect(kinds(look(connections("/opt/thing", 400, 10_000)))).not.toContain("connection-storm");
  });
});
