import { readFileSync, readdirSync, statSync } from "node:fs";
import { basename } from "node:path";
import { restoreAudit } from "./audit-state.mjs";
import { findBounds, removeBounds } from "./bounds.mjs";
import { PREFIX, labParent, removeFolder } from "./overlay.mjs";
import { orNull, startTicks } from "./processes.mjs";

/**
 * Clears what killed runs left: processes and cgroups first, then mounts and folders. Runs whose owner still lives,
 * and those kept on purpose (unless `kept`), stay.
 * @returns names of the runs cleared
 */
export function clearLeftovers({ kept = false } = {}) {
  const parent = labParent();
  const folders = readdirSync(parent).filter((name) => name.startsWith(PREFIX));
  const alive = new Set(folders.filter((name) => inUse(`${parent}/${name}`, kept)));
  const cleared = new Set();
  for (const folder of findBounds(PREFIX)) {
    if (alive.has(basename(folder))) continue;
    removeBounds([folder]);
    cleared.add(basename(folder));
  }
  for (const name of folders) {
    if (alive.has(name)) continue;
    restoreAudit(`${parent}/${name}`);
    removeFolder(`${parent}/${name}`);
    cleared.add(name);
  }
  return [...cleared];
}

function inUse(dir, kept) {
  const text = orNull(() => readFileSync(`${dir}/lab.json`, "utf8"));
  // Just being made by another run, which writes the note next.
  if (text === null) return Date.now() - statSync(dir).ctimeMs < 60_000;
  const note = JSON.parse(text);
  if (note.kept && !kept) return true;
  return startTicks(note.owner.pid) === note.owner.ticks;
}
