import * as fs from "node:fs";
import { z } from "zod";
import { renameNoReplace } from "../platform/rename.ts";
import { stepKind, StepRefused, type StepKind, type UndoResult } from "../journal/types.ts";
import { fileRecord, flagsOf, hasContent, isRecorded, type FileRecord } from "./file-record.ts";
import { isBarred, setBarring } from "./step-flags.ts";
import { hostPath, place, withHeld, withPlace, type OpenPlace, type Place } from "./place.ts";
import { isVaultThere, openVault } from "./vault.ts";

interface Data {
  at: Place;
  record: FileRecord;
  /** The folder, and the name of the file in it. */
  vault: Place;
  name: string;
  /** Flags of the folder that the file is in: immutable ones are taken away for the moment of the move. */
  folderFlags: number | null;
}

/**
 * Moves the file into the vault, within its file system: neither content nor inode nor time stamps (but the change time)
 * are touched. rename(2) takes a name, not a file; so what arrived is looked at, and given back when it is another file
 * that somebody put there in that moment.
 */
const own: StepKind<Data> = {
  kind: "file.move",
  data: z.object({
    at: place,
    record: fileRecord,
    vault: place,
    name: z.string().regex(/^[\w-]+$/),
    folderFlags: z.int().nonnegative().nullable(),
  }),
  apply: (data) =>
    withBoth(data, (origin, stored) => {
      withHeld(origin, (held) => {
        if (!isRecorded(held, data.record)) throw new StepRefused("quarantine.another-file", { path: data.at.path });
      });
      inFolder(origin, data.folderFlags, () => renameNoReplace(origin, stored, "to"));
      const right = withHeld(stored, (held) => isRecorded(held, data.record) && hasContent(held, data.record));
      if (right !== true) {
        inFolder(origin, data.folderFlags, () => renameNoReplace(stored, origin, "from"));
        sync(origin, stored);
        throw new StepRefused("quarantine.replaced", { path: data.at.path });
      }
      sync(origin, stored);
    }),
  undo: (data) =>
    isVaultThere(data.vault)
      ? withBoth(data, (origin, stored) => moveBack(data, origin, stored))
      : withPlace(data.at, (origin) => neverLeft(data, origin)),
  verify: (data) =>
    withBoth(data, (origin, stored) => {
      const back = withHeld(origin, (held) => isRecorded(held, data.record));
      const away = withHeld(stored, (held) => isRecorded(held, data.record));
      if (away === true) return back === true ? "between" : "after";
      return back === true ? "before" : "lost";
    }),
  effect: ({ at, vault, name }) => ({
    code: "quarantine.effect.move",
    args: { path: at.path, to: `${hostPath(vault)}/${name}` },
  }),
  undoing: ({ at }) => ({ code: "quarantine.undoing.move", args: { path: at.path } }),
  byHand: ({ at, vault, name }) => [["mv", "-nT", `${hostPath(vault)}/${name}`, hostPath(at)]],
};

function moveBack(data: Data, origin: OpenPlace, stored: OpenPlace): UndoResult {
  const refuse = (code: string): UndoResult => refusal(data, code, own.byHand(data));
  const away = withHeld(stored, (held) => hasContentOf(held, data.record));
  if (away === null) return neverLeft(data, origin);
  if (away !== "as-recorded") return refuse(away === "changed" ? "quarantine.content-changed" : "quarantine.stranger");
  if (isOneFile(origin, stored)) {
    // link(2) and unlink(2), in place of a rename, were cut off between.
    fs.unlinkSync(stored.directory.entry(stored.name));
    return { outcome: "undone" };
  }
  if (origin.directory.lstat(origin.name) !== null) return refuse("quarantine.taken");
  inFolder(origin, data.folderFlags, () => renameNoReplace(stored, origin, "from"));
  sync(origin, stored);
  return { outcome: "undone" };
}

/** Nothing is in the vault: then the file must be where it was. */
function neverLeft(data: Data, origin: OpenPlace): UndoResult {
  const back = withHeld(origin, (held) => isRecorded(held, data.record));
  if (back !== true) return refusal(data, back === null ? "quarantine.lost" : "quarantine.lost-replaced", []);
  // The flags of the folder may still wait to be given back.
  setBarring(origin.directory.fd, data.folderFlags);
  return { outcome: "nothing-to-undo" };
}

function refusal({ at, vault, name }: Data, code: string, byHand: string[][]): UndoResult {
  const args = { path: at.path, stored: `${hostPath(vault)}/${name}` };
  return { outcome: "refused", why: { code, args }, byHand };
}

function isOneFile(a: OpenPlace, b: OpenPlace): boolean {
  const [first, second] = [a.directory.lstat(a.name), b.directory.lstat(b.name)];
  return first !== null && second !== null && first.ino === second.ino && first.dev === second.dev;
}

function hasContentOf(held: number, record: FileRecord): "as-recorded" | "changed" | "stranger" {
  if (!isRecorded(held, record)) return "stranger";
  return hasContent(held, record) ? "as-recorded" : "changed";
}

/** Does something in the file's folder with its barring flags off. */
function inFolder(origin: OpenPlace, flags: number | null, change: () => void): void {
  const { fd } = origin.directory;
  const barred = isBarred(flags) || isBarred(flagsOf(fd));
  if (barred) setBarring(fd, 0);
  try {
    change();
  } finally {
    if (barred) setBarring(fd, flags);
  }
}

function sync(origin: OpenPlace, stored: OpenPlace): void {
  stored.directory.sync();
  origin.directory.sync();
}

function withBoth<T>({ at, vault, name }: Data, use: (origin: OpenPlace, stored: OpenPlace) => T): T {
  return withPlace(at, (origin) => {
    const directory = openVault(vault);
    try {
      return use(origin, { directory, name });
    } finally {
      directory.close();
    }
  });
}

export const moveStep = stepKind(own);
