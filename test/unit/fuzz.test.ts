import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { fuzz, TARGETS } from "../../fuzz/run.mjs";
import { mutate, random } from "../../fuzz/mutate.mjs";

const CORPUS = fileURLToPath(new URL("../../fuzz/corpus", import.meta.url));
/** Beyond the inputs that are kept, so many new ones: a few of the package databases, whose eight readers take two seconds. */
const RUNS = 3000;
const FEW = 100;
const BINARY = new Set(["elf", "pacct", "pages", "trace-dat"]);
const dir = mkdtempSync(join(tmpdir(), "whoforks-fuzz-test-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe("the readers, fuzzed", () => {
  test.each(TARGETS)(
    "%s: every input that was kept, and new ones",
    async (target) => {
      const corpus = join(CORPUS, target);
      const kept = readdirSync(corpus);
      const runs = BINARY.has(target) ? RUNS : FEW;
      expect(kept.length).toBeGreaterThan(5);
      const copy = join(dir, target);
      cpSync(corpus, copy, { recursive: true });
      const result = await fuzz(target, { corpus: copy, keep: false, seconds: 60, runs, seed: 20_261_125 });
      expect(result.finding).toBeNull();
      expect(result.runs).toBe(kept.length + runs);
      // The corpus reaches most of the reader: without it three in four inputs end at the first check.
      expect(result.reached / result.counters).toBeGreaterThan(0.5);
    },
    120_000,
  );

  test("an input that breaks a reader is found and given back", async () => {
    const corpus = join(dir, "empty");
    const result = await fuzz("../../test/fixtures/fuzz/breaks-on-seven", {
      corpus,
      keep: true,
      seconds: 60,
      runs: 200_000,
    });
    expect(result.finding).toMatch(/broken on purpose/);
    expect(result.input?.[0]).toBe(7);
  }, 120_000);

  test("one that hangs is ended", async () => {
    const corpus = join(dir, "hangs");
    const result = await fuzz("../../test/fixtures/fuzz/hangs-on-long", { corpus, seconds: 60, hangMs: 1000 });
    expect(result.finding).toMatch(/takes longer/);
    expect(result.input?.length).toBeGreaterThan(8);
  }, 120_000);

  test("changes stay within the bound and are repeatable", () => {
    const [one, other] = [random(5), random(5)];
    for (let n = 0; n < 2000; n++) {
      const input = Buffer.from(`input number ${n}`);
      const changed = mutate(input, Buffer.from("another"), 64, one);
      expect(changed.length).toBeLessThanOrEqual(64);
      expect(changed).toEqual(mutate(Buffer.from(input), Buffer.from("another"), 64, other));
    }
  });
});
