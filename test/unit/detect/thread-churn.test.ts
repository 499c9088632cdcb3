import { describe, expect, it } from "vitest";
import { createDerivation } from "../../../src/derive/index.ts";
import { Stream } from "../../support/storms.ts";
import { kinds, look } from "./looks.ts";

/** A process that makes `count` threads, one a millisecond; each ends after half of one where `end` says so. */
const threads =
  (count: number, end: boolean) =>
  (s: Stream): void => {
    const pid = s.exec(s.fork(1), "/opt/server");
    for (let i = 0; i < count; i++) {
      const thread = s.thread(pid);
      s.wait(500);
      if (end) s.endThread(thread);
      s.wait(500);
    }
  };

describe("thread churn", () => {
  it("is threads that one process makes and that end", () => {
    const detection = look(threads(2000, true));
    expect(kinds(detection)).toEqual(["thread-churn"]);
    expect(detection.findings[0]).toMatchObject({
      confidence: "high",
      starts: 2000,
      covers: [],
      facts: { maker: "server (pid 1001)", alive: 0 },
    });
    expect(detection.findings[0]?.perSecond).toBeCloseTo(1000, -1);
  });

  it("is not a pool of threads that stay, nor programs that have a few each", () => {
    expect(kinds(look(threads(1500, false)))).toEqual([]);
    const programs = (s: Stream): void => {
      for (let i = 0; i < 200; i++) {
        const go = s.exec(s.wait(100_000).fork(1), "/usr/bin/go");
        for (let t = 0; t < 10; t++) s.endThread(s.wait(20).thread(go));
        s.exit(go);
      }
    };
    expect(kinds(look(programs))).not.toContain("thread-churn");
  });

  it("takes no process from a storm beside it", () => {
    const detection = look((s) => {
      const server = s.exec(s.fork(1), "/opt/server");
      let member = s.exec(s.fork(1), "/usr/bin/atd");
      for (let i = 0; i < 1000; i++) {
        s.endThread(s.thread(server));
        member = s.chain(member, 2, 100);
      }
    });
    expect(kinds(detection)).toEqual(["self-replicating-chain", "thread-churn"]);
  });

  it("of threads that make threads is counted for their process, in bounded memory", () => {
    const derivation = createDerivation();
    const stream = new Stream((event) => derivation.onEvent(event));
    let maker = stream.exec(stream.fork(1), "/opt/server");
    for (let i = 0; i < 5000; i++) {
      const next = stream.thread(maker);
      if (i > 0) stream.endThread(maker);
      maker = next;
    }
    const family = derivation.finish().families.find(({ image }) => image.exe === "/opt/server");
    expect(family).toMatchObject({ threads: 5000, threadsEnded: 4999 });
    expect(family?.threadMakers.ranked()).toMatchObject([{ count: 5000, value: { pid: 1001 } }]);
  });
});
