import { readDynamicSymbols } from "../../elf/symbols.ts";
import { bytesSource, readElf } from "../../elf/read-elf.ts";
import { fromBytes, type Untrusted } from "../../model/text.ts";
import { entropyOf } from "../content.ts";

/** One side of a comparison. */
export interface Side {
  size: number;
  /** As ls(1) writes it. */
  mode: string;
  /** `root:root`. */
  owner: Untrusted;
  /** ISO 8601 UTC. */
  mtime: string;
  sha256: string;
  /** Null: too large, or not readable. */
  content: Buffer | null;
}

/** A fact of both sides; null where a side does not have it. */
export interface ComparedFact {
  what: ComparedWhat;
  found: Untrusted | number | null;
  reference: Untrusted | number | null;
  same: boolean;
}

export type ComparedWhat =
  | "size"
  | "sha256"
  | "mode"
  | "owner"
  | "mtime"
  | "format"
  | "machine"
  | "interpreter"
  | "build-id"
  | "libraries"
  | "symbols"
  | "entropy";

/** Two sets of texts beside each other: counts, and some that only one side has. */
export interface SetDifference {
  common: number;
  onlyFound: number;
  onlyReference: number;
  examplesFound: Untrusted[];
  examplesReference: Untrusted[];
}

const EXAMPLES = 8;
const SHORTEST = 6;
const LONGEST = 200;
const MOST_STRINGS = 1 << 18;

/** What both sides say of size, rights, times and ELF headers. */
export function compareFacts(found: Side, reference: Side): ComparedFact[] {
  const [a, b] = [traitsOf(found), traitsOf(reference)];
  return [...a].map(([what, value]) => {
    const other = b.get(what) ?? null;
    return { what, found: value, reference: other, same: value === other };
  });
}

function traitsOf({ size, mode, owner, mtime, sha256, content }: Side): Map<ComparedWhat, Untrusted | number | null> {
  const elf = content === null ? null : (readElf(bytesSource(content))?.facts ?? null);
  const script = content?.[0] === 0x23 && content[1] === 0x21;
  return new Map<ComparedWhat, Untrusted | number | null>([
    ["size", size],
    ["sha256", sha256],
    ["mode", mode],
    ["owner", owner],
    ["mtime", mtime],
    ["format", content === null ? null : elf !== null ? `ELF ${elf.bits} ${elf.type}` : script ? "script" : "data"],
    ["machine", elf?.machine ?? null],
    ["interpreter", elf?.interpreter ?? null],
    ["build-id", elf?.buildId ?? null],
    ["libraries", elf === null ? null : elf.needed.join(" ")],
    ["symbols", elf === null ? null : elf.stripped ? "stripped" : "not stripped"],
    ["entropy", content === null ? null : Math.round(entropyOf(content) * 1000) / 1000],
  ]);
}

/** What both take from libraries, by name; null where one side is no ELF file. */
export function compareImports(found: Side, reference: Side): SetDifference | null {
  const imports = ({ content }: Side): Set<Untrusted> | null => {
    const symbols = content === null ? null : readDynamicSymbols(bytesSource(content));
    return symbols === null ? null : new Set(symbols.imported.map(({ name }) => name));
  };
  const [a, b] = [imports(found), imports(reference)];
  return a === null || b === null ? null : differenceOf(a, b);
}

/** Printable texts of both, of at least six bytes, as strings(1) finds them; null where one side could not be read. */
export function compareStrings(found: Side, reference: Side): SetDifference | null {
  const [a, b] = [found, reference].map(({ content }) => (content === null ? null : stringsOf(content)));
  return a && b ? differenceOf(a, b) : null;
}

function differenceOf(a: ReadonlySet<Untrusted>, b: ReadonlySet<Untrusted>): SetDifference {
  const onlyFound = [...a].filter((one) => !b.has(one));
  const onlyReference = [...b].filter((one) => !a.has(one));
  return {
    common: a.size - onlyFound.length,
    onlyFound: onlyFound.length,
    onlyReference: onlyReference.length,
    examplesFound: telling(onlyFound),
    examplesReference: telling(onlyReference),
  };
}

/** Names of files and hosts before the rest: they say most. */
function telling(texts: readonly Untrusted[]): Untrusted[] {
  const weight = (text: Untrusted): number => (/:\/\//.test(text) ? 0 : /^\/\w+\//.test(text) ? 1 : 2);
  return texts.toSorted((a, b) => weight(a) - weight(b)).slice(0, EXAMPLES);
}

/** Runs of printable ASCII and tabs. */
export function stringsOf(content: Uint8Array): Set<Untrusted> {
  const found = new Set<Untrusted>();
  for (let at = 0, start = 0; at <= content.length; at++) {
    const byte = content[at] ?? 0;
    if ((byte >= 0x20 && byte < 0x7f) || byte === 9) continue;
    if (at - start >= SHORTEST) found.add(fromBytes(content.subarray(start, Math.min(at, start + LONGEST))));
    if (found.size >= MOST_STRINGS) break;
    start = at + 1;
  }
  return found;
}
