import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { constants, Script } from "node:vm";
import { crc32 } from "node:zlib";

type Run = (argv: readonly string[], version: string) => Promise<void>;

/**
 * The program of one command as a single script, with what V8 made of it when whoforks was built (scripts/compile.mjs): to find,
 * parse and compile its modules takes longer than to read a small log.
 * @returns null where it was built for another V8, is not there or is damaged: then the modules are loaded as ever
 */
export function compiledProgram(name: string): Run | null {
  const file = fileURLToPath(new URL(`./${name}.cjs`, import.meta.url));
  let source: Buffer;
  let compiled: Buffer;
  try {
    source = readFileSync(file);
    compiled = readFileSync(compiledForm(file));
  } catch {
    return null;
  }
  if (compiled.length < SUM || compiled.readUInt32LE(0) !== sumOf(source, compiled.subarray(SUM))) return null;
  return load(scriptOf(source, file, compiled.subarray(SUM)), file);
}

/** Keeps beside a script what V8 has made of it by now. */
export function keepCompiled(script: Script, source: Uint8Array, file: string): void {
  const compiled = script.createCachedData();
  const sum = Buffer.alloc(SUM);
  sum.writeUInt32LE(sumOf(source, compiled));
  writeFileSync(compiledForm(file), Buffer.concat([sum, compiled]));
}

/** Where the compiled form of a script lies: that of one V8 is of no use to another. */
function compiledForm(file: string): string {
  return `${file}.${process.versions.v8}-${process.arch}`;
}

const SUM = 4;

/** V8 looks at the length of the source and at no more: a damaged form, or one of another source, would end the process. */
function sumOf(source: Uint8Array, compiled: Uint8Array): number {
  return crc32(compiled, crc32(source));
}

/** The source as Node wraps a CommonJS module; it is ASCII, as the build leaves it. */
export function scriptOf(source: Buffer, filename: string, cachedData?: Buffer): Script {
  return new Script(`(function (exports, require, module, __filename) {${source.toString("latin1")}\n})`, {
    filename,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
}

/** Runs the script, whose module exports the program. */
export function load(script: Script, filename: string): Run {
  const module = { exports: {} as { run: Run } };
  const body = script.runInThisContext() as (...given: unknown[]) => void;
  body(module.exports, createRequire(filename), module, filename);
  return module.exports.run;
}
