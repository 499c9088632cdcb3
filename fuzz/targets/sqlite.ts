import { SqliteFile } from "../../src/platform/sqlite/database.ts";
import { fileBytes } from "../file-bytes.ts";
import { must } from "../must.ts";

/** Larger inputs find nothing that smaller ones do not. */
export const most = 8192;

/** An SQLite database with its write-ahead log behind it: pages by the head's own count, then the log. */
export function fuzz(data: Uint8Array): void {
  const bytes = Buffer.from(data);
  const size = bytes.length < 32 ? 0 : bytes.readUInt16BE(16) * bytes.readUInt32BE(28);
  const file = SqliteFile.open(fileBytes(bytes.subarray(0, size)), fileBytes(bytes.subarray(size)));
  if (file === null) return;
  const page = file.rootOf("Packages");
  let values = 0;
  for (const row of page === null ? [] : file.rows(page)) {
    for (const value of row) if (Buffer.isBuffer(value)) values += value.length;
  }
  must(values <= data.length, "the values are longer than the file");
  for (const row of file.records("Packages", 1000)) must(row.size <= 32_767, "more columns than a table may have");
}
