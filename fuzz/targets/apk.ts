import { packagesOf } from "../../src/identity/apk/installed.ts";
import { linesOf } from "../../src/identity/listed-database.ts";
import { emptyLedger } from "../../src/model/ledger.ts";
import { atOnce } from "../../src/model/steps.ts";
import { fromBytes } from "../../src/model/text.ts";
import { memoryRoot } from "../memory-root.ts";
import { must } from "../must.ts";

const root = memoryRoot(new Map());

/** Larger inputs find nothing that smaller ones do not. */
export const most = 2048;

/** lib/apk/db/installed: every stanza is a package or is counted as none. */
export function fuzz(data: Uint8Array): void {
  const content = Buffer.from(data);
  const ledger = emptyLedger("apk", null);
  const { packages, complete } = atOnce(packagesOf(content, root, ledger, "installed"));
  const stanzas = fromBytes(content)
    .split(/\n{2,}/)
    .filter((stanza) => stanza.trim() !== "").length;
  must(packages.length === ledger.events && ledger.events + ledger.skipped === stanzas, "stanzas are missing");
  must(complete === (ledger.skipped === 0), "complete, and something was skipped");
  for (const one of packages.slice(0, 20)) {
    for (const path of [...linesOf(one.list)].slice(0, 20)) {
      must((one.record(path)?.mode ?? 0) <= 0o7777, "a mode that is none");
      one.shipped(path);
    }
    for (const [path, { algorithm, hex }] of one.digests())
      must(one.find({ [algorithm]: hex }) !== null, `no path has the digest of ${path}`);
  }
}
