import * as fs from "node:fs";
import { NotBeneath } from "../platform/beneath.ts";
import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import { StepRefused, type Step } from "../journal/types.ts";
import { concernsOf } from "./concerns.ts";
import { flagsOf, recordOf, type FileRecord } from "./file-record.ts";
import { withHeld, withPlace, type Place } from "./place.ts";
import { executes, findProcesses, protectedPids, type Running } from "./processes.ts";
import type { Concern } from "./result.ts";
import { isBarred } from "./step-flags.ts";
import { chooseVault, type Vault } from "./vault.ts";

/** What would be done with a file, and what speaks against it. Nothing was changed. */
export interface Plan {
  at: Place;
  record: FileRecord;
  vault: Vault;
  /** Inode flags of the folder that the file is in. */
  folderFlags: number | null;
  concerns: Concern[];
  processes: Running[];
}

/**
 * Looks at a file and plans its quarantine. `path` is as the user wrote it, inside the root; folders on the way may be
 * links and are resolved inside the root, once; a link in the last place is not followed. Throws `StepRefused`.
 */
export function planQuarantine(root: Root, path: Untrusted): Plan {
  const canonical = root.canonical(path);
  if (canonical === null || root.lstat(canonical) === null) throw new StepRefused("quarantine.gone", { path });
  const at: Place = { root: root.dir, path: canonical };
  try {
    const { record, folderFlags } = lookAt(at, root);
    const barred = protectedOf(record);
    if (barred !== undefined) throw new StepRefused("quarantine.protected-process", barred);
    const vault = chooseVault(at);
    const concerns = concernsOf(root, canonical, record);
    return { at, record, vault, folderFlags, concerns, processes: findProcesses(record) };
  } catch (error) {
    // Between the two looks somebody made a link of a folder.
    if (error instanceof NotBeneath) throw new StepRefused("quarantine.path-changed", { path: error.path });
    throw error;
  }
}

/**
 * The same plan for the file as it is now: its times and what else may differ are looked at anew. Throws `StepRefused` when
 * it is not the file that was judged any more.
 */
export function planAgain(plan: Plan, root: Root): Plan {
  const { at, record: judged } = plan;
  const { record, folderFlags } = lookAt(at, root);
  const barred = protectedOf(record);
  if (barred !== undefined) throw new StepRefused("quarantine.protected-process", barred);
  const same = (["dev", "inode", "sha256", "links", "mode", "uid", "gid"] as const).every(
    (fact) => record[fact] === judged[fact],
  );
  if (!same) throw new StepRefused("quarantine.changed", { path: at.path });
  return { ...plan, record, folderFlags };
}

function lookAt(at: Place, root: Root): { record: FileRecord; folderFlags: number | null } {
  return withPlace(at, (open) => {
    const stat = open.directory.lstat(open.name);
    if (stat === null) throw new StepRefused("quarantine.gone", { path: at.path });
    if (stat.isSymbolicLink())
      throw new StepRefused("quarantine.is-link", { path: at.path, target: root.realpath(at.path) });
    if (!stat.isFile()) throw new StepRefused("quarantine.no-file", { path: at.path });
    const record = withHeld(open, recordOf);
    if (record === null) throw new StepRefused("quarantine.gone", { path: at.path });
    return { record, folderFlags: flagsOf(open.directory.fd) };
  });
}

/** PID 1, this process or one that it descends from executes the file: it is never taken away from under them. */
function protectedOf(record: FileRecord): { pid: number; comm: Untrusted } | undefined {
  const pid = [...protectedPids()].find((one) => executes(one, record));
  return pid === undefined ? undefined : { pid, comm: fs.readFileSync(`/proc/${pid}/comm`, "latin1").trim() };
}

/** The steps of a plan, in order. `id`: the name of the file in the vault. */
export function stepsOf({ at, record, vault, folderFlags, processes }: Plan, id: string): Step[] {
  const stopped = processes.filter((one) => one.stopped).map(({ pid, startTicks }) => ({ pid, startTicks }));
  const program = { path: at.path, dev: record.dev, inode: record.inode, looks: processes.length > 0 ? 3 : 1, stopped };
  return [
    { kind: "processes.stop", data: program },
    { kind: "vault.make", data: vault },
    ...(isBarred(record.flags) ? [{ kind: "file.flags", data: { at, record } }] : []),
    { kind: "file.seal", data: { at, record } },
    { kind: "file.move", data: { at, record, vault: vault.at, name: id, folderFlags } },
    { kind: "processes.end", data: program },
  ];
}
