import type { Untrusted } from "../model/text.ts";
import { advice } from "./advice-item.ts";
import type { Story } from "./chain.ts";
import type { Advice } from "./result.ts";

/**
 * How to prove it on the running host. Nothing for a log: whoever it tells of may be dead, and the numbers in it another's.
 * A chain is held by its members, who have no number to be named by.
 */
export function proveAdvice({ material, storm, finding: { spawner }, restarts }: Story): Advice[] {
  if (material.live === null) return [];
  const isChain = storm.kind === "self-replicating-chain" || storm.kind === "fork-bomb";
  const first = restarts[0]?.restart;
  let held: Untrusted[] = [];
  if (isChain) held = [];
  else if (spawner !== null && spawner.pid > 1) held = ["--freeze", String(spawner.pid)];
  else if (first?.supervisor === "systemd" && storm.program.root === "/" && !first.unit.startsWith("-"))
    held = ["--stop", first.unit];
  return [advice("prove", {}, "needs-review", ["whoforks", "prove", ...held])];
}
