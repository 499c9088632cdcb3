import { isNdb, ndbBlobs } from "../../src/identity/rpm/ndb.ts";
import { fileBytes, fitsInto } from "../file-bytes.ts";

/** Larger inputs find nothing that smaller ones do not. */
export const most = 8192;

/** rpm's `Packages.db` (openSUSE). */
export function fuzz(data: Uint8Array): void {
  const read = fileBytes(data);
  if (isNdb(read)) fitsInto(Array.from(ndbBlobs(read), ({ blob }) => blob), data); // prettier-ignore
}
