import { stepKinds, type AnyStepKind, type StepKinds } from "../journal/types.ts";
import { flagsStep } from "./step-flags.ts";
import { moveStep } from "./step-move.ts";
import { endStep, stopStep } from "./step-processes.ts";
import { sealStep } from "./step-seal.ts";
import { vaultStep } from "./vault.ts";

/** Every kind of step that a quarantine takes. */
export const QUARANTINE_STEPS: readonly AnyStepKind[] = [stopStep, vaultStep, flagsStep, sealStep, moveStep, endStep];

/** The registry of those alone. */
export const quarantineKinds: StepKinds = stepKinds(QUARANTINE_STEPS);
