import { starts, type Family } from "../derive/family.ts";
import { descent } from "./descent.ts";
import { baseName, confidenceOf, programNames, rate, reason } from "./measure.ts";
import { isUdev } from "./programs.ts";
import { spawnerText } from "./restarts.ts";
import type { Detector, Finding, Outcome, View } from "./types.ts";

/**
 * Hypothesis: devices come and go (a flapping cable, a failing disk, interfaces of short-lived containers), and for each
 * event udevd forks a worker or starts the programs of its rules, or the kernel itself starts a helper (modprobe).
 *
 * Told apart from other servers by the program: udevd, or a kernel thread, which starts programs for this alone (usermode
 * helper). The boot of a host makes some thousand events in a few seconds and ends.
 */
export const udevStorm: Detector = { kind: "udev-storm", detect };

const MIN_PER_SECOND = 10;
const MIN_STARTS = 30;

function detect(view: View): Outcome {
  const groups = new Map<string, Family[]>();
  for (const family of view.derived.families) {
    // systemd-udevd is a link to udevadm: a script that asks udevadm again and again is no daemon that copies itself.
    const { spawnerImage, image, replicas, spawned } = family;
    const starter = [spawnerImage, replicas > spawned ? image : null].find(
      (one) => one !== null && isUdevOrKernel(one),
    );
    if (!starter || starts(family) === 0) continue;
    // Kernel threads have many names and are one kernel; the daemon has two.
    const key = isUdev(baseName(starter)) ? `udev ${starter.place.id}` : "";
    groups.set(key, [...(groups.get(key) ?? []), family]);
  }
  const findings = [...groups].map(([key, families]) => judge(key, families, view)).filter((f) => f !== null);
  return findings.length > 0 ? { state: "found", findings } : { state: "none" };
}

function isUdevOrKernel(image: Family["image"]): boolean {
  return isUdev(baseName(image)) || (image.exe === null && /^(?:kworker\/|kthreadd$)/.test(image.comm));
}

function judge(key: string, families: Family[], { derived }: View): Finding | null {
  const covers = descent(families, derived.families, "");
  const count = covers.reduce((sum, family) => sum + starts(family), 0);
  const perSecond = rate(covers);
  if (count < MIN_STARTS || perSecond < MIN_PER_SECOND) return null;
  const subject = [...families].sort((a, b) => starts(b) - starts(a))[0] as Family;
  const actor =
    families.flatMap(({ copiers, spawners }) => [...copiers.ranked(), ...spawners.ranked()])[0]?.value ?? null;
  const spawner = actor === null ? baseName(subject.spawnerImage ?? subject.image) : spawnerText(actor);
  const kernel = key === "";
  const reasons = [reason("for", kernel ? "spawner-is-kernel" : "spawner-is-udev", { spawner })];
  const started = families.filter(({ spawned, image }) => spawned > 0 && !isUdev(baseName(image)));
  return {
    kind: "udev-storm",
    subject,
    covers,
    starts: count,
    perSecond,
    spawner: actor,
    benign: false,
    confidence: confidenceOf(reasons),
    reasons,
    facts: { programs: programNames(started.length > 0 ? started : families).slice(0, 4) },
  };
}
