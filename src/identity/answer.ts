import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import { isShipped, type Digests } from "./digests.ts";
import { ownership } from "./ownership.ts";
import type { Ownership, PackageDatabase, ShippedDigest } from "./package-database.ts";
import { lastName } from "./places.ts";
import { reason } from "./reasons.ts";
import { findNamesake } from "./twins.ts";
import type { Reason } from "./types.ts";
import type { DatabaseState } from "./verdict.ts";

/** The root that is judged in, its package database, and how far that can be trusted. */
export interface Surrounding {
  root: Root;
  database: PackageDatabase | null;
  state: DatabaseState;
}

/** Who answers for the content behind a path, and what the path itself says for or against that. */
export interface Answer {
  owned: { by: Ownership; shipped: ShippedDigest | null } | null;
  diverted: boolean;
  reasons: Reason[];
}

/**
 * Who answers for the content behind an entry. The entry's own package, when it recorded a digest for it; else, for a
 * link, the package of the file that it leads to: a link has no content of its own to compare. `digests`: of the content,
 * or null when it could not be read.
 */
export function answerFor(
  { root, database }: Surrounding,
  entry: Untrusted,
  real: Untrusted,
  digests: Digests | null,
): Answer {
  const answer: Answer = { owned: null, diverted: false, reasons: [] };
  if (database === null) return answer;
  const { owners, alternative } = ownership(root, database, entry);
  const own = alternative === null ? best(database, owners, digests) : null;
  const target = entry === real ? null : best(database, database.ownersOf(real), digests);
  answer.owned = own?.shipped ? own : (target ?? own);
  if (alternative !== null) {
    const { name, target: to, registered } = alternative;
    const code = registered ? "identity.alternative" : "identity.alternative-unregistered";
    answer.reasons.push(reason(code, registered ? "exculpatory" : "medium", { name, target: to }));
  } else if (entry !== real && own === null) {
    // `ln -s /usr/bin/perl /usr/bin/atd`: a genuine program under the name of another.
    const namesake = findNamesake(root, database, entry);
    const misleads = namesake !== null && root.realpath(namesake.path) !== real;
    answer.reasons.push(reason("identity.symbolic-link", misleads ? "medium" : "weak", { target: real }));
  } else if (entry !== real && own !== null && own.shipped === null && target === null) {
    const packageName = own.by.owner.package;
    answer.reasons.push(reason("identity.link-leaves-package", "medium", { package: packageName, target: real }));
  }
  const diversion = database.diversionOf(entry);
  // A diversion of a path that no package lists diverts nothing, and excuses nothing.
  if (diversion !== null && database.named(lastName(diversion.from)).some(({ path }) => path === diversion.from)) {
    const { from, to, by } = diversion;
    answer.diverted = true;
    answer.reasons.push(reason("identity.diverted", by === null ? "weak" : "exculpatory", { from, to, by }));
  }
  return answer;
}

/** Of several owners the one whose recorded digest fits, or else the first that recorded one, or else the first. */
function best(database: PackageDatabase, owners: readonly Ownership[], digests: Digests | null): Answer["owned"] {
  const all = owners.map((by) => ({ by, shipped: database.shipped(by) }));
  return (
    all.find(({ shipped }) => isShipped(shipped, digests)) ??
    all.find(({ shipped }) => shipped !== null) ??
    all[0] ??
    null
  );
}
