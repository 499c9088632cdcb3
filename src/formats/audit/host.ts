import { fromBytes, type Untrusted } from "../../model/text.ts";
import { ByteInterner } from "./byte-interner.ts";
import { KnownProcesses } from "./known-processes.ts";
import { SerialNumbers } from "./serial-numbers.ts";

/** One host whose records are in the stream. PIDs and serials of different hosts have nothing to do with each other. */
export interface Host {
  id: number;
  /** `node=`, or null for records without one. */
  name: Untrusted | null;
  processes: KnownProcesses;
  serials: SerialNumbers;
}

/** More names than this share one host: a log with so many is not about one host's storm. */
const MOST = 64;

/** The hosts of a stream. */
export class Hosts {
  readonly #byName = new Map<Untrusted, Host>();
  readonly #names = new ByteInterner((bytes, from, to) =>
    this.#get(fromBytes(bytes.subarray(from, Math.min(to, from + 256)))),
  );
  /** For records that name no host. */
  readonly unnamed: Host = newHost(0, null);
  #unnamedUsed = false;

  named(bytes: Uint8Array, from: number, to: number): Host {
    return this.#names.get(bytes, from, to);
  }

  #get(name: Untrusted): Host {
    let host = this.#byName.get(name);
    if (host === undefined) {
      if (this.#byName.size >= MOST) return this.#byName.values().next().value as Host;
      host = newHost(this.#byName.size + 1, name);
      this.#byName.set(name, host);
    }
    return host;
  }

  /** Notes that records without `node=` were there. */
  useUnnamed(): Host {
    this.#unnamedUsed = true;
    return this.unnamed;
  }

  get names(): Untrusted[] {
    return [...this.#byName.keys()];
  }

  /** All hosts whose records came. */
  all(): Host[] {
    return [...(this.#unnamedUsed ? [this.unnamed] : []), ...this.#byName.values()];
  }
}

function newHost(id: number, name: Untrusted | null): Host {
  return { id, name, processes: new KnownProcesses(), serials: new SerialNumbers() };
}
