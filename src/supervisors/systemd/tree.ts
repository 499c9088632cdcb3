import type { Steps } from "../../model/steps.ts";
import type { Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";
import { addProblem, attempt, listConfig } from "../files/read-config.ts";
import type { Problem } from "../types.ts";
import { instanceOf, isUnitName, prefixChain, templateOf } from "./names.ts";

/** Unit directories of the system manager, the first wins (systemd.unit(5), `systemd-analyze unit-paths`). */
export const UNIT_DIRECTORIES: readonly Untrusted[] = [
  "/etc/systemd/system.control",
  "/run/systemd/system.control",
  "/run/systemd/transient",
  "/run/systemd/generator.early",
  "/etc/systemd/system",
  "/etc/systemd/system.attached",
  "/run/systemd/system",
  "/run/systemd/system.attached",
  "/run/systemd/generator",
  "/usr/local/lib/systemd/system",
  "/usr/lib/systemd/system",
  "/lib/systemd/system",
  "/run/systemd/generator.late",
];

/** One unit: its file, every name that leads to it, and its drop-ins in the order they are applied. */
export interface UnitFiles {
  name: Untrusted;
  names: Untrusted[];
  fragment: Untrusted;
  dropIns: Untrusted[];
}

const MAX_ALIASES = 8;
const MAX_WANTERS = 16;

/** Types of units that are read. */
export type UnitType = "service" | "timer" | "socket" | "path";

/**
 * All units of a type found in the unit directories: plain ones, templates, and the instances that some unit wants or
 * requires, or that are asked for by name.
 */
export function* findUnits(tree: UnitTree, type: UnitType, also: Iterable<Untrusted> = []): Steps<UnitFiles[]> {
  const names = new Map<Untrusted, Set<Untrusted>>();
  const fragments = new Map<Untrusted, Untrusted>();
  yield;
  for (const name of new Set([...tree.namesOf(type), ...also])) {
    yield;
    const found = tree.resolve(name);
    if (found === null) continue;
    fragments.set(found.name, found.fragment);
    const aliases = names.get(found.name) ?? new Set([found.name]);
    names.set(found.name, aliases.add(name));
  }
  const units: UnitFiles[] = [];
  for (const [name, aliases] of names) {
    yield;
    const fragment = fragments.get(name) as Untrusted;
    units.push({ name, names: [...aliases], fragment, dropIns: tree.dropIns([...aliases], type) });
  }
  return units;
}

/** Names in the unit directories, read once. */
export class UnitTree {
  readonly #root: Root;
  readonly #problems: Problem[];
  /** Real directories in order of precedence, with the names in each. */
  readonly #directories = new Map<Untrusted, Set<Untrusted>>();

  #wanters: Map<Untrusted, Untrusted[]> | null = null;

  constructor(root: Root, problems: Problem[], directories: readonly Untrusted[] = UNIT_DIRECTORIES) {
    this.#root = root;
    this.#problems = problems;
    for (const directory of directories) {
      // /lib and /usr/lib are one directory on merged-/usr systems.
      const real = attempt(problems, directory, null, () => root.realpath(directory));
      if (real !== null && !this.#directories.has(real))
        this.#directories.set(real, new Set(listConfig(root, real, problems)));
    }
  }

  /** Every name of this type that stands in a unit directory or is wanted, required or upheld by a unit. */
  namesOf(type: UnitType): Untrusted[] {
    const found = new Set<Untrusted>();
    for (const [directory, entries] of this.#directories) {
      for (const entry of entries) {
        if (entry.endsWith(`.${type}`)) this.#keepName(found, directory, entry);
        if (!/\.(?:wants|requires|upholds)$/.test(entry)) continue;
        for (const wanted of listConfig(this.#root, `${directory}/${entry}`, this.#problems))
          if (wanted.endsWith(`.${type}`) && instanceOf(wanted) !== null)
            this.#keepName(found, `${directory}/${entry}`, wanted);
      }
    }
    return [...found];
  }

  /** Units whose `.wants`, `.requires` or `.upholds` folder has a link of one of these names (systemd.unit(5)): what enables it. */
  wantersOf(names: readonly Untrusted[]): Untrusted[] {
    this.#wanters ??= this.#readWanters();
    return [...new Set(names.flatMap((name) => this.#wanters?.get(name) ?? []))].sort();
  }

  #readWanters(): Map<Untrusted, Untrusted[]> {
    const wanters = new Map<Untrusted, Untrusted[]>();
    for (const [directory, entries] of this.#directories)
      for (const entry of entries) {
        const [, wanter] = /^(.+)\.(?:wants|requires|upholds)$/s.exec(entry) ?? [];
        if (wanter === undefined || !isUnitName(wanter)) continue;
        for (const wanted of listConfig(this.#root, `${directory}/${entry}`, this.#problems)) {
          const known = wanters.get(wanted);
          if (known === undefined) wanters.set(wanted, [wanter]);
          else if (known.length < MAX_WANTERS) known.push(wanter);
        }
      }
    return wanters;
  }

  #keepName(found: Set<Untrusted>, directory: Untrusted, name: Untrusted): void {
    if (isUnitName(name)) found.add(name);
    else addProblem(this.#problems, `${directory}/${name}`, null, "not a valid unit name: systemd ignores it");
  }

  /** The unit that a name stands for and its file; null when masked, dangling or not there. */
  resolve(name: Untrusted, depth = 0): { name: Untrusted; fragment: Untrusted } | null {
    for (const [directory, entries] of this.#directories)
      if (entries.has(name)) return this.#follow(directory, name, depth);
    const template = templateOf(name);
    const instance = instanceOf(name);
    if (template === null || instance === null) return null;
    const found = this.resolve(template, depth + 1);
    return found === null ? null : { name: found.name.replace("@.", () => `@${instance}.`), fragment: found.fragment };
  }

  #follow(directory: Untrusted, name: Untrusted, depth: number): { name: Untrusted; fragment: Untrusted } | null {
    const path = `${directory}/${name}`;
    const root = this.#root;
    return attempt(this.#problems, path, null, () => {
      const link = root.readlink(path);
      if (link === null) return isMask(root, path) ? null : { name, fragment: path };
      const target = root.canonical(link.startsWith("/") ? link : `${directory}/${link}`);
      if (target === null || target === "/dev/null") return null;
      const slash = target.lastIndexOf("/");
      const targetName = target.slice(slash + 1);
      if (!this.#directories.has(target.slice(0, slash))) {
        // A unit file kept elsewhere and linked here (`systemctl link`).
        const real = root.realpath(target);
        return real === null || isMask(root, real) ? null : { name, fragment: real };
      }
      if (depth >= MAX_ALIASES) {
        addProblem(this.#problems, path, null, "too many links: not read");
        return null;
      }
      if (targetName === name) return this.#follow(target.slice(0, slash), name, depth + 1);
      const instance = instanceOf(name);
      const isOwnTemplate = instance !== null && targetName === templateOf(name);
      const found = this.resolve(targetName, depth + 1);
      return found !== null && isOwnTemplate ? { name, fragment: found.fragment } : found;
    });
  }

  /**
   * Drop-in files of a unit with these names, as `unit_file_find_dropin_paths` finds them: `NAME.d`, the template's,
   * the shorter dashed prefixes', then that of the type (`service.d`); of files with one name the first found counts, and all are applied
   * in the order of their names.
   */
  dropIns(names: readonly Untrusted[], type: UnitType): Untrusted[] {
    const byName = new Map<Untrusted, Untrusted>();
    const add = (directory: Untrusted, folder: Untrusted): void => {
      if (!(this.#directories.get(directory)?.has(folder) ?? false)) return;
      for (const file of listConfig(this.#root, `${directory}/${folder}`, this.#problems))
        if (file.endsWith(".conf") && !file.startsWith(".") && !byName.has(file))
          byName.set(file, `${directory}/${folder}/${file}`);
    };
    for (const name of names)
      for (const directory of this.#directories.keys())
        for (const each of prefixChain(name)) add(directory, `${each}.d`);
    for (const directory of this.#directories.keys()) add(directory, `${type}.d`);
    return [...byName]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, path]) => path)
      .filter((path) => !attempt(this.#problems, path, false, () => this.#root.readlink(path) === "/dev/null"));
  }
}

/** An empty unit file masks the unit as a link to /dev/null does. */
function isMask(root: Root, path: Untrusted): boolean {
  return root.stat(path)?.size === 0n;
}
