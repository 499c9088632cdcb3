import { existsSync } from "node:fs";
import type { TestContext } from "vitest";
import { whyNoSystemd } from "../../lab/systemd-tree.mjs";

/** Skips a test with the reason where the lab cannot run; where CI is set, everything must be there, so it fails. */
export function needsLab(context: TestContext): void {
  const missing = whatLacks();
  if (missing === null) return;
  if (process.env["CI"]) throw new Error(`the lab cannot run: ${missing}`);
  context.skip(`the lab cannot run: ${missing}`);
}

/** The same for containers whose init is systemd. */
export function needsSystemd(context: TestContext): void {
  const missing = whyNoSystemd();
  if (missing === null) return;
  if (process.env["CI"]) throw new Error(`systemd cannot be booted here: ${missing}`);
  context.skip(`systemd cannot be booted here: ${missing}`);
}

/** The same for programs that only some tests need. */
export function needsProgram(context: TestContext, path: string): void {
  if (existsSync(path)) return;
  if (process.env["CI"]) throw new Error(`${path} is not installed`);
  context.skip(`${path} is not installed`);
}

function whatLacks(): string | null {
  if (process.getuid?.() !== 0) return "not root";
  if (process.arch !== "x64") return "its programs are written for x86_64";
  const lacking = ["/usr/bin/gcc", "/usr/bin/dpkg", "/usr/bin/unshare", "/usr/bin/nsenter"].filter(
    (path) => !existsSync(path),
  );
  return lacking.length > 0 ? `no ${lacking.join(", ")}` : null;
}
