import { expect, test } from "vitest";
import { parseOffset } from "../../../src/platform/time-namespace.ts";

test("offsets of time namespaces, negative ones too: the nanoseconds always count forward", () => {
  expect(parseOffset("monotonic           0         0\nboottime            0         0\n")).toBe(0n);
  expect(parseOffset("monotonic     1000000         5\nboottime           -7         0\n")).toBe(
    1_000_000_000_000_005n,
  );
  expect(parseOffset("monotonic         -10 500000000\nboottime            0         0\n")).toBe(-9_500_000_000n);
  expect(parseOffset("boottime 1 0\n")).toBe(0n);
  expect(parseOffset("")).toBe(0n);
});
