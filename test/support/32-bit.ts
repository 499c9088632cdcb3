import type { TestContext } from "vitest";
import { NO_32_BIT, runs32Bit } from "../../lab/kernel-abi.mjs";

/** Begins the note of a skip that no package can mend; such a one does not fail a run under CI. */
export const KERNEL_LIMIT = "kernel limit: ";

/** Skips a test that has to execute 32-bit code where the kernel does not do that. */
export function needs32Bit(context: TestContext): void {
  if (!runs32Bit()) context.skip(KERNEL_LIMIT + NO_32_BIT);
}
