import { opendirSync } from "node:fs";

/**
 * Processes that /proc lists, by readdir(3) as ps and top see it. (Node's own readdir goes by scandir(3), which most
 * libraries that hide processes leave alone.)
 */
export function listedProcesses(): Set<number> {
  const names: string[] = [];
  const dir = opendirSync("/proc", { bufferSize: 512 });
  try {
    for (let entry = dir.readSync(); entry !== null; entry = dir.readSync()) names.push(entry.name);
  } finally {
    dir.closeSync();
  }
  return numbersAmong(names);
}

/** Names that are numbers of processes. */
export function numbersAmong(names: readonly string[]): Set<number> {
  const numbers = new Set<number>();
  for (const name of names) if (/^[1-9]\d{0,9}$/.test(name)) numbers.add(Number(name));
  return numbers;
}
