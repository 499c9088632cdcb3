import { opendirSync, type Dir } from "node:fs";
import { errnoOf } from "../../platform/errno.ts";

/**
 * Processes that /proc lists, by readdir(3) as ps and top see it. (Node's own readdir goes by scandir(3), which most
 * libraries that hide processes leave alone.)
 */
export function listedProcesses(): Set<number> {
  const names: string[] = [];
  // One at a time: of a process that is gone meanwhile the kernel does not tell the type, Node asks for it and throws, and a
  // larger batch would be lost with it.
  const dir = opendirSync("/proc", { bufferSize: 1 });
  try {
    for (let name = nextName(dir); name !== null; name = nextName(dir)) names.push(name);
  } finally {
    dir.closeSync();
  }
  return numbersAmong(names);
}

/** The next name, "" for an entry that vanished, null at the end. */
function nextName(dir: Dir): string | null {
  try {
    return dir.readSync()?.name ?? null;
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ESRCH") return "";
    throw error;
  }
}

/** Names that are numbers of processes. */
export function numbersAmong(names: readonly string[]): Set<number> {
  const numbers = new Set<number>();
  for (const name of names) if (/^[1-9]\d{0,9}$/.test(name)) numbers.add(Number(name));
  return numbers;
}
