import { readlinkSync } from "node:fs";
import { lastName } from "../identity/places.ts";
import type { ProcFacts } from "../model/snapshot.ts";
import { fromBytes, type Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";

const LOADER = /^ld(?:-linux[^/]*|-musl[^/]*|64|-\d[\d.]*)?\.so(?:\.\d+)?$/;
const INTERPRETERS =
  /^(?:sh|dash|bash|zsh|ksh|mksh|fish|perl|python|ruby|lua|php|node|nodejs|tclsh|awk|mawk|gawk)[\d.]*$/;

/** The file that a process really is about, where its program only carries it out: a script, or a program of the loader. */
export interface Subject {
  path: Untrusted;
  how: "script" | "loader";
}

/**
 * The script of an interpreter, or the program that the loader was told to run (`/lib64/ld-linux-x86-64.so.2 /tmp/x`): its
 * first argument that is no option, as a file. Null: none, or none that can be found.
 */
export function subjectOf(root: Root, { pid, exe, argv, root: chroot }: ProcFacts): Subject | null {
  const name = exe === null ? "" : lastName(exe);
  const how = LOADER.test(name) ? "loader" : INTERPRETERS.test(name) ? "script" : null;
  if (how === null || argv === null) return null;
  // `sh -c TEXT` and `python -m MODULE` have no file.
  if (how === "script" && argv.slice(1).some((word) => /^-[a-z]*[cem]$/.test(word))) return null;
  const word = argv.slice(1).find((each) => each !== "" && !each.startsWith("-"));
  if (word === undefined) return null;
  const path = word.startsWith("/") ? word : relative(pid, word, chroot);
  try {
    return path !== null && root.stat(path)?.isFile() === true ? { path, how } : null;
  } catch {
    return null;
  }
}

function relative(pid: number, word: Untrusted, chroot: Untrusted | null): Untrusted | null {
  try {
    const directory = fromBytes(readlinkSync(`/proc/${pid}/cwd`, { encoding: "buffer" }));
    const inside =
      chroot !== null && chroot !== "/" && directory.startsWith(`${chroot}/`)
        ? directory.slice(chroot.length)
        : directory;
    return `${inside}/${word}`;
  } catch {
    return null;
  }
}
