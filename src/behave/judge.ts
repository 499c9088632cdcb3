import type { Behaviour, Generations, ProgramBehaviour, Target } from "./result.ts";

/** Fewer whole lives than this are no pattern. */
const MIN_WHOLE = 10;
/** Chance, a limit reached, a clock looked at now and then: nine in ten that do the same repeat it. */
const SAME = 0.9;

/** Puts the program of the target first; then those with the most processes. */
export function ordered(programs: readonly ProgramBehaviour[], target: Target): ProgramBehaviour[] {
  const main = mainProgram(programs, target);
  return main === null ? [...programs] : [main, ...programs.filter((one) => one !== main)];
}

/** The program whose generations the question is about: the storm's; of a named process the one that lived most lives. */
function mainProgram(programs: readonly ProgramBehaviour[], { program, storm }: Target): ProgramBehaviour | null {
  const whole = (one: ProgramBehaviour): number => one.generations[0]?.whole ?? 0;
  const byFile = programs.find((one) => one.program.exe !== null && one.program.exe === program.exe);
  const byName = programs.find((one) => one.program.comm === program.comm);
  const named = byFile ?? byName ?? null;
  if (storm !== null || (named !== null && whole(named) >= MIN_WHOLE)) return named;
  return programs.reduce<ProgramBehaviour | null>(
    (best, one) => (whole(one) > (best === null ? 0 : whole(best)) ? one : best),
    named,
  );
}

/** Whether each generation does what the one before did. `lost`: records that are missing; null: unknown. */
export function judge(programs: readonly ProgramBehaviour[], lost: number | null): Behaviour["judgement"] {
  const [main] = programs;
  if (main === undefined) return could("not-caught", {});
  const program = main.program.exe ?? `(${main.program.comm})`;
  if (main.calls.length === 0) return { outcome: "no-generations", code: "behave.no-calls", args: { program } };
  const generations = main.generations[0];
  if (generations === undefined) return { outcome: "no-generations", code: "behave.no-generations", args: { program } };
  const { whole } = generations;
  if (whole < MIN_WHOLE) return { outcome: "no-generations", code: "behave.few-generations", args: { program, whole } };
  const args = { program, whole, repeating: generations.repeating, calls: length(generations) };
  if (generations.repeating >= SAME * whole) return { outcome: "repeats", code: "behave.repeats", args };
  const loosely = { ...args, repeating: generations.repeatingLoosely };
  if (generations.repeatingLoosely >= SAME * whole)
    return { outcome: "repeats", code: "behave.repeats-loosely", args: loosely };
  // A missing record looks like another behaviour.
  if (lost === null || lost > 0) return could("records-lost", { ...args, lost });
  return { outcome: "does-not-repeat", code: "behave.does-not-repeat", args };
}

function length({ sequence, cutCalls }: Generations): number {
  return sequence.reduce((sum, step) => sum + step.times, cutCalls);
}

function could(code: string, args: Record<string, unknown>): Behaviour["judgement"] {
  return { outcome: "could-not-look", code: `behave.${code}`, args };
}
