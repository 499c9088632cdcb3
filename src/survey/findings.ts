import type { Coverage, IdentifiedFile, SeenAs } from "../identity/result.ts";
import type { IdentityVerdict } from "../identity/types.ts";

/** The worst first. */
const CONCERNS = ["problem", "unsure", "none"];
const VERDICTS = ["memory-only", "impostor", "modified", "deleted", "unpackaged", "unverifiable", "local", "genuine"];

/** What was judged: counts of everything, and each file once that is not in order. */
export class Findings {
  readonly #byFile = new Map<string, IdentifiedFile>();
  readonly #verdicts: Partial<Record<IdentityVerdict, number>> = {};
  #scanned = 0;
  #owned = 0;

  /** Counts a file that is as its package shipped it. */
  asShipped(): void {
    this.#count("genuine", true);
  }

  /** Counts plain local software. */
  local(): void {
    this.#count("local", false);
  }

  /** Counts a judged file and keeps it when something is wrong or cannot be told. */
  add(file: IdentifiedFile, seenAs: readonly SeenAs[]): void {
    this.#count(file.verdict, file.owner !== null);
    if (file.concern === "none") return;
    // Several names of one file are one finding, under the worst of them.
    const key = keyOf(file);
    const known = this.#byFile.get(key);
    if (known === undefined) {
      this.#byFile.set(key, { ...file, seenAs: [...seenAs], alsoAt: [] });
      return;
    }
    const [worse, other] = byConcern(file, known) < 0 ? [file, known] : [known, file];
    const names = new Set([...(known.alsoAt ?? []), other.path]);
    names.delete(worse.path);
    this.#byFile.set(key, {
      ...worse,
      process: worse.process ?? other.process,
      seenAs: [...(known.seenAs ?? []), ...seenAs],
      alsoAt: [...names],
    });
  }

  result(): Pick<Coverage, "scanned" | "owned" | "problems" | "unsure" | "verdicts"> & {
    identities: IdentifiedFile[];
  } {
    const identities = [...this.#byFile.values()].sort(byConcern);
    const count = (concern: string): number => identities.filter((file) => file.concern === concern).length;
    return {
      scanned: this.#scanned,
      owned: this.#owned,
      problems: count("problem"),
      unsure: count("unsure"),
      verdicts: this.#verdicts,
      identities,
    };
  }

  #count(verdict: IdentityVerdict, owned: boolean): void {
    this.#scanned++;
    if (owned) this.#owned++;
    this.#verdicts[verdict] = (this.#verdicts[verdict] ?? 0) + 1;
  }
}

/** One interpreter that runs two scripts is two findings. */
function keyOf({ root, path, file, reasons }: IdentifiedFile): string {
  const subject = reasons.find(({ code }) => code === "identity.runs-script" || code === "identity.run-by-loader");
  const about = subject === undefined ? "" : String(subject.args["path"]);
  return file === null ? `${root} ${path} ${about}` : `${root} ${file.inode} ${file.sha256} ${about}`;
}

function byConcern(a: IdentifiedFile, b: IdentifiedFile): number {
  return (
    CONCERNS.indexOf(a.concern) - CONCERNS.indexOf(b.concern) ||
    VERDICTS.indexOf(a.verdict) - VERDICTS.indexOf(b.verdict) ||
    (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)
  );
}
