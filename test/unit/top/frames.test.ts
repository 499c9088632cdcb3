import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { safe } from "../../../src/report/text/sanitise.ts";
import { Frames } from "../../../src/top/frames.ts";
import { Screen } from "../../support/screen.ts";
import { hostile } from "../report/hostile.ts";

const line = fc.oneof(
  fc.string({ maxLength: 30 }).map((text) => safe(text).trimEnd()),
  hostile.map((text) => safe(text).trimEnd()),
  fc.constantFrom("412 6ms 自我复制", "8,620 111µs /usr/bin/atd", "8,640 113µs /usr/bin/atd", ""),
);

describe("frames", () => {
  it("leave the terminal with the last screen, whatever was there before", () => {
    fc.assert(
      fc.property(fc.array(fc.array(line, { maxLength: 6 }), { minLength: 1, maxLength: 6 }), (frames) => {
        const differing = new Screen();
        const redrawn = new Screen();
        const writer = new Frames(differing.write);
        for (const frame of frames) writer.draw(frame);
        new Frames(redrawn.write).draw(frames.at(-1) as string[]);
        const height = Math.max(differing.lines().length, redrawn.lines().length);
        const padded = (lines: string[]): string[] => Array.from({ length: height }, (_, at) => lines[at] ?? "");
        expect(padded(differing.lines())).toEqual(padded(redrawn.lines()));
      }),
      { numRuns: 500 },
    );
  });

  it("write nothing for the same screen, and a few bytes for a number that changed", () => {
    const screen = new Screen();
    const frames = new Frames(screen.write);
    const before = ["whoforks top", "  8,620 111µs  100% /usr/bin/atd itself"];
    frames.draw(before);
    const first = screen.bytes;
    frames.draw(before);
    expect(screen.bytes).toBe(first);
    frames.draw(["whoforks top", "  8,640 111µs  100% /usr/bin/atd itself"]);
    expect(screen.bytes - first).toBe("\u001b[2;6H4".length);
    expect(screen.lines()[1]).toBe("  8,640 111µs  100% /usr/bin/atd itself");
  });

  it("draw everything again after somebody else has written", () => {
    const screen = new Screen();
    const frames = new Frames(screen.write);
    frames.draw(["one", "two"]);
    screen.write("\u001b[1;1Hnoise");
    frames.forget();
    frames.draw(["one", "two"]);
    expect(screen.lines()).toEqual(["one", "two"]);
  });
});
