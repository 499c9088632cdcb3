import * as fs from "node:fs";
import { z } from "zod";
import type { Untrusted } from "../model/text.ts";
import { NotBeneath, openDirectory, splitLast, type OpenDirectory } from "../platform/beneath.ts";
import { errnoOf } from "../platform/errno.ts";
import { stepKind, StepRefused, type StepKind } from "../journal/types.ts";
import { isSameMount } from "./file-record.ts";
import { hostPath, place, withPlace, type Place } from "./place.ts";

/** A folder of the system's that must be there, and ours below it. */
interface Candidate {
  base: Untrusted;
  ours: readonly string[];
}

const IN_VAR: Candidate = { base: "/var/lib", ours: ["whoforks", "quarantine"] };

/** The folder for quarantined files of one file system, and those folders on the way to it that have to be made. */
export interface Vault {
  at: Place;
  missing: Untrusted[];
}

/**
 * The vault for a file: a folder of the same mount, because only within one a name can be moved without touching the
 * file. /var/lib/whoforks/quarantine of its root, or /.whoforks-quarantine at the top of its mount. Nothing is made yet.
 * Throws `StepRefused` where neither will do.
 */
export function chooseVault(file: Place): Vault {
  let unsafe: StepRefused | null = null;
  for (const candidate of [IN_VAR, topOf(file)]) {
    try {
      const missing = missingOf(candidate, file);
      if (missing !== null) return { at: { root: file.root, path: pathOf(candidate) }, missing };
    } catch (error) {
      // A link or somebody else's folder in its place: say so only when there is no other.
      if (!(error instanceof StepRefused)) throw error;
      unsafe ??= error;
    }
  }
  throw unsafe ?? new StepRefused("quarantine.no-vault", { path: file.path });
}

function pathOf({ base, ours }: Candidate, depth = ours.length): Untrusted {
  return [base === "/" ? "" : base, ...ours.slice(0, depth)].join("/");
}

/** `/.whoforks-quarantine` beneath the highest folder that is on the file's mount. */
function topOf(file: Place): Candidate {
  return withPlace(file, ({ directory }) => {
    let top = splitLast(file.path).parent;
    while (top !== "/") {
      const { parent } = splitLast(top);
      const above = openDirectory(file.root, parent);
      try {
        if (!isSameMount(above.fd, directory.fd)) break;
      } finally {
        above.close();
      }
      top = parent;
    }
    return { base: top, ours: [".whoforks-quarantine"] };
  });
}

/** Folders that are missing on the way to a vault; null when it would lie on another mount than the file. */
function missingOf(candidate: Candidate, file: Place): Untrusted[] | null {
  const missing: Untrusted[] = [];
  for (let depth = candidate.ours.length; depth >= 0; depth--) {
    const path = pathOf(candidate, depth) || "/";
    const directory = openIfThere(file.root, path);
    if (directory === null) {
      // The base is the system's to make.
      if (depth === 0) return null;
      missing.unshift(path);
      continue;
    }
    try {
      if (depth > 0) checkOwn(directory, path);
      return withPlace(file, (open) => isSameMount(open.directory.fd, directory.fd)) ? missing : null;
    } finally {
      directory.close();
    }
  }
  return null;
}

function openIfThere(root: Untrusted, path: Untrusted): OpenDirectory | null {
  try {
    return openDirectory(root, path);
  } catch (error) {
    if (error instanceof NotBeneath) throw new StepRefused("quarantine.vault-unsafe", { path: error.path });
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}

function checkOwn(directory: OpenDirectory, path: Untrusted): void {
  const { uid, mode } = fs.fstatSync(directory.fd);
  if (uid !== process.geteuid?.() || (mode & 0o077) !== 0) throw new StepRefused("quarantine.vault-unsafe", { path });
}

/** Opens a vault that is there: a directory of this user that nobody else may enter. Throws `StepRefused` otherwise. */
export function openVault(at: Place): OpenDirectory {
  let directory: OpenDirectory;
  try {
    directory = openDirectory(at.root, at.path);
  } catch (error) {
    if (error instanceof NotBeneath) throw new StepRefused("quarantine.vault-unsafe", { path: error.path });
    throw error;
  }
  try {
    checkOwn(directory, at.path);
    return directory;
  } catch (error) {
    directory.close();
    throw error;
  }
}

/** Whether there is anything at the vault's place. */
export function isVaultThere(at: Place): boolean {
  try {
    return withPlace(at, ({ directory, name }) => directory.lstat(name) !== null);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}

function makeFolder(at: Place): void {
  try {
    withPlace(at, ({ directory, name }) => {
      fs.mkdirSync(directory.entry(name), { mode: 0o700 });
      directory.sync();
    });
  } catch (error) {
    if (error instanceof NotBeneath) throw new StepRefused("quarantine.vault-unsafe", { path: error.path });
    if (errnoOf(error) !== "EEXIST") throw error;
  }
}

/** Removes a folder that was made for files in quarantine, unless there are some. Whatever else has its name stays. */
function removeEmpty(at: Place): void {
  try {
    withPlace(at, ({ directory, name }) => {
      if (directory.lstat(name)?.isDirectory() === true) fs.rmdirSync(directory.entry(name));
    });
  } catch (error) {
    // A link on the way: nothing beyond it is ours. ENOTEMPTY: other files are in quarantine there.
    if (!(error instanceof NotBeneath) && !["ENOTEMPTY", "ENOENT", "EEXIST"].includes(errnoOf(error))) throw error;
  }
}

interface Data {
  at: Place;
  missing: Untrusted[];
}

/** Makes the vault, for root alone. Its undo removes those folders that were made for it, where they are empty. */
const own: StepKind<Data> = {
  kind: "vault.make",
  data: z.object({ at: place, missing: z.array(z.string().startsWith("/")) }),
  apply({ at, missing }) {
    for (const path of missing) makeFolder({ root: at.root, path });
    openVault(at).close();
  },
  undo({ at, missing }) {
    for (const path of [...missing].reverse()) removeEmpty({ root: at.root, path });
    return { outcome: "undone" };
  },
  verify: ({ at }) => (isVaultThere(at) ? "after" : "before"),
  effect: ({ at }) => ({ code: "quarantine.effect.vault", args: { path: hostPath(at) } }),
  undoing: () => ({ code: "quarantine.undoing.vault", args: {} }),
  byHand: ({ at, missing }) =>
    [...missing].reverse().map((path) => ["rmdir", "--ignore-fail-on-non-empty", hostPath({ root: at.root, path })]),
};

export const vaultStep = stepKind(own);
