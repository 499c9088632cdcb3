import type { InspectedFile } from "./file-facts.ts";
import { reason } from "./reasons.ts";
import type { Reason } from "./types.ts";

/**
 * What a file's look says when no package vouches for its content. Weights follow how often the trait was counted among
 * 723 packaged ELF programs of a clean Debian 12: no build-id 0, 32-bit 0, entropy above 7.2 0, a mode other than 0755
 * with or without set-id bits 0, a fraction of a second in mtime 0 (of 1,122), not stripped 3, no interpreter 36.
 */
export function traits(file: InspectedFile, surroundings: Surroundings): Reason[] {
  const traitsOfPackaged = surroundings.ruled ? [...unusualMode(file), ...timeTraits(file, surroundings)] : [];
  return [...rightsTraits(file), ...traitsOfPackaged, ...elfTraits(file, surroundings)];
}

export interface Surroundings {
  /** Whether packages fill its directory, so that it should look like their files. */
  ruled: boolean;
  /** Architecture of the packages (`amd64`), or null. */
  architecture: string | null;
  /** Whether a package was installed about when the inode was last changed. */
  installedThen: boolean;
}

function rightsTraits({ facts, type }: InspectedFile): Reason[] {
  const found: Reason[] = [];
  if (type === "file" && (facts.flags.includes("setuid") || facts.flags.includes("setgid"))) {
    found.push(reason("identity.set-uid-unowned", "medium", { mode: facts.mode, uid: facts.uid, gid: facts.gid }));
  }
  const attributes = facts.flags.filter((flag) => flag === "immutable" || flag === "append-only");
  if (attributes.length > 0) found.push(reason("identity.immutable", "medium", { flags: attributes.join(" ") }));
  return found;
}

const USUAL_MODES = /^-rw[xs]r-[xs]r-x$/;

function unusualMode({ facts, type }: InspectedFile): Reason[] {
  if (type !== "file" || !/[xs]/.test(facts.mode) || USUAL_MODES.test(facts.mode)) return [];
  return [reason("identity.mode-unusual", "medium", { mode: facts.mode })];
}

const YEAR = 31_556_952n * 1_000_000_000n;

function timeTraits({ facts, mtime, ctime }: InspectedFile, { installedThen }: Surroundings): Reason[] {
  const found: Reason[] = [];
  if (mtime % 1_000_000_000n !== 0n)
    found.push(reason("identity.mtime-has-nanoseconds", "medium", { mtime: facts.mtime }));
  const years = Number((ctime - mtime) / YEAR);
  if (years >= 2 && !installedThen) {
    const { mtime: written, ctime: changed } = facts;
    found.push(reason("identity.ctime-years-after-mtime", "medium", { mtime: written, ctime: changed, years }));
  }
  return found;
}

/** Names that package managers give to 64-bit architectures. */
const ARCHITECTURES_64 = /^(?:amd64|x86_64|ppc|s390x|ia64|alpha|sparc64$|x32$)|64/;

function elfTraits({ elf, facts, elfProblems }: InspectedFile, { architecture }: Surroundings): Reason[] {
  if (elf === null) return [];
  const found: Reason[] = [];
  if (elf.bits === 32 && architecture !== null && ARCHITECTURES_64.test(architecture)) {
    found.push(reason("identity.elf-32-on-64", "medium", { machine: elf.machine, architecture }));
  }
  const program = elf.type === "EXEC" || elf.type === "DYN";
  if (program && elf.buildId === null) found.push(reason("identity.no-build-id", "medium", {}));
  if (program && elf.static) found.push(reason("identity.static", "weak", { size: facts.size }));
  if (elf.stripped) found.push(reason("identity.stripped", "weak", {}));
  else found.push(reason("identity.not-stripped", "weak", {}));
  if (elf.entropy > 7.2) found.push(reason("identity.high-entropy", "weak", { entropy: elf.entropy }));
  if (elfProblems.length > 0) found.push(reason("identity.elf-damaged", "weak", { problems: elfProblems.join("; ") }));
  return found;
}

/** How a suspect differs from the packaged program whose name it bears. */
export function differences(suspect: InspectedFile, genuine: InspectedFile): Reason[] {
  const found: Reason[] = [];
  const [a, b] = [suspect.facts, genuine.facts];
  const ratio = b.size === 0 ? 0 : a.size / b.size;
  if (ratio >= 2 || (ratio > 0 && ratio <= 0.5)) {
    const weight = ratio >= 10 || ratio <= 0.1 ? "medium" : "weak";
    const rounded = Number(ratio.toPrecision(3));
    found.push(reason("identity.size-ratio", weight, { suspect: a.size, genuine: b.size, ratio: rounded }));
  }
  if (a.mode !== b.mode) found.push(reason("identity.mode-differs", "medium", { suspect: a.mode, genuine: b.mode }));
  if (a.uid !== b.uid || a.gid !== b.gid) {
    const [suspectOwner, genuineOwner] = [`${a.uid}:${a.gid}`, `${b.uid}:${b.gid}`];
    found.push(reason("identity.owner-differs", "medium", { suspect: suspectOwner, genuine: genuineOwner }));
  }
  if (suspect.mtime !== genuine.mtime) {
    found.push(reason("identity.mtime-differs", "weak", { suspect: a.mtime, genuine: b.mtime }));
  }
  const [format, genuineFormat] = [formatOf(suspect), formatOf(genuine)];
  if (format !== genuineFormat) {
    found.push(reason("identity.format-differs", "medium", { suspect: format, genuine: genuineFormat }));
  }
  return found;
}

function formatOf({ elf, content }: InspectedFile): string {
  if (elf !== null) return "ELF";
  if (content === null) return "unread";
  return content.head[0] === 0x23 && content.head[1] === 0x21 ? "script" : "data";
}
