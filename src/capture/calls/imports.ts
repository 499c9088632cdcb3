import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { readDynamicSymbols, type DefinedSymbol, type ImportedSymbol } from "../../elf/symbols.ts";
import type { Untrusted } from "../../model/text.ts";
import { fileSource } from "../../platform/file-source.ts";

/** A function of a library that a program imports, and where a probe would go. */
export interface ProbePlace {
  name: Untrusted;
  library: Untrusted;
  /** The open library; to be closed by whoever got the list. */
  fd: number;
  offset: number;
  /** e_machine of the library: where arguments stand. */
  machine: number;
}

/** A program whose imports are wanted. Paths are those of this host. */
export interface ProbedProgram {
  path: string;
  /** Where the paths of its libraries lie. */
  root: string;
  /** A living process of it, or one that lives in the same root: what it maps tells the very inodes. */
  pid: number | null;
}

export interface Imports {
  places: ProbePlace[];
  /** Functions that the programs import, probed or not. */
  imported: number;
  /** Every program is statically linked: there is no library. */
  allStatic: boolean;
}

/** More probes cost more memory and time in the kernel than the answer is worth. */
const MOST_PROBES = 48;
/** What tells most about a program that starts programs, in this order. */
const USEFUL = (
  "fork vfork posix_spawn posix_spawnp system popen execve execv execvp execvpe execl execlp execle fexecve clone daemon setsid " +
  "wait waitpid wait3 wait4 waitid exit _exit _Exit quick_exit abort kill killpg raise signal sigaction alarm sleep usleep nanosleep " +
  "prctl setpgid setuid setgid setgroups chroot chdir open open64 openat openat64 fopen fopen64 unlink rename chmod chown mkdir " +
  "socket connect bind listen accept pthread_create dlopen getppid getpid getuid geteuid syscall ptrace pipe pipe2 dup2 close"
).split(" ");
/** Called so often that a trap at each would be felt, and telling nothing about what a program is up to. */
const HOT =
  /^(?:_*(?:mem|str|wcs|wmem|is|to(?:upper|lower)|ctype)|malloc|calloc|realloc|free|__errno|__stack_chk|pthread_mutex|setjmp|_setjmp|__sigsetjmp|longjmp|__libc_start|__cxa|_?IO_|__.*_chk)/;
const PLACES = ["/lib", "/usr/lib", "/lib64", "/usr/lib64", "/usr/local/lib", "/lib32", "/usr/lib32"];

/** The functions that programs import, with the place of each in the library that they map; the most useful first. */
export function importsOf(programs: readonly ProbedProgram[]): Imports {
  const places = new Map<string, ProbePlace>();
  const libraries = new Libraries();
  let imported = 0;
  let allStatic = true;
  for (const program of programs) {
    const functions = importedFunctions(program.path);
    if (functions === null) continue;
    if (functions.length > 0) allStatic = false;
    imported += functions.length;
    for (const symbol of functions) {
      const place = places.size < 512 ? libraries.find(symbol, program) : null;
      if (place !== null) places.set(`${place.library}\0${place.offset}`, place);
    }
  }
  const ranked = [...places.values()].filter(({ name }) => !HOT.test(name)).sort((a, b) => rank(a.name) - rank(b.name));
  const chosen = ranked.slice(0, MOST_PROBES);
  libraries.closeAllBut(new Set(chosen.map(({ fd }) => fd)));
  return { places: chosen, imported, allStatic: allStatic && imported === 0 };
}

function rank(name: Untrusted): number {
  const at = USEFUL.indexOf(name);
  return at < 0 ? USEFUL.length : at;
}

function importedFunctions(path: string): ImportedSymbol[] | null {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch {
    // Gone, or in a root that is gone: the other programs may tell.
    return null;
  }
  try {
    const symbols = readDynamicSymbols(fileSource(fd));
    // Imports often bear no type; what they are the library says.
    return symbols?.imported.filter(({ kind }) => kind === "function" || kind === "other") ?? null;
  } catch {
    return null;
  } finally {
    closeSync(fd);
  }
}

interface Library {
  path: Untrusted;
  fd: number;
  machine: number;
  defined: ReadonlyMap<Untrusted, readonly DefinedSymbol[]>;
}

/** Libraries by inode, each read once. */
class Libraries {
  readonly #ofRoot = new Map<string, Library[]>();
  readonly #byInode = new Map<string, Library | null>();

  find(symbol: ImportedSymbol, program: ProbedProgram): ProbePlace | null {
    const key = `${program.pid ?? ""}\0${program.root}`;
    let libraries = this.#ofRoot.get(key);
    if (libraries === undefined) this.#ofRoot.set(key, (libraries = this.#librariesOf(program)));
    for (const { path, fd, machine, defined } of libraries) {
      if (symbol.library !== null && !path.endsWith(`/${symbol.library}`)) continue;
      const candidates = (defined.get(symbol.name) ?? []).filter(
        // An ifunc's code only picks the function, once.
        ({ kind, executable, fileOffset }) => kind === "function" && executable && (fileOffset ?? 0) > 0,
      );
      const found =
        candidates.find(({ version }) => version === symbol.version) ?? candidates.find((c) => c.defaultVersion);
      if (found !== undefined)
        return { name: symbol.name, library: path, fd, offset: found.fileOffset as number, machine };
    }
    return null;
  }

  closeAllBut(wanted: ReadonlySet<number>): void {
    for (const library of this.#byInode.values())
      if (library !== null && !wanted.has(library.fd)) closeSync(library.fd);
  }

  /** What a living process maps, else the C library and its like where the loader looks for them by default. */
  #librariesOf({ pid, root }: ProbedProgram): Library[] {
    const mapped = pid === null ? [] : mappedFiles(pid);
    const found = mapped.map(({ open, path }) => this.#read(open, path)).filter((one) => one !== null);
    return found.length > 0
      ? found
      : usual(root)
          .map((path) => this.#read(root + path, path))
          .filter((one) => one !== null);
  }

  #read(open: string, path: Untrusted): Library | null {
    let fd: number;
    try {
      fd = openSync(open, "r");
    } catch {
      return null;
    }
    let keep = false;
    try {
      const { dev, ino } = fstatSync(fd);
      const known = this.#byInode.get(`${dev}:${ino}`);
      if (known !== undefined) return known;
      const symbols = readDynamicSymbols(fileSource(fd));
      if (symbols === null) return null;
      const defined = new Map<Untrusted, DefinedSymbol[]>();
      for (const symbol of symbols.defined) {
        const same = defined.get(symbol.name);
        if (same === undefined) defined.set(symbol.name, [symbol]);
        else same.push(symbol);
      }
      const library = { path, fd, machine: symbols.machine, defined };
      this.#byInode.set(`${dev}:${ino}`, library);
      keep = true;
      return library;
    } catch {
      // Unreadable: it is as if it were not mapped.
      return null;
    } finally {
      if (!keep) closeSync(fd);
    }
  }
}

/**
 * Libraries that a process has mapped as code: `7f12…-7f13… r-xp 00028000 08:01 1234  /usr/lib/x86_64-linux-gnu/libc.so.6`.
 * map_files gives the very inode, whatever bears its name by now.
 */
function mappedFiles(pid: number): { open: string; path: Untrusted }[] {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/maps`, "utf8");
  } catch {
    return [];
  }
  const found = new Map<string, { open: string; path: Untrusted }>();
  for (const [, range, path] of text.matchAll(/^([0-9a-f]+-[0-9a-f]+) ..x. \S+ \S+ \d+ +(\/.*)$/gm))
    found.set(path as string, { open: `/proc/${pid}/map_files/${canonical(range as string)}`, path: path as string });
  return [...found.values()];
}

/** Names in map_files have no leading zeros, those in maps may. */
function canonical(range: string): string {
  return range
    .split("-")
    .map((half) => half.replace(/^0+(?=.)/, ""))
    .join("-");
}

/** `libc.so.6` and others of that name where the loader looks by default (ld.so(8)), multiarch folders included. */
function usual(root: string): string[] {
  return PLACES.flatMap((place) => {
    try {
      if (place.length > 4 && readlinkSync(root + place).length > 0) return [];
    } catch {
      // No link: it is looked into.
    }
    return [place, ...subfolders(root, place)].map((folder) => `${folder}/libc.so.6`);
  });
}

function subfolders(root: string, place: string): string[] {
  try {
    return readdirSync(root + place)
      .filter((name) => name.includes("-linux-"))
      .map((name) => `${place}/${name}`);
  } catch {
    return [];
  }
}
