import { fromBytes, type Untrusted } from "../model/text.ts";
import { offsetOf, readDynamic, segmentOf, Tag } from "./dynamic.ts";
import { Fields, readElfFile, type ByteSource, type ElfFile } from "./elf-file.ts";
import { symbolCount } from "./symbol-count.ts";
import { readVersions, type SymbolVersion } from "./symbol-versions.ts";

const PF_X = 1;
const SHN_UNDEF = 0;
const SHN_ABS = 0xfff1;
/** More than any library has: libLLVM exports some 40,000, chromium 20,000. */
const MAX_SYMBOLS = 1 << 18;
const MAX_STRINGS = 64 << 20;
const LONGEST_NAME = 4096;
const KINDS: Readonly<Record<number, SymbolKind>> = { 1: "object", 2: "function", 6: "tls", 10: "ifunc" };

/** st_info's type. An `ifunc` (STT_GNU_IFUNC) is a function that picks another at load time: its code is not the function. */
export type SymbolKind = "function" | "ifunc" | "object" | "tls" | "other";

interface NamedSymbol {
  name: Untrusted;
  kind: SymbolKind;
  /** STB_WEAK: another definition may come first, a missing one is no error. */
  weak: boolean;
  /** `GLIBC_2.2.5`, or null for symbols without version. */
  version: Untrusted | null;
}

/** Something that this file defines for others. */
export interface DefinedSymbol extends NamedSymbol {
  /**
   * The version that programs linked today get: `name@@VERSION` in readelf. True for symbols without version, false for a
   * program's copy of a library's variable, which bears the library's version.
   */
  defaultVersion: boolean;
  value: number;
  size: number;
  /**
   * Where its bytes are in the file (value - p_vaddr + p_offset of its segment), which is what a uprobe wants. Null when
   * it is in no segment that is loaded from the file (`.bss`, absolute and thread-local symbols).
   */
  fileOffset: number | null;
  /** Whether that place is in an executable segment. */
  executable: boolean;
}

/** Something that this file takes from others. */
export interface ImportedSymbol extends NamedSymbol {
  /** The library that the version is asked from (`libc.so.6`, verneed); null for symbols without version. */
  library: Untrusted | null;
}

/** What the dynamic symbol table says. Local symbols (sections, mostly) are left out. */
export interface DynamicSymbols {
  bits: 32 | 64;
  /** e_machine, e.g. 62 for x86_64. */
  machine: number;
  defined: DefinedSymbol[];
  imported: ImportedSymbol[];
  /** What was damaged or too large; the rest was read all the same. */
  problems: string[];
}

/**
 * Reads the dynamic symbols of a program or library, as the loader finds them: through the dynamic section, so also where
 * the section table was stripped. Null when it is not ELF; empty lists for a static program. Never throws for its content.
 */
export function readDynamicSymbols(source: ByteSource): DynamicSymbols | null {
  const file = readElfFile(source);
  if (file === null) return null;
  const { bits, machine, problems } = file;
  const symbols: DynamicSymbols = { bits, machine, defined: [], imported: [], problems };
  const dynamic = readDynamic(source, file);
  const place = (tag: number): number | null => {
    const address = dynamic.get(tag)?.at(-1);
    return address === undefined ? null : offsetOf(address, file);
  };
  const table = place(Tag.symtab);
  const strings = place(Tag.strtab);
  if (dynamic.size === 0) return symbols;
  if (table === null || strings === null) {
    problems.push("the dynamic symbols or their names are in no segment");
    return symbols;
  }
  const entry = bits === 64 ? 24 : 16;
  const said = symbolCount(source, file, table, { hash: place(Tag.hash), gnuHash: place(Tag.gnuHash) });
  const bytes = source(table, Math.min(said, MAX_SYMBOLS) * entry);
  const fields = new Fields(bytes, file.littleEndian);
  const count = Math.floor(bytes.length / entry);
  if (count < said) problems.push(`${count} of ${said} dynamic symbols can be read`);
  const names = source(strings, Math.min(dynamic.get(Tag.strsz)?.at(-1) ?? MAX_STRINGS, MAX_STRINGS));
  const versions = readVersions(source, file, dynamic, count, (at) => nameAt(names, at));
  for (let index = 1; index < count; index++) {
    const symbol = readSymbol(fields, index * entry, file);
    if (symbol.binding === 0) continue;
    const name = nameAt(names, symbol.name);
    if (name === "") continue;
    const version = versions(index);
    const base = { name, kind: KINDS[symbol.type] ?? "other", weak: symbol.binding === 2 } as const;
    if (symbol.section === SHN_UNDEF) symbols.imported.push({ ...base, ...ofImport(version) });
    else symbols.defined.push({ ...base, ...ofDefinition(version), ...placeOf(symbol, file) });
  }
  return symbols;
}

interface RawSymbol {
  name: number;
  binding: number;
  type: number;
  section: number;
  value: number;
  size: number;
}

/** Elf64_Sym and Elf32_Sym have the same fields in different order. */
function readSymbol(fields: Fields, at: number, file: ElfFile): RawSymbol {
  const wide = file.bits === 64;
  const info = fields.byte(at + (wide ? 4 : 12));
  return {
    name: fields.word(at),
    binding: info >> 4,
    type: info & 15,
    section: fields.half(at + (wide ? 6 : 14)),
    value: fields.long(at + (wide ? 8 : 4), file.bits),
    size: fields.long(at + (wide ? 16 : 8), file.bits),
  };
}

function placeOf(
  symbol: RawSymbol,
  file: ElfFile,
): Pick<DefinedSymbol, "value" | "size" | "fileOffset" | "executable"> {
  const { value, size, section, type } = symbol;
  const segment = section === SHN_ABS || KINDS[type] === "tls" ? undefined : segmentOf(value, file);
  const fileOffset = segment === undefined ? null : segment.offset + (value - segment.address);
  return { value, size, fileOffset, executable: ((segment?.flags ?? 0) & PF_X) !== 0 };
}

function ofImport(version: SymbolVersion | null): Pick<ImportedSymbol, "version" | "library"> {
  return { version: version?.name ?? null, library: version?.library ?? null };
}

function ofDefinition(version: SymbolVersion | null): Pick<DefinedSymbol, "version" | "defaultVersion"> {
  return {
    version: version?.name ?? null,
    defaultVersion: version === null || (!version.hidden && version.library === null),
  };
}

function nameAt(names: Uint8Array, at: number): Untrusted {
  if (at >= names.length) return "";
  const end = names.indexOf(0, at);
  return fromBytes(names.subarray(at, Math.min(end < 0 ? names.length : end, at + LONGEST_NAME)));
}
