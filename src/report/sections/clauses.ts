import type { Screen } from "../screen.ts";
import { render } from "../text/catalogue/index.ts";
import type { Safe } from "../text/sanitise.ts";

/** The part of the screen that a step of the story belongs to. Steps of a newer version go to "why". */
const TOPICS = {
  cost: ["chain.symptom", "chain.symptom-log", "chain.untimed-log"],
  reaper: ["chain.orphans", "chain.reaper-busy", "chain.reaper-innocent"],
  restart: [
    "chain.restarted-by",
    "chain.started-by",
    "chain.counted-by-systemd",
    "chain.limit-forbids-rate",
    "chain.limit-off",
    "chain.shadowed",
    "chain.job-owner",
  ],
  program: [
    "chain.impostor",
    "chain.not-packaged",
    "chain.modified",
    "chain.genuine",
    "chain.local",
    "chain.deleted",
    "chain.memory-only",
    "chain.unverifiable",
    "chain.fork-by-32-bit",
    "chain.32-bit-program",
  ],
  sources: ["chain.syscall-2-is-open"],
} as const;

export type Topic = keyof typeof TOPICS | "why";

const TOPIC_OF = new Map<string, Topic>(
  Object.entries(TOPICS).flatMap(([topic, codes]) => codes.map((code): [string, Topic] => [code, topic as Topic])),
);

function topicOf(code: string): Topic {
  // Why the limit did not stop it.
  if (code.startsWith("chain.limit.")) return "restart";
  return TOPIC_OF.get(code) ?? "why";
}

/** The steps of the story about one topic, as clauses, in the story's order, without those told in another way. */
export function clauses(screen: Screen, topic: Topic, told: readonly string[] = []): Safe[] {
  return screen.diagnosis.chain
    .filter((step) => topicOf(step.code) === topic && !told.includes(step.code))
    .map((step) => render(screen.voice, step.code, step.args));
}

/** Whether the story has one of these steps. */
export function tells(screen: Screen, codes: readonly string[]): boolean {
  return screen.diagnosis.chain.some((step) => codes.includes(step.code));
}
