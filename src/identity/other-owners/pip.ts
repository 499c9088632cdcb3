import type { Root } from "../../platform/root.ts";
import type { Untrusted } from "../../model/text.ts";
import { digestAt, entriesOf, textOf } from "./read.ts";
import type { OtherOwner } from "./types.ts";

const MOST_PACKAGES = 4096;
/** Of all packages together: each path is resolved. */
const MOST_FILES = 1 << 18;

interface Recorded {
  package: Untrusted;
  version: Untrusted;
  record: Untrusted;
  /** base64url without padding; "": none. */
  sha256: string;
}

const known = new WeakMap<Root, Map<Untrusted, Recorded>>();

/**
 * Packages of Python: NAME-VERSION.dist-info/RECORD lists `path,sha256=DIGEST,size`, paths from the folder of packages on
 * (packaging.python.org, "Recording installed projects").
 */
export const pip: OtherOwner = {
  id: "pip",
  claim(root, real) {
    if (!/\/bin\/|\/(?:site|dist)-packages\//.test(real)) return null;
    const found = recordsOf(root).get(real);
    if (found === undefined) return null;
    const { sha256, ...claim } = found;
    const asRecorded = sha256 === "" ? null : digestAt(root, real, "sha256")?.toString("base64url") === sha256;
    return { ...claim, asRecorded };
  },
};

function recordsOf(root: Root): Map<Untrusted, Recorded> {
  let records = known.get(root);
  if (records !== undefined) return records;
  known.set(root, (records = new Map()));
  const libraries = ["/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64"];
  const folders = libraries
    .flatMap((library) => entriesOf(root, library).filter((path) => /\/python\d[\d.]*$/.test(path)))
    .flatMap((python) => [`${python}/site-packages`, `${python}/dist-packages`]);
  const packages = folders.flatMap((folder) => entriesOf(root, folder).filter((path) => path.endsWith(".dist-info")));
  for (const info of packages.slice(0, MOST_PACKAGES)) readRecord(root, info, records);
  return records;
}

function readRecord(root: Root, info: Untrusted, records: Map<Untrusted, Recorded>): void {
  const [, folder = "", name = "", version = ""] = /^(.*)\/([^/]+)-([^/-]+)\.dist-info$/.exec(info) ?? [];
  const record = `${info}/RECORD`;
  for (const line of textOf(root, record).split("\n")) {
    // A name with a comma is quoted; programs have none.
    const [, path = "", sha256 = ""] = /^([^",]+),(?:sha256=([\w-]+))?,\d*\r?$/.exec(line) ?? [];
    if (path === "") continue;
    if (records.size >= MOST_FILES) return;
    const real = root.realpath(path.startsWith("/") ? path : `${folder}/${path}`);
    if (real !== null) records.set(real, { package: name, version, record, sha256 });
  }
}
