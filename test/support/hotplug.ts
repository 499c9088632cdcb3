import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { TestContext } from "vitest";
import { KERNEL_LIMIT } from "./32-bit.ts";

const SWITCH = "/sys/devices/system/cpu/cpu1/online";

/** CPU 1 of this machine, taken offline for moments. */
export class SecondCpu {
  readonly number = 1;
  /** Ends what might forget to bring it back: it comes back after 5 s even when the test is killed. */
  readonly #guard = spawn("sh", ["-c", `sleep 5; echo 1 >${SWITCH}`], { detached: true, stdio: "ignore" });

  /** Takes it offline, or skips the test where the kernel does not let it go. */
  constructor(context: TestContext) {
    this.#guard.unref();
    try {
      writeFileSync(SWITCH, "0");
    } catch (error) {
      this.back();
      context.skip(`${KERNEL_LIMIT}CPU 1 cannot be taken offline (${String(error)})`);
    }
  }

  /** Brings it back. Idempotent. */
  back(): void {
    if (readFileSync(SWITCH, "latin1").trim() !== "1") writeFileSync(SWITCH, "1");
    this.#guard.kill("SIGKILL");
  }
}

/** Skips a test that takes a CPU away where none can go. */
export function needsSecondCpu(context: TestContext): void {
  if (!existsSync(SWITCH)) context.skip(`${KERNEL_LIMIT}no CPU here can be taken offline`);
}
