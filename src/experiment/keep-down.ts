import { randomBytes } from "node:crypto";
import type { Untrusted } from "../model/text.ts";
import { UNIT_SETTLE, stoppingUnit, type Intervention } from "./intervention.ts";
import { lookAt } from "./steps/in-place.ts";

/** A unit of systemd that is not started again while it is masked, and stopped where it runs. */
export function maskingUnit(unit: Untrusted, running: boolean): Intervention {
  return keptDown(unit, [{ kind: "unit.mask", data: { unit, running } }]);
}

/**
 * A job of upstart whose override says `manual`, stopped where it runs. `file`: its override as the host sees it. A string
 * says in English why not.
 */
export function overridingJob(job: Untrusted, file: Untrusted, running: boolean): Intervention | string {
  const lines = `# whoforks ${randomBytes(4).toString("hex")}\nmanual\n`;
  const found = lookAt(file, (before) =>
    Buffer.concat([before, Buffer.from(before.length > 0 && before.at(-1) !== 0x0a ? `\n${lines}` : lines)]),
  );
  if (typeof found === "string") return `${file}: ${found}`;
  const data = found === null ? { was: "absent", job, file, content: lines } : { was: "there", job, ...found };
  const stop = stoppingUnit("upstart", job, ["initctl", "stop", job], [["initctl", "start", job]]).hold;
  return keptDown(job, [{ kind: "config.override", data }, ...(running ? stop : [])]);
}

function keptDown(target: Untrusted, hold: Intervention["hold"]): Intervention {
  return { kind: "mask-unit", target, prepare: [], hold, settleSeconds: UNIT_SETTLE, remainder: 0.1 };
}
