import { packageLayer } from "./packages.mjs";
import { scenarios } from "./scenarios/index.mjs";
import { sourceArchive } from "./sources.mjs";
import { systemdTree, whyNoSystemd } from "./systemd-tree.mjs";

/** Downloads and unpacks what the scenarios need into the cache, so that none of them has to wait for it. */
export async function prepare() {
  const all = [...scenarios.values()];
  const sets = new Map(all.map(({ packages = [] }) => [packages.join(" "), packages]));
  for (const packages of sets.values()) await packageLayer(packages);
  for (const name of new Set(all.flatMap(({ sources = [] }) => sources))) sourceArchive(name);
  if (whyNoSystemd() === null) systemdTree();
}
