import * as fs from "node:fs";
import { z } from "zod";
import { setExtendedAttributes, setTimes } from "../platform/attributes.ts";
import { stepKind, type StepKind } from "../journal/types.ts";
import { fileRecord, recordOf, type FileRecord } from "./file-record.ts";
import { hostPath, place, withRecorded, type Place } from "./place.ts";

const PERMISSIONS = 0o7777;

interface Data {
  at: Place;
  record: FileRecord;
}

/**
 * Takes every permission from the file, by the file itself and not by its name: from then on nobody executes it, root
 * included (execve(2) wants one execute bit), under this name or another. Its undo gives back mode, owner, ACL, extended
 * attributes and times, whatever of them differs.
 */
const own: StepKind<Data> = {
  kind: "file.seal",
  data: z.object({ at: place, record: fileRecord }),
  apply: ({ at, record }) => withRecorded(at, record, (held) => fs.chmodSync(`/proc/self/fd/${held}`, 0)),
  undo: ({ at, record }) =>
    withRecorded(at, record, (held) => {
      giveBack(held, record);
      return { outcome: "undone" };
    }),
  verify: ({ at, record }) =>
    withRecorded(at, record, (held) => {
      const mode = fs.fstatSync(held).mode & PERMISSIONS;
      return mode === (record.mode & PERMISSIONS) ? "before" : mode === 0 ? "after" : "lost";
    }),
  effect: ({ at, record }) => ({ code: "quarantine.effect.seal", args: { path: at.path, mode: octal(record) } }),
  undoing: ({ record }) => ({
    code: "quarantine.undoing.seal",
    args: { mode: octal(record), uid: record.uid, gid: record.gid },
  }),
  byHand: ({ at, record }) => [
    ["chown", `${record.uid}:${record.gid}`, hostPath(at)],
    ["chmod", octal(record), hostPath(at)],
    ["touch", "-m", "-d", `@${record.mtimeNs.slice(0, -9)}.${record.mtimeNs.slice(-9)}`, hostPath(at)],
  ],
};

/**
 * The order matters: chown(2) clears setuid and capabilities, chmod(2) rewrites the mask of an ACL, and both leave the
 * times alone. Nothing is called for what is right already, so that a file on a read-only disk that was never changed is
 * no error.
 */
function giveBack(held: number, record: FileRecord): void {
  const path = `/proc/self/fd/${held}`;
  const now = fs.fstatSync(held);
  if (now.uid !== record.uid || now.gid !== record.gid) fs.chownSync(path, record.uid, record.gid);
  if ((fs.fstatSync(held).mode & PERMISSIONS) !== (record.mode & PERMISSIONS))
    fs.chmodSync(path, record.mode & PERMISSIONS);
  setExtendedAttributes(held, record.attributes);
  const stat = fs.fstatSync(held, { bigint: true });
  if (String(stat.atimeNs) !== record.atimeNs || String(stat.mtimeNs) !== record.mtimeNs)
    setTimes(held, BigInt(record.atimeNs), BigInt(record.mtimeNs));
}

/** Names of what still differs from the record: `mode`, `owner`, `attributes`, `times`, `content`. */
export function differences(held: number, record: FileRecord): string[] {
  const now = recordOf(held);
  const differs: Record<string, boolean> = {
    content: now.sha256 !== record.sha256 || now.size !== record.size,
    mode: now.mode !== record.mode,
    owner: now.uid !== record.uid || now.gid !== record.gid,
    attributes: JSON.stringify(now.attributes) !== JSON.stringify(record.attributes),
    times: now.atimeNs !== record.atimeNs || now.mtimeNs !== record.mtimeNs,
    flags: now.flags !== record.flags,
  };
  return Object.keys(differs).filter((name) => differs[name]);
}

function octal({ mode }: FileRecord): string {
  return (mode & PERMISSIONS).toString(8).padStart(4, "0");
}

export const sealStep = stepKind(own);
