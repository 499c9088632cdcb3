import type { Untrusted } from "../../model/text.ts";
import { addProblem } from "../files/read-config.ts";
import { askedBy } from "./asked.ts";
import { shortestInterval } from "./calendar.ts";
import type { Assignment } from "./file.ts";
import { expandSpecifiers } from "./names.ts";
import { parseSpan } from "./time.ts";
import type { Job, Problem } from "../types.ts";

/** What the files of one timer amount to (systemd.timer(5)). */
export interface Timer {
  /** The unit that it starts: Unit=, else the service of its own name. */
  activates: Untrusted;
  /** `everySeconds`: shortest time between two starts by it; null where it fires once or is not understood. */
  triggers: { everySeconds: number | null; from: Assignment }[];
}

/** Triggers counted from the last start or end of the service itself: they come again. */
const RECURRING = new Set(["OnUnitActiveSec", "OnUnitInactiveSec"]);
const ONCE = new Set(["OnActiveSec", "OnBootSec", "OnStartupSec"]);
/** Most triggers kept of one timer. */
const MAX_TRIGGERS = 100;

/** Reduces the assignments of a timer and its drop-ins, in order; an empty trigger clears all that came before. */
export function reduceTimer(unit: Untrusted, assignments: readonly Assignment[], problems: Problem[]): Timer {
  const timer: Timer = { activates: `${unit.slice(0, -".timer".length)}.service`, triggers: [] };
  for (const from of assignments) {
    const { section, key, value } = from;
    if (section !== "Timer") continue;
    if (key === "Unit" && value !== "") timer.activates = expandSpecifiers(value, unit);
    const isCalendar = key === "OnCalendar";
    if (!isCalendar && !RECURRING.has(key) && !ONCE.has(key)) continue;
    if (value === "") timer.triggers = [];
    else if (timer.triggers.length < MAX_TRIGGERS) {
      const seconds = isCalendar ? shortestInterval(value) : parseSpan(value);
      if (seconds === null && !isCalendar)
        addProblem(problems, from.file, from.line, `${key}= has a value that systemd ignores`);
      else timer.triggers.push({ everySeconds: ONCE.has(key) ? null : seconds, from });
    }
  }
  return timer;
}

/** The job of a timer: what the service that it starts does, started as often as its shortest trigger says. Null: it has none. */
export function timerJob(unit: Untrusted, fragment: Untrusted, { triggers }: Timer, service: Job): Job | null {
  const again = triggers.filter(({ from }) => !ONCE.has(from.key));
  const [shortest] = [...(again.length > 0 ? again : triggers)].sort(
    (a, b) => (a.everySeconds ?? Infinity) - (b.everySeconds ?? Infinity),
  );
  if (shortest === undefined) return null;
  const { everySeconds, from } = shortest;
  return {
    ...askedBy(unit, fragment, from, service),
    restarts: again.length > 0 ? "on-schedule" : "never",
    ...(everySeconds === null ? {} : { everySeconds }),
  };
}
