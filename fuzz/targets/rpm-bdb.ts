import { bdbBlobs, isBdb } from "../../src/identity/rpm/bdb.ts";
import { fileBytes, fitsInto } from "../file-bytes.ts";

/** Larger inputs find nothing that smaller ones do not. */
export const most = 8192;

/** rpm's `Packages`, a Berkeley DB hash, either byte order. */
export function fuzz(data: Uint8Array): void {
  const read = fileBytes(data);
  if (isBdb(read)) fitsInto(Array.from(bdbBlobs(read), ({ blob }) => blob), data); // prettier-ignore
}
