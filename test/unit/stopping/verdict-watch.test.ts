import { expect, test } from "vitest";
import { createDerivation } from "../../../src/derive/index.ts";
import { VerdictWatch } from "../../../src/stopping/verdict-watch.ts";
import { Stream } from "../../support/storms.ts";

const KNOWN = { exitStatus: true, lineage: true, lifetimes: true } as const;

/**
 * Seconds at which a run of `seconds` would end early, or null. `burst` writes a tenth of a second of events, or less; the
 * question is asked each `every` tenths.
 */
function endOf(seconds: number, burst: (stream: Stream, tick: number) => void, every = 1): number | null {
  const derivation = createDerivation();
  const watch = new VerdictWatch(KNOWN, () => derivation.peek());
  const stream = new Stream((event) => {
    watch.before(event.ts);
    derivation.onEvent(event);
  });
  stream.seen(1, 0, "/sbin/init");
  stream.seen(300, 1, "/bin/dash");
  for (let tick = 0; tick < seconds * 10; tick++) {
    burst(stream, tick);
    stream.ts = Math.max(stream.ts, (tick + 1) * 1e8);
    if ((tick + 1) % every === 0 && watch.isCertain((tick + 1) / 10)) return (tick + 1) / 10;
  }
  return null;
}

/** A chain that goes on from burst to burst. */
function chain(generations: number): (stream: Stream) => void {
  let member: number | null = null;
  return (stream) => {
    member ??= stream.exec(stream.fork(1), "/usr/bin/atd");
    member = stream.chain(member, generations, 1e5 / generations);
  };
}

test("a chain and a shell loop are certain in less than 1.5 seconds", () => {
  expect(endOf(5, chain(500))).toBeLessThan(1.5);
  const loop = (stream: Stream): void => {
    for (let i = 0; i < 12; i++) {
      stream.run(300, "/bin/true", 1000);
      stream.wait(7000);
    }
  };
  expect(endOf(5, loop)).toBeLessThan(1.5);
});

test("whoever asks late, because the host leaves no time, learns the same", () => {
  expect(endOf(5, chain(500), 4)).toBeLessThan(1.7);
  const early = chain(500);
  expect(endOf(5, (stream, tick) => (tick < 8 ? early(stream) : undefined), 4)).toBeNull();
  const flickering = chain(500);
  expect(endOf(5, (stream, tick) => (tick % 4 < 2 ? flickering(stream) : undefined), 7)).toBeNull();
});

test("a chain that ends by itself, or begins late, is looked at to the end of the window", () => {
  const early = chain(500);
  expect(endOf(5, (stream, tick) => (tick < 8 ? early(stream) : undefined))).toBeNull();
  const late = chain(500);
  expect(endOf(5, (stream, tick) => (tick < 43 ? undefined : late(stream)))).toBeNull();
});

test("a chain beside a shell that forks as much leaves the question open", () => {
  const one = chain(20);
  const both = (stream: Stream): void => {
    one(stream);
    for (let i = 0; i < 20; i++) stream.run(300, "/bin/true", 100);
  };
  expect(endOf(5, both)).toBeNull();
});

test("a quiet host and a build are never certain", () => {
  expect(endOf(5, (stream, tick) => (tick % 10 === 0 ? stream.run(300, "/bin/date", 500) : undefined))).toBeNull();
  const build = (stream: Stream): void => {
    const make = stream.exec(stream.fork(300), "/usr/bin/make");
    for (let i = 0; i < 10; i++) stream.run(make, "/usr/bin/cc1", 8000);
    stream.exit(make);
  };
  expect(endOf(5, build)).toBeNull();
});

test("ten chains of one program that are met one after the other are one storm, certain soon after most of them are", () => {
  const place = { mountNamespace: "mnt:[1]", root: "/", rootMount: "0:55 /" };
  const members = Array.from({ length: 10 }, (_, n) => 2000 + n);
  const all = (met: number) => (stream: Stream, tick: number) => {
    if (tick === 0) stream.image(300, "/bin/dash", place);
    for (let generation = 0; generation < 20; generation++) {
      for (const [n, member] of members.entries()) {
        const child = stream.fork(member, "atd");
        stream.wait(250).exit(member);
        stream.wait(250);
        members[n] = child;
        if (generation === 10 && n === tick && n < met) stream.image(child, "/usr/bin/atd", place);
      }
    }
  };
  expect(endOf(5, all(10))).toBeLessThan(2.5);
  // Those that nobody has met may be another program.
  expect(endOf(5, all(4))).toBeNull();
});
