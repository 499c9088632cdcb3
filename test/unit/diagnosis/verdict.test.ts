import { describe, expect, test } from "vitest";
import { createDerivation } from "../../../src/derive/index.ts";
import type { Material } from "../../../src/diagnosis/material.ts";
import { symptomOf } from "../../../src/diagnosis/symptom.ts";
import { verdictOf } from "../../../src/diagnosis/verdict.ts";
import { emptyLedger } from "../../../src/model/ledger.ts";
import { Stream } from "../../support/storms.ts";

/** What two seconds of a bomb at its limit look like: nothing is born, and forks fail. */
function atLimit(failures: number): Material {
  const derivation = createDerivation();
  const s = new Stream((event) => derivation.onEvent(event));
  s.seen(10, 1, "/usr/local/bin/bomb");
  for (let n = 0; n < failures; n++)
    derivation.onEvent({ type: "fork-failed", ts: n * 1e6, pid: 10, comm: "", error: -11 });
  return {
    version: "0.0.0",
    host: { hostname: null, kernel: null, machine: null, os: null, cpus: 2, bootedAt: null },
    window: { startEpochMs: null, seconds: 2 },
    sources: [{ ...emptyLedger("tracefs", 0), events: failures + 1 }],
    derived: derivation.finish(),
    known: { exitStatus: true, lineage: true, lifetimes: true },
    live: null,
    remarks: [],
    couldNotLook: [],
    lookup: { rootOf: () => null } as unknown as Material["lookup"],
    countersOnly: null,
    interrupted: false,
    cost: () => ({ cpuSeconds: 0, wallSeconds: 0, peakRssBytes: 0 }),
  };
}

describe("a host where forks fail", () => {
  test("is not called healthy, and whose forks fail is named", () => {
    const material = atLimit(2000);
    const symptom = symptomOf(material, null, []);
    expect(symptom).toMatchObject({ failedForksPerSecond: 1000, failedExecsPerSecond: 0, forksPerSecond: 0 });
    expect(verdictOf(material, symptom, null)).toMatchObject({
      outcome: "inconclusive",
      code: "verdict.inconclusive.forks-fail",
      args: { failedForksPerSecond: 1000, program: "/usr/local/bin/bomb" },
    });
  });

  test("is healthy where that happens now and then", () => {
    const material = atLimit(4);
    expect(verdictOf(material, symptomOf(material, null, []), null).outcome).toBe("healthy");
  });
});
