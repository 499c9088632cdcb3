import type { AnyStepKind } from "../../journal/types.ts";
import { disableLineStep } from "./disable-line.ts";
import { freezeStep } from "./freeze.ts";
import { joinCgroupStep } from "./join-cgroup.ts";
import { ownCgroupStep } from "./own-cgroup.ts";
import { limitCpuStep } from "./limit-cpu.ts";
import { maskUnitStep } from "./mask-unit.ts";
import { overrideStep } from "./override.ts";
import { stopUnitStep } from "./run-command.ts";
import { stopProcessStep } from "./stop-process.ts";

/** Every step that an experiment takes, for whoever reads its journal. */
export const EXPERIMENT_STEPS: readonly AnyStepKind[] = [
  ownCgroupStep,
  joinCgroupStep,
  freezeStep,
  limitCpuStep,
  stopProcessStep,
  stopUnitStep,
  maskUnitStep,
  overrideStep,
  disableLineStep,
];
