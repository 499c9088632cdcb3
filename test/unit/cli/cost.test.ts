import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, describe, expect, it } from "vitest";

const dir = mkdtempSync(join(tmpdir(), "whoforks-cost-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe("the tool's own cost", () => {
  it("does not count the memory of whoever started it", async () => {
    const outfile = join(dir, "cost.mjs");
    const entry = fileURLToPath(new URL("../../../src/cli/cost.ts", import.meta.url));
    await build({ entryPoints: [entry], bundle: true, format: "esm", platform: "node", outfile });
    const ballast = Buffer.alloc(400 << 20, 1);
    const program = `const { ownCost } = await import(${JSON.stringify(outfile)}); console.log(JSON.stringify(ownCost()));`;
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
    const { peakRssBytes, cpuSeconds } = JSON.parse(stdout) as { peakRssBytes: number; cpuSeconds: number };
    expect(ballast[1]).toBe(1);
    expect(peakRssBytes).toBeGreaterThan(20e6);
    expect(peakRssBytes).toBeLessThan(300e6);
    expect(cpuSeconds).toBeGreaterThan(0);
  });
});
