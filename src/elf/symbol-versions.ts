import type { Untrusted } from "../model/text.ts";
import { offsetOf, Tag } from "./dynamic.ts";
import { Fields, type ByteSource, type ElfFile } from "./elf-file.ts";

/** Bit of a versym entry: not the version that new programs get (VERSYM_HIDDEN). */
const HIDDEN = 0x8000;
/** VER_FLG_BASE: the entry that names the library itself. */
const BASE = 1;
const MAX_ENTRIES = 4096;

/** The version of one symbol. */
export interface SymbolVersion {
  name: Untrusted;
  /** The library it is asked from; null for versions that this file defines. */
  library: Untrusted | null;
  hidden: boolean;
}

/**
 * Reads the version tables (Linux Standard Base, "Symbol Versioning"): versym gives a number for each symbol, verdef and
 * verneed give those numbers names. The result answers by symbol number; null for symbols without version.
 */
export function readVersions(
  source: ByteSource,
  file: ElfFile,
  dynamic: ReadonlyMap<number, readonly number[]>,
  symbols: number,
  nameAt: (at: number) => Untrusted,
): (symbol: number) => SymbolVersion | null {
  const place = (tag: number): number | null => {
    const address = dynamic.get(tag)?.at(-1);
    return address === undefined ? null : offsetOf(address, file);
  };
  const versym = place(Tag.versym);
  if (versym === null) return () => null;
  const numbers = new Fields(source(versym, symbols * 2), file.littleEndian);
  const known = new Map<number, { name: Untrusted; library: Untrusted | null }>();
  const bound = (tag: number): number => Math.min(dynamic.get(tag)?.at(-1) ?? MAX_ENTRIES, MAX_ENTRIES);
  const record = (at: number, length: number): Fields | null => {
    const fields = new Fields(source(at, length), file.littleEndian);
    return fields.length === length ? fields : null;
  };

  let at = place(Tag.verdef);
  for (let left = bound(Tag.verdefnum); at !== null && left > 0; left--) {
    // Elf_Verdef: version, flags, ndx, cnt (halves), hash, aux, next (words); Elf_Verdaux: name, next.
    const definition = record(at, 20);
    if (definition === null) break;
    const aux = record(at + definition.word(12), 8);
    if (aux !== null && (definition.half(2) & BASE) === 0)
      known.set(definition.half(4), { name: nameAt(aux.word(0)), library: null });
    at = definition.word(16) === 0 ? null : at + definition.word(16);
  }

  at = place(Tag.verneed);
  let budget = MAX_ENTRIES;
  for (let left = bound(Tag.verneednum); at !== null && left > 0; left--) {
    // Elf_Verneed: version, cnt (halves), file, aux, next (words); Elf_Vernaux: hash (word), flags, other (halves), name, next.
    const need = record(at, 16);
    if (need === null) break;
    const library = nameAt(need.word(4));
    let auxAt: number | null = at + need.word(8);
    for (let count = need.half(2); auxAt !== null && count > 0 && budget > 0; count--, budget--) {
      const aux = record(auxAt, 16);
      if (aux === null) break;
      known.set(aux.half(6), { name: nameAt(aux.word(8)), library });
      auxAt = aux.word(12) === 0 ? null : auxAt + aux.word(12);
    }
    at = need.word(12) === 0 ? null : at + need.word(12);
  }

  return (symbol) => {
    if (symbol * 2 + 2 > numbers.length) return null;
    const number = numbers.half(symbol * 2);
    const version = known.get(number & ~HIDDEN);
    return version === undefined ? null : { ...version, hidden: (number & HIDDEN) !== 0 };
  };
}
