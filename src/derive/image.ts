import type { Abi } from "../model/events.ts";
import type { PendingFork } from "./pending-forks.ts";
import type { Untrusted } from "../model/text.ts";

/** A program as processes run it: one object for all processes that share it, named by the best source so far. */
export interface Image {
  readonly id: number;
  /** The file, or null while only a task name is known. */
  exe: Untrusted | null;
  /** Task name (15 bytes, settable by the process itself): a label, never an identity. */
  comm: Untrusted;
  abi: Abi | null;
  /** Mount namespace in which a process of it was last seen, or null. */
  mountNamespace: string | null;
  /** The last fork of a process of it whose child has not turned up. */
  pending: PendingFork | null;
  /** Arguments of up to three of its execs. */
  argvExamples: Untrusted[][];
}

/** Interns images by file name, and by task name for processes whose file is not known (yet). */
export class Images {
  readonly #byExe = new Map<Untrusted, Image>();
  readonly #byComm = new Map<Untrusted, Image>();
  #next = 0;
  /** Programs beyond the bound share this one; a host runs a few thousand different files at most. */
  readonly other: Image = this.#create(null, "(other programs)");

  byExe(exe: Untrusted, comm: Untrusted): Image {
    const known = this.#byExe.get(exe);
    if (known !== undefined) {
      if (known.comm === "") known.comm = comm;
      return known;
    }
    if (this.#byExe.size >= MAX_IMAGES) return this.other;
    const image = this.#create(exe, comm);
    this.#byExe.set(exe, image);
    return image;
  }

  byComm(comm: Untrusted): Image {
    const known = this.#byComm.get(comm);
    if (known !== undefined) return known;
    if (this.#byComm.size >= MAX_IMAGES) return this.other;
    const image = this.#create(null, comm);
    this.#byComm.set(comm, image);
    return image;
  }

  /** The file behind an image known by task name only was found: all its processes have that name from now on. */
  name(image: Image, exe: Untrusted): Image {
    if (image.exe !== null || image === this.other) return image;
    image.exe = exe;
    if (!this.#byExe.has(exe) && this.#byExe.size < MAX_IMAGES) this.#byExe.set(exe, image);
    this.#byComm.delete(image.comm);
    return image;
  }

  #create(exe: Untrusted | null, comm: Untrusted): Image {
    return { id: this.#next++, exe, comm, abi: null, mountNamespace: null, pending: null, argvExamples: [] };
  }
}

const MAX_IMAGES = 8192;
