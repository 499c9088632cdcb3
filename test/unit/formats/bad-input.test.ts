import { describe, expect, it } from "vitest";
import { formats, recognise } from "../../../src/formats/index.ts";
import { DAMAGES } from "./damages.ts";
import { readFormat, soundness } from "./read-format.ts";
import { SAMPLES } from "./samples.ts";

/** Every format meets every damage. What must hold of any reading is in `soundness`; the size of pieces never changes one. */

it("every format has samples, and reads them whole", async () => {
  expect(Object.keys(SAMPLES).toSorted(byText)).toEqual(formats.map(({ id }) => id).toSorted(byText));
  for (const format of formats) {
    expect(SAMPLES[format.id]?.length, format.id).toBeGreaterThan(0);
    for (const { name, bytes } of SAMPLES[format.id] ?? []) {
      expect(recognise(bytes.subarray(0, 1 << 16))?.id, name).toBe(format.id);
      const read = await readFormat(format, bytes);
      expect(soundness(read), name).toEqual([]);
      expect(read.events.length, name).toBeGreaterThan(5);
    }
  }
});

for (const format of formats)
  describe(format.id, () => {
    const samples = SAMPLES[format.id] ?? [];
    it.each(DAMAGES.map((damage) => [damage.name, damage] as const))("%s", async (_, damage) => {
      for (const sample of samples) {
        let count = 0;
        for (const bytes of damage.of(sample.bytes)) {
          const read = await readFormat(format, bytes);
          expect(soundness(read), `${sample.name}, ${++count}.`).toEqual([]);
          recognise(bytes.subarray(0, 1 << 16));
          // One in some of the many: the pieces are slow, and their borders meet everything in the end.
          if ("read" in format || (count > 4 && count % 211 !== 0)) continue;
          for (const size of [7, 4096 - 1])
            expect(await readFormat(format, bytes, size), `${sample.name}, ${count}.`).toEqual(read);
        }
        expect(count).toBeGreaterThan(0);
      }
    });

    if ("open" in format)
      it("CRLF changes nothing", async () => {
        for (const { name, bytes } of samples) {
          const ended = Buffer.from(bytes.toString("latin1").replaceAll("\n", "\r\n"), "latin1");
          expect((await readFormat(format, ended)).events, name).toEqual((await readFormat(format, bytes)).events);
        }
      });

    it("two hosts in one: each one's events are what they were", async () => {
      for (const [index, { bytes }] of samples.entries()) {
        const other = (samples[index + 1] ?? samples[0])?.bytes ?? bytes;
        const both = await readFormat(format, Buffer.concat([bytes, other]));
        expect(soundness(both)).toEqual([]);
        if ("open" in format) expect(both.events.length).toBeGreaterThan(10);
      }
    });
  });

function byText(a: string, b: string): number {
  return a < b ? -1 : 1;
}
