import { signedHeader } from "../../src/archive/rpm-signature.ts";
import { linesOf } from "../../src/identity/listed-database.ts";
import { packageOf } from "../../src/identity/rpm/packages.ts";
import { emptyLedger } from "../../src/model/ledger.ts";
import { must } from "../must.ts";

/** Larger inputs find nothing that smaller ones do not. */
export const most = 4096;

/** A header blob as the database keeps it: the package, its paths with digests and records, the signed part. */
export function fuzz(data: Uint8Array): void {
  const blob = Buffer.from(data);
  const ledger = emptyLedger("rpm", null);
  const found = packageOf(blob, ledger, "");
  must((found === null) === (ledger.skipped === 1), "a package and a skipped header, or neither");
  must((signedHeader(blob)?.signed.length ?? 0) <= blob.length + 16, "more is signed than is there");
  if (found === null) return;
  must(found.owner.package !== "" && found.owner.version !== "", "a package without a name or a version");
  for (const path of [...linesOf(found.list)].slice(0, 50)) {
    const shipped = found.shipped(path);
    must(shipped === null || /^[0-9a-f]+$/.test(shipped.hex), "a digest that is none");
    must((found.record(path)?.mode ?? 0) <= 0o7777, "a mode that is none");
    found.mayBeAbsent?.(path);
  }
  for (const [path, { algorithm, hex }] of [...found.digests()].slice(0, 50))
    must(found.find({ [algorithm]: hex }) !== null, `no path has the digest of ${path}`);
}
