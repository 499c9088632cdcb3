import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { recordAudit } from "../../lab/audit.mjs";
import { differences } from "../../lab/differences.mjs";
import { makeOriginalCaseLog } from "../../lab/make-original-case-log.mjs";
import { makeOriginalCaseRoot } from "../../lab/make-original-case-root.mjs";
import type { Diagnosis } from "../../src/diagnosis/result.ts";
import { diagnosed } from "../support/whoforks.ts";
import { needsLab, needsProgram } from "./needs.ts";
import { needs32Bit } from "../support/32-bit.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "whoforks-diagnose-audit-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const codes = (steps: Diagnosis["chain"]): string[] => steps.map((step) => step.code);

for (const [name, bits] of [
  ["case-32", 32],
  ["case", 64],
] as const) {
  test(`${name}: the same storm from what auditd recorded`, async (context) => {
    needsLab(context);
    if (name === "case-32") needs32Bit(context);
    needsProgram(context, "/usr/sbin/auditd");
    const log = join(folder, `${name}.log`);
    const recording = await recordAudit(name, { rate: 1500, count: 3000, seconds: 60 }, { output: log });
    expect(recording.lostAfter).toBe(recording.lostBefore);
    const { exitCode, result } = await diagnosed(["--from", log]);
    expect(exitCode).toBe(1);
    const [storm] = result.storms;
    expect(storm).toMatchObject({ kind: "self-replicating-chain", program: { exe: "/usr/bin/atd" }, abi: { bits } });
    expect(storm?.reaper?.pid).toBe(recording.truth.initPid);
    // The first starts of the impostor end at once and are no part of the chain; init makes ten of them.
    expect(storm?.processes).toBeGreaterThanOrEqual(3000);
    expect(storm?.processes).toBeLessThanOrEqual(3000 + 25);
    expect(codes(result.chain).includes("chain.fork-by-32-bit")).toBe(bits === 32);
    expect(result.couldNotLook.map((gap) => gap.code)).toContain("identity.no-root-given");
  });
}

test("the original case: upstart, a bare exec atd, i386 records, PIDs that wrapped", async () => {
  const root = join(folder, "root");
  const log = join(folder, "original.log");
  makeOriginalCaseRoot(root);
  const truth = makeOriginalCaseLog({ output: log });
  const { exitCode, result } = await diagnosed(["--from", log, "--root", root]);
  expect(exitCode).toBe(1);
  const expected = {
    outcome: "storm" as const,
    exitCode: 1 as const,
    kind: "self-replicating-chain",
    notKinds: ["respawn-loop", "crash-loop", "fork-bomb", "unclassified"],
    exe: "/usr/bin/atd",
    bits: 32 as const,
    restart: {
      supervisor: "upstart",
      unit: "atd",
      file: "/etc/init/atd.conf",
      resolvesTo: "/usr/bin/atd",
      limitAllowsRate: false,
    },
    identity: { path: "/usr/bin/atd", verdict: "impostor", claims: { package: "at", path: "/usr/sbin/atd" } },
  };
  expect(differences(result, expected)).toEqual([]);
  expect(result.storms).toHaveLength(1);
  expect(result.storms[0]?.processes).toBe(truth.forks);
  expect(result.storms[0]?.generations?.depth).toBe(truth.forks);
  expect(result.restarts[0]?.shadows).toEqual(["/usr/sbin/atd"]);
  expect(result.identities[0]?.file).toMatchObject({ size: 2_443_616, mode: "-rwx--x--x" });
  expect(result.identities[0]?.twins[0]).toMatchObject({ path: "/usr/sbin/atd", size: 22_544 });
  expect(codes(result.chain)).toEqual(
    expect.arrayContaining([
      "chain.fork-by-32-bit",
      "chain.replicates",
      "chain.limit-forbids-rate",
      "chain.shadowed",
      "chain.job-owner",
      "chain.impostor",
    ]),
  );
  expect(result.verdict).toMatchObject({ code: "verdict.self-replicating-chain.impostor", confidence: "high" });
});
