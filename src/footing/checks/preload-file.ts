import { fromBytes, type Untrusted } from "../../model/text.ts";
import { reasonOf } from "../../platform/errno.ts";
import type { FootingCheck, Looked } from "../types.ts";

const FILE = "/etc/ld.so.preload";

/** ld.so.preload puts libraries into every program, this one among them (ld.so(8)). Hardly any host has one. */
export const preloadFile: FootingCheck = ({ root, examiner }) => {
  const looked: Looked = { findings: [], gaps: [] };
  try {
    const stat = root.lstat(FILE);
    if (stat === null) return looked;
    const content = root.read(FILE, 65_536);
    if (content === null) {
      looked.findings.push({ code: "footing.preload-strange", args: { file: FILE }, weight: "strong" });
      return looked;
    }
    const libraries = wordsOf(fromBytes(content));
    if (libraries.length === 0) return looked;
    const unowned = libraries.filter((library) => !library.startsWith("/") || examiner.ownerOf(library) === null);
    looked.findings.push({
      code: unowned.length > 0 ? "footing.preload-unowned" : "footing.preload",
      args: { file: FILE, libraries: (unowned.length > 0 ? unowned : libraries).slice(0, 5) },
      weight: unowned.length > 0 ? "strong" : "medium",
    });
  } catch (error) {
    looked.gaps.push({ code: "footing.unreadable", what: FILE, why: reasonOf(error), remedy: null });
  }
  return looked;
};

/** Names apart by blanks, colons and lines; `#` begins a comment (glibc elf/rtld.c). */
export function wordsOf(text: Untrusted): Untrusted[] {
  const words = text.replace(/#.*/g, "").split(/[\s:]+/);
  return [...new Set(words.filter((word) => word !== ""))];
}
