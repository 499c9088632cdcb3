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

/** Loads the library; a text is why it cannot be. */
export function yaraLibrary(): YaraLibrary | string {
  try {
    return createRequire(import.meta.url)("@litko/yara-x") as YaraLibrary;
  } catch (error) {
    // MODULE_NOT_FOUND brings the stack of requirers on further lines.
    return reasonOf(error).split("\n")[0] ?? "";
  }
}
