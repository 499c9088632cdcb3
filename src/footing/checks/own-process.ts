import * as fs from "node:fs";
import { fromBytes, type Untrusted } from "../../model/text.ts";
import { reasonOf } from "../../platform/errno.ts";
import type { FootingCheck, Ground, Looked } from "../types.ts";
import { wordsOf } from "./preload-file.ts";

/** Variables by which the loader takes up other libraries (ld.so(8)). */
const VARIABLES = ["LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH"] as const;
const MOST_MAPS = 8 << 20;

/** What was put into this process: by its environment, and code of files that nobody answers for. */
export const ownProcess: FootingCheck = (ground) => {
  const looked: Looked = { findings: [], gaps: [] };
  const { self } = ground;
  if (self === null) return looked;
  for (const variable of VARIABLES) {
    const value = self.environment[variable] ?? "";
    const words = wordsOf(value);
    if (words.length === 0) continue;
    const unowned = words.filter((word) => !isOwned(ground, word));
    // A path of libraries is a matter of taste, until something is loaded from it; that is seen below.
    const weight = variable === "LD_LIBRARY_PATH" ? "weak" : unowned.length > 0 ? "strong" : "medium";
    looked.findings.push({ code: "footing.own-preload", args: { variable, libraries: words.slice(0, 5) }, weight });
  }
  try {
    const strange = foreignCode(ground);
    if (strange.length > 0)
      looked.findings.push({ code: "footing.own-code", args: { libraries: strange.slice(0, 5) }, weight: "medium" });
  } catch (error) {
    looked.gaps.push({ code: "footing.unreadable", what: "/proc/self/maps", why: reasonOf(error), remedy: null });
  }
  return looked;
};

function isOwned({ examiner }: Ground, path: Untrusted): boolean {
  return path.startsWith("/") && examiner.ownerOf(path) !== null;
}

/** Files with code mapped into this process that belong to no package, nor to the folder of node or of this program. */
function foreignCode(ground: Ground): Untrusted[] {
  const folder = packageFolder(ground.self?.script ?? "");
  const own = [folderOf(folderOf(process.execPath)), folder, realFolder(`${folder}/node_modules`)].filter(
    (one) => one !== "" && one !== "/" && one !== "/usr",
  );
  const files = new Set<Untrusted>();
  for (const line of maps().split("\n")) {
    // `7f… r-xp 00000000 fe:00 1234   /usr/lib/…`: code is what may be executed.
    const match = /^\S+ ..x. \S+ \S+ [1-9]\d* +(\/.*)$/s.exec(line);
    if (match !== null) files.add(match[1] as string);
  }
  return [...files].filter((file) => !own.some((one) => file.startsWith(`${one}/`)) && !isOwned(ground, file));
}

/** Where its dependencies lie, too: `node_modules` may be beside or above it. */
function packageFolder(script: Untrusted): Untrusted {
  const folder = folderOf(folderOf(script));
  const modules = folder.indexOf("/node_modules/");
  return modules === -1 ? folder : folder.slice(0, modules + "/node_modules".length);
}

/** A checkout may have its dependencies behind a link. */
function realFolder(path: Untrusted): Untrusted {
  try {
    return fs.realpathSync(path);
  } catch {
    return "";
  }
}

function folderOf(path: Untrusted): Untrusted {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function maps(): Untrusted {
  const fd = fs.openSync("/proc/self/maps", "r");
  try {
    const parts: Buffer[] = [];
    for (let total = 0; total < MOST_MAPS;) {
      const part = Buffer.allocUnsafe(65_536);
      const got = fs.readSync(fd, part);
      if (got === 0) break;
      total += got;
      parts.push(part.subarray(0, got));
    }
    return fromBytes(Buffer.concat(parts));
  } finally {
    fs.closeSync(fd);
  }
}
