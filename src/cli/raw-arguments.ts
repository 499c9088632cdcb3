import { readFileSync, readlinkSync } from "node:fs";
import { fromBytes, type Untrusted } from "../model/text.ts";

/**
 * The texts given on the command line with all their bytes: Node has put U+FFFD for those that are not UTF-8. Each of
 * `texts` is looked up among this process's arguments (proc_pid_cmdline(5)); one that is not there stays as it is.
 */
export function rawArguments(texts: readonly string[]): Untrusted[] {
  const given = new Map<string, Untrusted[]>();
  for (const bytes of split(readFileSync("/proc/self/cmdline"))) {
    const text = bytes.toString("utf8");
    given.set(text, [...(given.get(text) ?? []), fromBytes(bytes)]);
  }
  return texts.map((text) => (text.includes("\ufffd") ? given.get(text)?.shift() : undefined) ?? text);
}

/** The working directory with all its bytes. */
export function workingDirectory(): Untrusted {
  return fromBytes(readlinkSync("/proc/self/cwd", { encoding: "buffer" }));
}

function split(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    const nul = bytes.indexOf(0, start);
    const end = nul < 0 ? bytes.length : nul;
    parts.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return parts;
}
