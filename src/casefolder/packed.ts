import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract, type Header } from "tar-stream";
import { DamagedCase } from "./damaged-case.ts";
import { makeFolder, writeAll, type NewFolder } from "./folder.ts";
import { MANIFEST, MANIFEST_DIGEST, PARTS, TRACE } from "./names.ts";

const NAMES = new Set<string>([MANIFEST, MANIFEST_DIGEST, TRACE, ...Object.values(PARTS)]);
const CONFIGURATION = /^files\/\d{4}$/;
/** The largest case: 2 GiB of events, 1 GiB of raw pages, and what goes with them. */
const MOST_BYTES = 4 * 2 ** 30;
/** Deflate makes nothing more than 1032 times smaller; the parts of a case, some of them packed already, stay far below this. */
const MOST_RATIO = 200;
const FREE_BYTES = 64 << 20;
const MOST_ENTRIES = 256;

/**
 * Unpacks a case, as `tar -czf` makes it of its folder, into a new folder that only its owner may enter; the caller removes
 * it. Only the files of a case are taken, under their own names, at the top or inside one folder. Throws `DamagedCase` for an
 * archive that holds anything else (links, devices, names that lead out), the same file twice, or far more than its size
 * lets expect; the system's error when it cannot be read or there is no room. Nothing is left then.
 */
export async function unpackCase(path: string): Promise<string> {
  const parent = fs.mkdtempSync(join(tmpdir(), "whoforks-case-"));
  const folder = makeFolder(join(parent, "case"));
  try {
    await unpackInto(folder, path);
    return parent;
  } catch (error) {
    fs.rmSync(parent, { recursive: true, force: true });
    if (isDamage(error)) throw new DamagedCase(`it cannot be unpacked: ${(error as Error).message}`);
    throw error;
  } finally {
    folder.close();
  }
}

/** Where the parts are inside what `unpackCase` made. */
export function caseInside(unpacked: string): string {
  return join(unpacked, "case");
}

async function unpackInto(folder: NewFolder, path: string): Promise<void> {
  const most = Math.min(MOST_BYTES, fs.statSync(path).size * MOST_RATIO + FREE_BYTES);
  const archive = extract();
  const reading = pipeline(fs.createReadStream(path), createGunzip(), archive);
  // Told below, through the archive; without this an early end would count as nobody's.
  reading.catch(() => undefined);
  let bytes = 0;
  let entries = 0;
  let files = false;
  for await (const entry of archive) {
    if (++entries > MOST_ENTRIES) throw new DamagedCase(`it holds more than ${MOST_ENTRIES} entries`);
    const name = nameOf(entry.header);
    if (name === null) {
      entry.resume();
      continue;
    }
    if (name.includes("/") && !files) {
      folder.makeFolder("files");
      files = true;
    }
    const fd = create(folder, name);
    try {
      for await (const chunk of entry) {
        bytes += (chunk as Buffer).length;
        if (bytes > most) throw new DamagedCase(`it unpacks to more than ${most} bytes`);
        writeAll(fd, chunk as Buffer);
      }
    } finally {
      fs.closeSync(fd);
    }
  }
  await reading;
}

/** Name of the part, or null for a folder. */
function nameOf({ name, type }: Header): string | null {
  if (type === "directory") return null;
  if (type !== "file") throw new DamagedCase(`it holds a ${type ?? "thing of unknown kind"}; a case has only files`);
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  const tail = parts.at(-2) === "files" ? parts.slice(-2).join("/") : (parts.at(-1) ?? "");
  const depth = parts.length - tail.split("/").length;
  const known = NAMES.has(tail) || CONFIGURATION.test(tail);
  if (name.startsWith("/") || parts.includes("..") || depth > 1 || !known)
    throw new DamagedCase("it holds a file that no case has, or that would lie outside of it");
  return tail;
}

function create(folder: NewFolder, name: string): number {
  try {
    return folder.create(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw new DamagedCase(`it holds ${name} twice`);
    throw error;
  }
}

/** Errors of gunzip have codes that begin with Z_, those of the tar reader none. */
function isDamage(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return !(error instanceof DamagedCase) && (code === undefined || code.startsWith("Z_"));
}
