import { reason } from "../identity/reasons.ts";
import { rightsDifferences } from "../identity/metadata.ts";
import type { PackageDatabase } from "../identity/package-database.ts";
import type { Reason } from "../identity/types.ts";
import type { Root } from "../platform/root.ts";
import type { Item } from "./item.ts";
import type { Difference } from "./result.ts";

/** In what a file that was looked at and hashed differs from its record; null: in nothing. */
export function differenceOf(root: Root, database: PackageDatabase, item: Item): Difference | null {
  const { path, by, shipped, stat, hex, error, real } = item;
  const { owner } = by;
  const of = (kind: Difference["kind"], reasons: Reason[]): Difference => ({ path, owner, kind, reasons });
  if (error === "ENOENT")
    return of("missing", [reason("identity.file-missing", "medium", { path, package: owner.package })]);
  if (stat === null || hex === null) {
    const why = error ?? "unread";
    if (item.type !== null)
      return of("replaced", [reason("identity.not-a-regular-file", "medium", { type: item.type })]);
    if (why === "changes") return of("unread", [reason("identity.changes-while-read", "medium", { path })]);
    return of("unread", [reason("identity.cannot-read", "weak", { path, error: why })]);
  }
  const rights = rightsDifferences({ root, database }, real, by, stat);
  if (hex === shipped.hex) return rights.length === 0 ? null : of("rights", rights);
  const { algorithm, hex: recorded } = shipped;
  if (shipped.conffile) {
    const edited = reason("identity.conffile-edited", "weak", { package: owner.package, recorded, found: hex });
    return of("edited", [edited, ...rights]);
  }
  const args = { package: owner.package, algorithm, recorded, found: hex };
  return of("modified", [reason("identity.digest-differs", "strong", args), ...rights]);
}
