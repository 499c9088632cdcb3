import { createRequire } from "node:module";
import { reasonOf } from "../platform/errno.ts";

/**
 * What is used of @litko/yara-x 0.3 (the YARA-X engine); declared here because the package is optional and may not be
 * there to compile against.
 */
export interface YaraLibrary {
  validate(source: string, options: CompilerOptions): { errors: { code: string; message: string }[] };
  /** Throws for a source with errors. */
  compile(source: string, options: CompilerOptions): Scanner;
}

export interface Scanner {
  /** `meta`: values of types that the library does not hand over are the text "unknown". */
  scanAsync(
    content: Uint8Array,
    variables: Record<string, string>,
  ): Promise<{ ruleIdentifier: string; meta: Record<string, unknown> }[]>;
  setMaxMatchesPerPattern(count: number): void;
}

interface CompilerOptions {
  defineVariables: Record<string, string>;
  relaxedReSyntax: boolean;
  enableIncludes: boolean;
}

/** Its native code for glibc on x86-64, which comes with this program, and the package for all platforms, where it was added. */
const PACKAGES = ["@litko/yara-x-linux-x64-gnu", "@litko/yara-x"];

/** Loads the library; a text is why it cannot be. */
export function yaraLibrary(): YaraLibrary | string {
  const require = createRequire(import.meta.url);
  let why = "";
  for (const name of PACKAGES) {
    try {
      return require(name) as YaraLibrary;
    } catch (error) {
      // MODULE_NOT_FOUND brings the stack of requirers on further lines.
      why = reasonOf(error).split("\n")[0] ?? "";
    }
  }
  return why;
}
