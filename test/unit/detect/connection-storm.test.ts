import { describe, expect, it } from "vitest";
import { kinds, look, startsAtRandom } from "./looks.ts";

describe("a connection storm", () => {
  it("is a server that starts a process for each connection", () => {
    const detection = look(startsAtRandom("/usr/sbin/inetd", 400, 10_000));
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
    expect(kinds(look(startsAtRandom("/usr/sbin/lighttpd", 80, 100_000)))).toEqual([]);
  });

  it("is not claimed of a program that is no known server", () => {
    expect(kinds(look(startsAtRandom("/opt/thing", 400, 10_000)))).not.toContain("connection-storm");
  });
});
