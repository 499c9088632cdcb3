import { readFileSync, statSync } from "node:fs";
import { fromBytes, type Untrusted } from "../model/text.ts";
import type { Surrounding } from "./answer.ts";
import { inspectLinked, type InspectedFile } from "./file-facts.ts";
import { isKernelThreadName } from "./kernel-threads.ts";
import { isProgramPath, lastName, placeOf } from "./places.ts";
import { reason } from "./reasons.ts";
import type { Reason, RunningProgram } from "./types.ts";

const LARGEST_MAPS = 4 << 20;
const MOST = 5;

/**
 * What a process says beside its file: whether it runs what stands at its path, what names it gives itself, and which
 * libraries it was given that no package answers for. `file`: what stands at the path, or null to leave that out.
 */
export function runningReasons(
  at: Surrounding,
  path: Untrusted,
  file: InspectedFile | null,
  process: RunningProgram,
): Reason[] {
  const another = anotherFile(path, file, process);
  return [...another, ...names(path, process), ...borrowedName(at, path, process), ...libraries(at, path, process)];
}

function anotherFile(path: Untrusted, file: InspectedFile | null, { exe }: RunningProgram): Reason[] {
  if (file === null || inodeAt(exe) === file.identity) return [];
  const running = inspectLinked(exe);
  if (running === null || running.identity === file.identity) return [];
  // The same content: the process was started before it entered a root that has a copy.
  if (running.content !== null && running.content.sha256 === file.content?.sha256) return [];
  const weight = deviceOf(running) === deviceOf(file) ? "strong" : "medium";
  return [reason("identity.runs-another-file", weight, { path, sha256: running.facts.sha256 })];
}

/** `device:inode` of what a link of /proc leads to, without reading it; null: gone, or not permitted. */
function inodeAt(exe: string): string | null {
  try {
    const { dev, ino } = statSync(exe, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}

function deviceOf({ identity }: InspectedFile): string {
  return identity.slice(0, identity.indexOf(":"));
}

/** Kernel threads have no file: whatever bears their name and has one hides behind it. */
function names(path: Untrusted, { comm, argv0 }: RunningProgram): Reason[] {
  const own = lastName(path.replace(/ \(deleted\)$/, ""));
  const borne = [comm, argv0 ?? ""].find((name) => isKernelThreadName(name) && name !== own);
  return borne === undefined ? [] : [reason("identity.kernel-thread-name", "strong", { name: borne })];
}

/**
 * What no package owns and calls itself as a packaged program does, which is another file: in its task or first argument.
 * Packaged programs are left out: interpreters bear their scripts' names, and multi-call programs those of their links.
 */
function borrowedName(at: Surrounding, path: Untrusted, { comm, argv0 }: RunningProgram): Reason[] {
  const real = path.replace(/ \(deleted\)$/, "");
  const own = lastName(real);
  if (at.database === null || ownerOf(at, real) !== null) return [];
  // `sshd: user [priv]`, and `-bash` of a login.
  const called = /^-?([^\s:]+)/.exec(lastName(argv0 ?? ""))?.[1] ?? "";
  for (const name of [called, comm]) {
    // The kernel keeps 15 bytes of a task's name.
    if (name === "" || own === name || own.slice(0, 15) === name) continue;
    const borrowed = at.database.named(name).find((one) => isProgramPath(one.path) && !isSame(at, one.path, real));
    if (borrowed === undefined) continue;
    const args = { name, package: borrowed.package, path: borrowed.path };
    return [reason("identity.calls-itself-packaged", placeOf(real) === "local" ? "weak" : "medium", args)];
  }
  return [];
}

function isSame({ root }: Surrounding, listed: Untrusted, path: Untrusted): boolean {
  try {
    return root.realpath(listed) === path;
  } catch {
    return false;
  }
}

/** Libraries of LD_PRELOAD and LD_AUDIT (ld.so(8)), and code that is mapped from files which nobody owns. */
function libraries(at: Surrounding, path: Untrusted, process: RunningProgram): Reason[] {
  const found: Reason[] = [];
  const told = new Set<Untrusted>([path]);
  for (const [variable, library] of preloads(process.pid)) {
    const owner = ownerOf(at, library);
    told.add(library);
    const known = owner !== null || (library.startsWith("/") && placeOf(library) === "local");
    found.push(reason("identity.preloaded", known ? "weak" : "strong", { variable, library, package: owner }));
  }
  for (const library of mappedCode(process.pid)) {
    if (told.has(library) || found.length >= MOST) continue;
    told.add(library);
    const place = placeOf(library);
    if (place === "local" || ownerOf(at, library.replace(/ \(deleted\)$/, "")) !== null) continue;
    const weight = place === "temporary" || library.startsWith("/memfd:") ? "strong" : "medium";
    found.push(reason("identity.maps-unowned-code", weight, { library }));
  }
  return found;
}

function ownerOf({ root, database }: Surrounding, library: Untrusted): string | null {
  if (database === null || !library.startsWith("/")) return null;
  try {
    const real = root.realpath(library) ?? library;
    return database.ownersOf(real)[0]?.owner.package ?? null;
  } catch {
    return null;
  }
}

function preloads(pid: number): [string, Untrusted][] {
  const environment = readOf(pid, "environ").split("\0");
  return ["LD_PRELOAD", "LD_AUDIT"].flatMap((variable) => {
    const value = environment.find((text) => text.startsWith(`${variable}=`))?.slice(variable.length + 1) ?? "";
    // LD_PRELOAD is separated by blanks or colons, LD_AUDIT by colons.
    return value
      .split(/[ :]+/)
      .filter((library) => library !== "")
      .slice(0, MOST)
      .map((library): [string, Untrusted] => [variable, library]);
  });
}

/** Files with executable mappings (proc_pid_maps(5)), each once. */
function mappedCode(pid: number): Set<Untrusted> {
  const files = new Set<Untrusted>();
  for (const line of readOf(pid, "maps").split("\n")) {
    const file = /^\S+ ..x. \S+ \S+ \d+ +(\/.*)$/.exec(line)?.[1];
    // The kernel writes a newline in a name as `\012`.
    if (file !== undefined) files.add(file.replaceAll("\\012", "\n"));
  }
  return files;
}

/** Nothing where the process is gone or may not be looked into: what is not seen is not held against it. */
function readOf(pid: number, file: "environ" | "maps"): Untrusted {
  try {
    return fromBytes(readFileSync(`/proc/${pid}/${file}`).subarray(0, LARGEST_MAPS));
  } catch {
    return "";
  }
}
