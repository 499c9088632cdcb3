import * as fs from "node:fs";
import { rotatedSets } from "../../formats/rotation.ts";
import { fileSource } from "../../platform/file-source.ts";
import { isUnpackable, packing, readHead, readUnpacked } from "../../formats/input-bytes.ts";
import type { Untrusted } from "../../model/text.ts";
import { errnoOf, reasonOf } from "../../platform/errno.ts";
import type { Root } from "../../platform/root.ts";
import type { Telling } from "../told.ts";

/** So many bytes of the end of a file of records are read: 160,000 records of utmp. */
export const MOST_BYTES = 64 << 20;

/**
 * The end of a binary log and of its rotated files, oldest first, each begun at a multiple of `unit` bytes. Only regular
 * files are opened, never out of the root; what cannot be read is told as a gap.
 */
export async function readRecordFiles(
  root: Root,
  log: Untrusted,
  unit: number,
  telling: Telling,
): Promise<{ path: Untrusted; bytes: Buffer; skipped: number }[]> {
  const folder = log.slice(0, log.lastIndexOf("/"));
  const base = log.slice(folder.length + 1);
  const found: { path: Untrusted; bytes: Buffer; skipped: number }[] = [];
  try {
    const names = (root.list(folder) ?? []).filter((name) => name.startsWith(base)).map((name) => `${folder}/${name}`);
    const paths = rotatedSets(names).find(({ name }) => name === log)?.paths ?? [];
    for (const path of paths) {
      const one = await readOne(root, path, unit, telling);
      if (one !== null) found.push({ path, ...one });
    }
  } catch (error) {
    telling.gap("origin.unreadable", log, reasonOf(error));
  }
  return found;
}

async function readOne(
  root: Root,
  path: Untrusted,
  unit: number,
  telling: Telling,
): Promise<{ bytes: Buffer; skipped: number } | null> {
  let fd: number | null = null;
  try {
    fd = root.open(path);
    if (fd === null) {
      if (root.lstat(path) !== null) telling.gap("origin.no-regular-file", path, "not a regular file");
      return null;
    }
    telling.files.push(path);
    const { size } = fs.fstatSync(fd);
    const packed = packing(readHead(fd));
    if (isUnpackable(packed)) {
      const parts: Uint8Array[] = [];
      let total = 0;
      await readUnpacked(
        packed,
        fd,
        (bytes) => {
          parts.push(Uint8Array.from(bytes));
          total += bytes.length;
          return total < MOST_BYTES;
        },
        () => undefined,
      );
      if (total >= MOST_BYTES) telling.gap("origin.too-long", path, `only ${MOST_BYTES} bytes of it are read`);
      return { bytes: Buffer.concat(parts), skipped: 0 };
    }
    const over = Math.max(0, size - MOST_BYTES);
    const skipped = Math.ceil(over / unit) * unit;
    if (skipped > 0) telling.gap("origin.too-long", path, `only the last ${size - skipped} bytes of it are read`);
    return { bytes: Buffer.from(fileSource(fd)(skipped, size - skipped)), skipped };
  } catch (error) {
    telling.gap(errnoOf(error).startsWith("Z_") ? "origin.damaged" : "origin.unreadable", path, reasonOf(error));
    return null;
  } finally {
    if (fd !== null) fs.closeSync(fd);
  }
}
