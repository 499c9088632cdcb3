import { expect, test } from "vitest";
import { differences } from "../../lab/differences.mjs";
import { scenarios } from "../../lab/lab.mjs";
import type { Expected } from "../../lab/lab.mjs";

const right = {
  verdict: { outcome: "storm", storm: "storm-1" },
  storms: [
    {
      id: "storm-1",
      kind: "self-replicating-chain",
      benign: false,
      program: { exe: "/usr/bin/atd" },
      abi: { bits: 64 },
      reaper: { exe: "/usr/sbin/init" },
    },
  ],
  restarts: [
    { supervisor: "sysvinit", unit: "at", file: "/etc/inittab", line: 3, directive: "respawn", limitAllowsRate: false },
  ],
  identities: [{ path: "/usr/bin/atd", verdict: "impostor", claims: { package: "at", path: "/usr/sbin/atd" } }],
};

test("nothing is said about a diagnosis as expected", () => {
  expect(differences(right, expectedOf("case"))).toEqual([]);
});

test("each wrong turn of the case is told", () => {
  const loop = { ...right, storms: [{ ...right.storms[0], kind: "respawn-loop" }] };
  expect(differences(loop, expectedOf("case"))).toEqual([
    'storm.kind: "respawn-loop" instead of "self-replicating-chain"',
    "storms: respawn-loop, which it is not",
  ]);
  expect(differences({ ...right, identities: [] }, expectedOf("case"))).toContain(
    'identities.verdict: nothing instead of "impostor"',
  );
  expect(differences(right, expectedOf("case-32"))).toEqual(["storm.abi.bits: 64 instead of 32"]);
  expect(differences({ ...right, restarts: [] }, expectedOf("case"))).toHaveLength(6);
});

test("a storm on a healthy host is told, and an empty answer is not taken for a right one", () => {
  expect(differences(right, expectedOf("quiet"))).toEqual([
    'verdict.outcome: "storm" instead of "healthy"',
    "storms: self-replicating-chain where there is none",
  ]);
  for (const { expected } of scenarios.values()) expect(differences({}, expected)).not.toEqual([]);
});

function expectedOf(name: string): Expected {
  const scenario = scenarios.get(name);
  if (scenario === undefined) throw new Error(`no scenario ${name}`);
  return scenario.expected;
}
