import { fromBytes, type Untrusted } from "../../model/text.ts";
import type { Diversion } from "../package-database.ts";

/**
 * Reads /var/lib/dpkg/diversions: records of three lines, `from`, `to`, and the package that diverts or `:` for the
 * administrator (dpkg's lib/dpkg/db-fsys-divert.c).
 */
export function readDiversions(content: Uint8Array): { diversions: Diversion[]; damaged: Untrusted[] } {
  const lines = fromBytes(content).split("\n");
  if (lines.at(-1) === "") lines.pop();
  const diversions: Diversion[] = [];
  const damaged: Untrusted[] = [];
  for (let at = 0; at < lines.length; at += 3) {
    const [from, to, by] = lines.slice(at, at + 3);
    if (from?.startsWith("/") && to?.startsWith("/") && by) diversions.push({ from, to, by: by === ":" ? null : by });
    else damaged.push(from ?? "");
  }
  return { diversions, damaged };
}

/** Diversions by the places that they empty and fill. */
export class Diversions {
  readonly #listed = new Map<Untrusted, Diversion>();
  readonly #from = new Map<Untrusted, Diversion>();
  readonly #to = new Map<Untrusted, Diversion[]>();

  /** `canonical` gives the real path of an entry. */
  constructor(diversions: readonly Diversion[], canonical: (path: Untrusted) => Untrusted) {
    for (const diversion of diversions) {
      this.#listed.set(diversion.from, diversion);
      this.#from.set(canonical(diversion.from), diversion);
      const to = canonical(diversion.to);
      const there = this.#to.get(to);
      if (there === undefined) this.#to.set(to, [diversion]);
      else there.push(diversion);
    }
  }

  /** Whether the file that `packageName` lists as `listed` is placed elsewhere. dpkg compares names, not real paths. */
  movesAway(listed: Untrusted, packageName: string | undefined): boolean {
    const diversion = this.#listed.get(listed);
    return diversion !== undefined && diversion.by !== packageName;
  }

  /** Where that file is placed. */
  placeOf(listed: Untrusted, packageName: string | undefined): Untrusted {
    return this.movesAway(listed, packageName) ? (this.#listed.get(listed)?.to ?? listed) : listed;
  }

  /** Diversions that place something at this real path. */
  leadingTo(entry: Untrusted): readonly Diversion[] {
    return this.#to.get(entry) ?? [];
  }

  /** The diversion that takes content away from, or brings it to, this real path. */
  at(entry: Untrusted): Diversion | null {
    return this.#from.get(entry) ?? this.leadingTo(entry)[0] ?? null;
  }
}
