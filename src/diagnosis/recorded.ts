import { z } from "zod";
import type { LookupAnswer, LookupAnswers, RecordedAnswer } from "./lookup.ts";
import type { RestartFacts } from "./restarts.ts";
import { identity } from "../identity/schema.ts";
import type { Identity } from "../identity/types.ts";
import { restart } from "./schema.ts";

const text = z.string();
const args = z.record(z.string(), z.unknown());

/** Makes the compiler say when a fact is added that would not come back. */
type Fields<T> = Record<keyof T, z.ZodType>;

const restartFacts = z.object({
  restart,
  starts: text,
  bringsBack: z.boolean(),
  again: z
    .object({
      when: z.enum(["on-schedule", "on-demand"]),
      everySeconds: z.number().nullable(),
      isCheck: z.literal(true).exactOptional(),
    } satisfies Fields<NonNullable<RestartFacts["again"]>>)
    .exactOptional(),
  limit: z.object({ code: text, args }).nullable(),
  counted: z
    .object({ restarts: z.number(), result: text } satisfies Fields<NonNullable<RestartFacts["counted"]>>)
    .nullable(),
  expects: text.nullable().exactOptional(),
  ownerMismatch: z.object({ jobPackage: text }).nullable(),
} satisfies Fields<RestartFacts>);

const answers = z.array(
  z.object({
    program: text,
    spawner: z.int().nullable(),
    place: text.exactOptional(),
    root: text.nullable(),
    identity: identity.nullable(),
    restarts: z.array(restartFacts),
    pace: z.object({ file: text, line: z.int().positive(), text, by: z.enum(["setting", "loop"]) }).exactOptional(),
    couldNotLook: z.array(
      z.object({
        code: text,
        what: text,
        why: text,
        remedy: text.nullable(),
        args: z.record(text, z.number()).exactOptional(),
      }),
    ),
  } satisfies Fields<RecordedAnswer>),
);

/**
 * Answers that were kept in a case, as JSON gave them. Null when they are not made as answers are: the caller says that
 * they are damaged.
 */
export function recordedAnswers(value: unknown): LookupAnswers | null {
  // The schema of results allows encoded bytes in place of text; here text is always a string.
  if (hasEncodedText(value)) return null;
  // Checked, but taken as it is: the order of keys is part of the same result.
  if (!answers.safeParse(value).success) return null;
  const all = value as RecordedAnswer[];
  return {
    answerFor({ id, program, spawner }) {
      const same = all.filter((answer) => answer.program === program.exe);
      const here = same.filter((answer) => answer.place === undefined || answer.place === program.root);
      // A newer version may find another place; the program's path still says most.
      const fitting = here.length > 0 ? here : same;
      const found = fitting.find((answer) => answer.spawner === (spawner?.pid ?? null)) ?? fitting[0];
      return found === undefined ? null : forStorm(found, id);
    },
  };
}

/** Files that answers of a case are about. Null: they are not made as answers are. */
export function recordedIdentities(value: unknown): Identity[] | null {
  if (hasEncodedText(value) || !answers.safeParse(value).success) return null;
  return (value as RecordedAnswer[]).flatMap(({ identity: who }) => who ?? []);
}

/** A newer version may number the storms in another order. */
function forStorm({ root, identity: who, restarts, pace, couldNotLook }: RecordedAnswer, storm: string): LookupAnswer {
  return {
    root,
    identity: who,
    ...(pace === undefined ? {} : { pace }),
    restarts: restarts.map((facts) => ({ ...facts, restart: { ...facts.restart, storm } })),
    couldNotLook,
  };
}

function hasEncodedText(value: unknown): boolean {
  const waiting = [{ value, depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value: inner, depth } = next;
    if (typeof inner !== "object" || inner === null) continue;
    // No answer is that deep; reports go down into them by recursion.
    if (depth > MAX_DEPTH) return true;
    if (Object.keys(inner).length === 1 && typeof (inner as { bytes?: unknown }).bytes === "string") return true;
    for (const child of Object.values(inner)) waiting.push({ value: child, depth: depth + 1 });
  }
  return false;
}

const MAX_DEPTH = 32;
