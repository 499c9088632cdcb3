import * as fs from "node:fs";
import { reasonOf } from "../platform/errno.ts";
import { fileOfRule, type CompiledRules } from "./compile.ts";
import type { RuleAnswer, RuleMatch } from "./messages.ts";

/** Larger files are not scanned, and that is said: a content is held as a whole. */
export const LARGEST_SCANNED = 128 << 20;

const TEXT_LENGTH = 200;
/** Of one content. */
const MOST_MATCHES = 64;

/** The rules that the content of a regular file matches. @param path as rules may ask for it */
export async function scanFile(
  compiled: readonly CompiledRules[],
  link: string,
  path: string,
): Promise<Extract<RuleAnswer, { matches: unknown }>> {
  const matches: RuleMatch[] = [];
  try {
    const content = contentOf(link);
    for (const { scanner, files } of compiled) {
      for (const { ruleIdentifier: rule, meta } of await scanned(scanner, content, path)) {
        if (matches.length === MOST_MATCHES) break;
        matches.push({
          rule: rule.slice(0, TEXT_LENGTH),
          file: fileOfRule(files, rule),
          description: descriptionOf(meta),
        });
      }
    }
    return { matches, error: null };
  } catch (error) {
    return { matches, error: reasonOf(error).slice(0, TEXT_LENGTH) };
  }
}

/** Read, not mapped into memory: a mapped file that becomes shorter meanwhile would end this process. */
function contentOf(link: string): Buffer {
  const fd = fs.openSync(link, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY);
  try {
    const size = Math.min(fs.fstatSync(fd).size, LARGEST_SCANNED);
    const buffer = Buffer.allocUnsafe(size);
    let total = 0;
    while (total < size) {
      const got = fs.readSync(fd, buffer, total, size - total, total);
      if (got === 0) break;
      total += got;
    }
    return buffer.subarray(0, total);
  } finally {
    fs.closeSync(fd);
  }
}

type Matches = ReturnType<CompiledRules["scanner"]["scanAsync"]>;

async function scanned(scanner: CompiledRules["scanner"], content: Buffer, path: string): Matches {
  const filename = path.slice(path.lastIndexOf("/") + 1);
  const dot = filename.lastIndexOf(".");
  const variables = { filepath: path, filename, extension: dot < 0 ? "" : filename.slice(dot) };
  try {
    return await scanner.scanAsync(content, variables);
  } catch {
    // The library takes "true" for a boolean and "7" for a number, and a variable of another type than was defined for an error.
    return scanner.scanAsync(content, {});
  }
}

/** "unknown" is how the library hands over what it cannot. */
function descriptionOf(meta: Record<string, unknown>): string | null {
  const text = meta["description"] ?? meta["desc"];
  return typeof text === "string" && text !== "unknown" ? text.slice(0, TEXT_LENGTH) : null;
}
