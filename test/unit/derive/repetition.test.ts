import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { repetitionOf } from "../../../src/derive/repetition.ts";

const of = (calls: string, count = 1) => ({ calls: calls.split(" ").filter((call) => call !== ""), count });

describe("what generations repeat", () => {
  it("is the sequence that nearly all make, whatever the first and the last one do", () => {
    const found = repetitionOf([of("execve brk mmap fork exit_group"), of("fork exit_group", 98), of("fork")]);
    expect(found).toEqual({ calls: ["fork", "exit_group"], generations: 100, exactly: 98 });
  });

  it("is what nearly all have in common when each does something else in between", () => {
    const found = repetitionOf([
      of("set_robust_list getpid clone exit_group", 40),
      of("set_robust_list nanosleep clone exit_group", 35),
      of("set_robust_list clone write exit_group", 25),
    ]);
    expect(found?.calls).toEqual(["set_robust_list", "clone", "exit_group"]);
    expect(found?.exactly).toBe(0);
  });

  it("names a run of one call once", () => {
    expect(repetitionOf([of("read read fork"), of("read fork"), of("read read read fork")])).toEqual({
      calls: ["read", "fork"],
      generations: 3,
      exactly: 3,
    });
  });

  it("says nothing about two generations, or where there is nothing in common", () => {
    expect(repetitionOf([of("fork exit", 2)])).toBeNull();
    expect(repetitionOf([of("a", 2), of("b", 2), of("c", 2)])).toBeNull();
    expect(repetitionOf([of("", 9)])).toBeNull();
  });

  it("finds what was put in between calls of each generation's own (property)", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom("fork", "wait", "kill", "exit"), { minLength: 1 }),
        fc.array(fc.array(fc.nat(3), { minLength: 5, maxLength: 5 }), { minLength: 3, maxLength: 8 }),
        (planted, generations) => {
          const sequences = generations.map((gaps, generation) => ({
            calls: gaps.flatMap((gap, i) => [
              ...Array.from({ length: gap }, (_, n) => `own ${generation} ${i} ${n}`),
              ...planted.slice(i, i + 1),
            ]),
            count: 1,
          }));
          expect(repetitionOf(sequences)?.calls).toEqual(planted);
        },
      ),
    );
  });
});
