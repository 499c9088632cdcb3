import * as fs from "node:fs";
import { z } from "zod";
import { APPEND_ONLY, IMMUTABLE, openForFlags, setInodeFlags } from "../platform/attributes.ts";
import { openHeld } from "../platform/beneath.ts";
import { stepKind, type StepKind } from "../journal/types.ts";
import { fileRecord, flagsOf, type FileRecord } from "./file-record.ts";
import { hostPath, place, withRecorded, type Place } from "./place.ts";

const BARRING = IMMUTABLE | APPEND_ONLY;

/** Whether flags keep a file from being moved or changed. */
export function isBarred(flags: number | null): boolean {
  return ((flags ?? 0) & BARRING) !== 0;
}

/** chattr(1)'s letters of the flags that bar: `+ia`. */
export function letters(flags: number): string {
  return `${(flags & IMMUTABLE) !== 0 ? "i" : ""}${(flags & APPEND_ONLY) !== 0 ? "a" : ""}`;
}

/** Sets the two barring flags of a held file or directory to what they are in `wanted`; the others stay. */
export function setBarring(held: number, wanted: number | null): void {
  const now = flagsOf(held);
  if (now === null || wanted === null || (now & BARRING) === (wanted & BARRING)) return;
  const fd = fs.fstatSync(held).isDirectory() ? openForFlags(held) : openHeld(held);
  try {
    setInodeFlags(fd, (now & ~BARRING) | (wanted & BARRING));
  } finally {
    fs.closeSync(fd);
  }
}

interface Data {
  at: Place;
  record: FileRecord;
}

/** Takes the flags immutable and append-only from the file; its undo gives them back. */
const own: StepKind<Data> = {
  kind: "file.flags",
  data: z.object({ at: place, record: fileRecord }),
  apply: ({ at, record }) => withRecorded(at, record, (held) => setBarring(held, 0)),
  undo: ({ at, record }) =>
    withRecorded(at, record, (held) => {
      setBarring(held, record.flags);
      return { outcome: "undone" };
    }),
  verify: ({ at, record }) =>
    withRecorded(at, record, (held) =>
      ((flagsOf(held) ?? 0) & BARRING) === ((record.flags ?? 0) & BARRING) ? "before" : "after",
    ),
  effect: ({ at, record }) => ({
    code: "quarantine.effect.flags",
    args: { path: at.path, flags: letters(record.flags ?? 0) },
  }),
  undoing: ({ record }) => ({ code: "quarantine.undoing.flags", args: { flags: letters(record.flags ?? 0) } }),
  byHand: ({ at, record }) => [["chattr", `+${letters(record.flags ?? 0)}`, hostPath(at)]],
};

export const flagsStep = stepKind(own);
