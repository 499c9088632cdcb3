import { describe, expect, test } from "vitest";
import { withoutCallsOf32Bit } from "../../../src/diagnosis/calls-of-32-bit.ts";
import type { Material } from "../../../src/diagnosis/material.ts";
import type { Storm } from "../../../src/diagnosis/result.ts";
import { emptyLedger } from "../../../src/model/ledger.ts";

function storm(bits: 32 | 64 | null, failedForks = 0): Storm {
  const abi = bits === null ? null : { machine: "i386", bits };
  return { program: { exe: "/usr/bin/atd", comm: "atd", root: "/" }, abi, failedExecs: 0, failedForks } as Storm;
}

function material(machine: string, ...kinds: string[]): Material {
  const sources = kinds.map((kind) => ({ ...emptyLedger(kind, 0), events: 10 }));
  return { host: { machine }, sources } as unknown as Material;
}

describe("failed calls and arguments of 32-bit programs", () => {
  test("on a 64-bit kernel by tracefs: not none, but not seen, and what would show them", () => {
    const seen = storm(32);
    expect(withoutCallsOf32Bit(seen, material("x86_64", "tracefs"))).toMatchObject({
      code: "calls.32-bit",
      what: expect.stringContaining("/usr/bin/atd"),
      remedy: expect.stringContaining("--with audit"),
    });
    expect(seen).toMatchObject({ failedExecs: null, failedForks: null });
  });

  test("what was counted stays: a 64-bit program may have become this one", () => {
    const seen = storm(32, 7);
    withoutCallsOf32Bit(seen, material("aarch64", "tracefs"));
    expect(seen).toMatchObject({ failedExecs: null, failedForks: 7 });
  });

  test.each([
    ["of a 64-bit program", storm(64), material("x86_64", "tracefs")],
    ["of a program whose kind is not known", storm(null), material("x86_64", "tracefs")],
    ["on a 32-bit kernel", storm(32), material("i686", "tracefs")],
    ["where audit records tell them", storm(32), material("x86_64", "tracefs", "audit")],
    ["from a log", storm(32), material("x86_64", "strace")],
  ])("%s they are as counted", (_name, seen, from) => {
    expect(withoutCallsOf32Bit(seen, from)).toBeNull();
    expect(seen).toMatchObject({ failedExecs: 0, failedForks: 0 });
  });
});
