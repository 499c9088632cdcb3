import { bytesSource, readElf } from "../../src/elf/read-elf.ts";
import { readDynamicSymbols } from "../../src/elf/symbols.ts";
import { must } from "../must.ts";

/** An ELF file: headers, notes, what it needs, its dynamic symbols. */
export function fuzz(data: Uint8Array): void {
  const bytes = Uint8Array.from(data);
  const source = bytesSource(bytes);
  const reading = readElf(source);
  const symbols = readDynamicSymbols(source);
  if (reading === null) return;
  must(reading.facts.bits === 32 || reading.facts.bits === 64, "neither 32 nor 64 bits");
  for (const { fileOffset } of symbols?.defined ?? [])
    must(fileOffset === null || fileOffset >= 0, "a symbol before the file");
}
