import * as fs from "node:fs";
import type { Untrusted } from "../../model/text.ts";
import { fileSource } from "../../platform/file-source.ts";
import type { Root } from "../../platform/root.ts";
import { SqliteFile } from "../../platform/sqlite/database.ts";
import { addProblem, attempt } from "./read-config.ts";
import type { Problem } from "../types.ts";

/** Most that one database may have read: pages may be named again and again. */
const MAX_BYTES = 64 << 20;
const SHOWN_DAMAGES = 3;

/**
 * Goes through a database of SQLite, its write-ahead log included, without locking it; damage, also what is written meanwhile, is a
 * problem, and what was found before stands. Nothing where it is not there.
 */
export function readSqlite(
  root: Root,
  file: Untrusted,
  problems: Problem[],
  look: (database: SqliteFile) => void,
): void {
  const open = (path: Untrusted): number | null => attempt(problems, path, null, () => root.open(path));
  const fd = open(file);
  if (fd === null) return;
  const log = open(`${file}-wal`);
  let left = MAX_BYTES;
  const bytes = (from: number) => {
    const read = fileSource(from);
    return (offset: number, length: number) => {
      left -= length;
      return left < 0 ? Buffer.alloc(0) : Buffer.from(read(offset, length));
    };
  };
  try {
    const database = attempt(problems, file, null, () => SqliteFile.open(bytes(fd), log === null ? null : bytes(log)));
    if (database === null) return addProblem(problems, file, null, "no SQLite database");
    attempt(problems, file, undefined, () => look(database));
    for (const damage of database.damaged.slice(0, SHOWN_DAMAGES))
      addProblem(problems, file, null, `damaged: ${damage}`);
    if (left < 0) addProblem(problems, file, null, `more than ${MAX_BYTES} bytes of it: the rest is not read`);
  } finally {
    fs.closeSync(fd);
    if (log !== null) fs.closeSync(log);
  }
}
