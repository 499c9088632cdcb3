import { linesOf } from "../../src/identity/listed-database.ts";
import { LOCAL, packagesOf } from "../../src/identity/pacman/local.ts";
import { emptyLedger } from "../../src/model/ledger.ts";
import { atOnce } from "../../src/model/steps.ts";
import { memoryRoot, partsOf } from "../memory-root.ts";
import { must } from "../must.ts";

/** Larger inputs find nothing that smaller ones do not. */
export const most = 2048;

/** A folder of pacman's local database: desc, files and mtree, zero bytes between them. */
export function fuzz(data: Uint8Array): void {
  const [desc, files, mtree] = partsOf(data, 3) as [Uint8Array, Uint8Array, Uint8Array];
  const folder = `${LOCAL}/at-3.2-1`;
  const root = memoryRoot(
    new Map([
      [`${folder}/desc`, desc],
      [`${folder}/files`, files],
      [`${folder}/mtree`, mtree],
    ]),
  );
  const ledger = emptyLedger("pacman", null);
  const { packages, complete } = atOnce(packagesOf(root, ledger));
  must(packages.length === ledger.events && ledger.events + ledger.skipped === 1, "the folder is not accounted for");
  must(complete === (ledger.skipped === 0), "complete, and something was skipped");
  for (const one of packages) {
    for (const path of [...linesOf(one.list)].slice(0, 50)) {
      must((one.record(path)?.mode ?? 0) <= 0o7777, "a mode that is none");
      one.shipped(path);
    }
    for (const [path, { algorithm, hex }] of [...one.digests()].slice(0, 50))
      must(one.find({ [algorithm]: hex }) !== null, `no path has the digest of ${path}`);
  }
}
