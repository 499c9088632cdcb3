import type { Abi } from "../model/events.ts";
import type { PendingFork } from "./pending-forks.ts";
import type { Untrusted } from "../model/text.ts";

/** Where a process was seen to have its root. */
export interface Whereabouts {
  mountNamespace?: string | null;
  root?: Untrusted | null;
  /** Null: "/" is no mount. Absent: not told. */
  rootMount?: Untrusted | null;
}

/**
 * Where a file name means something: what is mounted at "/" and, for a chroot, the directory that is "/" in its mount
 * namespace. The same path in two containers is two files, so it is two programs. Namespaces alone do not tell: a service
 * with PrivateTmp gets a new one at every start, with the host's files.
 */
export interface Place {
  /** 0: unknown. */
  readonly id: number;
  /** Mount namespace in which it was seen first (`mnt:[4026531841]`); null: unknown. */
  readonly mountNamespace: string | null;
  /** What is mounted at "/"; null: unknown, or a chroot. */
  readonly rootMount: Untrusted | null;
  /** Root directory within the namespace, as /proc/PID/root names it; "/" but for a chroot. */
  readonly root: Untrusted;
}

/** A program as processes run it: one object for all processes that share it, named by the best source so far. */
export interface Image {
  readonly id: number;
  /** The file, or null while only a task name is known. */
  exe: Untrusted | null;
  /** Task name (15 bytes, settable by the process itself): a label, never an identity. */
  comm: Untrusted;
  /** The script that it runs, where an interpreter executed itself with another one: two scripts are two programs. */
  readonly script: Untrusted | null;
  /** What /proc names as the program of a process of it, where that is another file: the interpreter of a script. */
  runs: Untrusted | null;
  abi: Abi | null;
  /** Where its file lies. Inherited at fork and exec until somebody looks. */
  place: Place;
  /** Whether a process of it was met at that place, so that it is more than inherited. */
  met: boolean;
  /** Mount namespace of `place`, or null. */
  mountNamespace: string | null;
  /** Cgroups in which processes of it were met when they were looked up, with their number; at most `MAX_CGROUPS`. */
  cgroups: Map<Untrusted, number> | null;
  /** The last fork of a process of it whose child has not turned up. */
  pending: PendingFork | null;
  /** Whose children run it, for a program that nobody could name: they executed something that was gone before a look. */
  readonly unseenChildOf: Image | null;
  /** Arguments of up to three of its execs. */
  argvExamples: Untrusted[][];
}

/** Programs of one place by file name, and by task name for processes whose file is not known (yet). */
class Programs implements Place {
  readonly byExe = new Map<Untrusted, Image>();
  readonly byComm = new Map<Untrusted, Image>();
  readonly id: number;
  readonly mountNamespace: string | null;
  readonly rootMount: Untrusted | null;
  readonly root: Untrusted;

  constructor(id: number, { mountNamespace, root, rootMount }: Whereabouts) {
    this.id = id;
    this.mountNamespace = mountNamespace ?? null;
    this.rootMount = rootMount ?? null;
    this.root = root ?? "/";
  }
}

/** Interns images by place and file name, and by task name for processes whose file is not known (yet). */
export class Images {
  /** The place of processes of which nobody has told one. */
  readonly nowhere: Place = new Programs(0, {});
  readonly #places = new Map<string, Programs>();
  readonly #unseen = new Map<Image, Image>();
  readonly #mounts = new Map<string, Untrusted>();
  readonly #lines = new Map<Untrusted, Image[]>();
  #next = 0;
  #named = 0;
  #labelled = 0;
  #placesMade = 0;
  /** Programs beyond the bound share this one; a host runs a few thousand different files at most. */
  readonly other: Image = this.#create(null, "(other programs)", this.nowhere);
  readonly #limit: number;

  /** `limit`: files, and task names, that are kept apart. */
  constructor(limit: number = MAX_IMAGES) {
    this.#limit = limit;
  }

  /** The place where a process was seen; `nowhere` when nothing tells. */
  place(where: Whereabouts): Place {
    const key = this.#keyOf(where);
    if (key === null) return this.nowhere;
    let place = this.#places.get(key);
    if (place === undefined) {
      if (this.#places.size >= MAX_PLACES) return this.nowhere;
      this.#places.set(key, (place = new Programs(++this.#placesMade, where)));
    }
    return place;
  }

  /** A process may end while it is looked at, so that only its namespace is told: others have told what is mounted there. */
  #keyOf(where: Whereabouts): string | null {
    const key = placeKey(where);
    const { mountNamespace, root, rootMount } = where;
    if (!mountNamespace || (root && root !== "/")) return key;
    const known = this.#mounts.get(mountNamespace);
    // Cases of older versions tell the namespace alone.
    if (rootMount === null || root === undefined) return known ?? key;
    if (rootMount === undefined) return known ?? null;
    if (known !== rootMount && this.#mounts.size < MAX_PLACES) this.#mounts.set(mountNamespace, rootMount);
    return key;
  }

  /** `script` tells programs of one interpreter apart. */
  byExe(exe: Untrusted, comm: Untrusted, place: Place = this.nowhere, script: Untrusted | null = null): Image {
    const { byExe } = place as Programs;
    const key = script === null ? exe : `${exe}\0${script}`;
    const known = byExe.get(key);
    if (known !== undefined) {
      if (known.comm === "") known.comm = comm;
      return known;
    }
    if (this.#named >= this.#limit) return this.other;
    this.#named++;
    const image = this.#create(exe, comm, place, null, script);
    byExe.set(key, image);
    return image;
  }

  byComm(comm: Untrusted, place: Place = this.nowhere): Image {
    const { byComm } = place as Programs;
    const known = byComm.get(comm);
    if (known !== undefined) return known;
    if (this.#labelled >= this.#limit) return this.other;
    this.#labelled++;
    const image = this.#create(null, comm, place);
    byComm.set(comm, image);
    return image;
  }

  /**
   * What children of `spawner` execute without anybody seeing what. One image for each spawner: children of one program
   * mostly run one program, those of two do not. Below two such levels all is one, so that a chain of unseen programs
   * does not make a program of each generation.
   */
  unseen(spawner: Image): Image {
    if (spawner.unseenChildOf?.unseenChildOf != null) return spawner;
    const known = this.#unseen.get(spawner);
    if (known !== undefined) return known;
    if (this.#unseen.size >= this.#limit) return this.other;
    const image = this.#create(null, "", spawner.place, spawner);
    this.#unseen.set(spawner, image);
    return image;
  }

  /**
   * The program of a process that was not seen to begin, whose descendants will have it too. Two containers may run
   * programs of one name; where places are told, each of the first few such lines has an image of its own until somebody
   * tells its place. Those that turn out to be one program are joined by name in the end.
   */
  ofLine(comm: Untrusted): Image {
    if (this.#places.size === 0) return this.byComm(comm);
    const lines = this.#lines.get(comm);
    const last = lines?.at(-1);
    if (last !== undefined && (lines as Image[]).length >= MAX_LINES) return last;
    if (this.#labelled >= this.#limit) return this.byComm(comm);
    this.#labelled++;
    const image = this.#create(null, comm, this.nowhere);
    if (lines === undefined) this.#lines.set(comm, [image]);
    else lines.push(image);
    return image;
  }

  /** The file behind an image known by task name only was found: all its processes have that name from now on. */
  name(image: Image, exe: Untrusted): Image {
    if (image.exe !== null || image === this.other || image.unseenChildOf !== null) return image;
    image.exe = exe;
    const { byExe, byComm } = image.place as Programs;
    if (!byExe.has(exe) && this.#named < this.#limit) {
      byExe.set(exe, image);
      this.#named++;
    }
    if (byComm.get(image.comm) === image && byComm.delete(image.comm)) this.#labelled--;
    return image;
  }

  /** All processes of an image turn out to be elsewhere than they were thought to be. */
  move(image: Image, place: Place): void {
    image.mountNamespace = place.mountNamespace;
    if (image.unseenChildOf !== null) {
      image.place = place;
      return;
    }
    const from = image.place as Programs;
    const to = place as Programs;
    const key =
      image.exe === null || image.script === null ? (image.exe ?? image.comm) : `${image.exe}\0${image.script}`;
    const [old, now] = image.exe === null ? [from.byComm, to.byComm] : [from.byExe, to.byExe];
    if (old.get(key) === image) old.delete(key);
    // Where that place has the program already, the two are joined by name in the end.
    if (!now.has(key)) now.set(key, image);
    image.place = place;
  }

  get size(): number {
    return this.#named + this.#labelled + this.#unseen.size;
  }

  /** Forgets those that are not in `used`, and places that only they were at. */
  retain(used: ReadonlySet<Image>): void {
    const places = new Set<Place>([...used].map((image) => image.place));
    this.#named = 0;
    this.#labelled = 0;
    for (const place of [this.nowhere as Programs, ...this.#places.values()]) {
      for (const names of [place.byExe, place.byComm])
        for (const [name, image] of names) if (!used.has(image)) names.delete(name);
      this.#named += place.byExe.size;
      this.#labelled += place.byComm.size;
    }
    for (const [key, place] of this.#places) if (!places.has(place)) this.#places.delete(key);
    for (const [spawner, image] of this.#unseen) if (!used.has(image)) this.#unseen.delete(spawner);
    for (const [comm, images] of this.#lines) {
      const kept = images.filter((image) => used.has(image));
      if (kept.length === 0) this.#lines.delete(comm);
      else this.#lines.set(comm, kept);
      this.#labelled += kept.length;
    }
  }

  #create(
    exe: Untrusted | null,
    comm: Untrusted,
    place: Place,
    unseenChildOf: Image | null = null,
    script: Untrusted | null = null,
  ): Image {
    return {
      id: this.#next++,
      exe,
      comm,
      script,
      runs: null,
      abi: null,
      place,
      met: false,
      mountNamespace: place.mountNamespace,
      cgroups: null,
      pending: null,
      unseenChildOf,
      argvExamples: [],
    };
  }
}

/** /proc tells the word size only; a source that names the instruction set knows more. */
export function isWordSize({ machine, bits }: Abi): boolean {
  return machine === `${bits}-bit`;
}

/** By this two processes have the same place; null when nothing tells. */
export function placeKey({ mountNamespace, root, rootMount }: Whereabouts): string | null {
  if (!mountNamespace) return null;
  return root && root !== "/" ? `${mountNamespace}${root}` : (rootMount ?? mountNamespace);
}

/** Notes that a process of the program was met in a cgroup. */
export function noteCgroup(image: Image, cgroup: Untrusted): void {
  image.cgroups ??= new Map();
  const count = image.cgroups.get(cgroup);
  if (count !== undefined || image.cgroups.size < MAX_CGROUPS) image.cgroups.set(cgroup, (count ?? 0) + 1);
}

const MAX_IMAGES = 8192;
const MAX_PLACES = 4096;
const MAX_CGROUPS = 16;
const MAX_LINES = 8;
