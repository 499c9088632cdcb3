import { EXPERIMENT_STEPS } from "../experiment/steps/index.ts";
import { stepKinds, type StepKinds } from "../journal/types.ts";
import { QUARANTINE_STEPS } from "../quarantine/step-kinds.ts";

/** Every kind of step that any command takes: what `restore` can take back, whoever did it. */
export const ALL_STEPS: StepKinds = stepKinds([...QUARANTINE_STEPS, ...EXPERIMENT_STEPS]);
