import type { Untrusted } from "../../model/text.ts";
import { readString } from "./c-string.ts";
import type { ExecTarget } from "./tracee.ts";

const SPACE = 0x20;
const COMMA = 0x2c;
const QUOTE = 0x22;
const MOST_ARGUMENTS = 4096;

/**
 * Reads the arguments of an exec call, the bytes behind its `(`: `"/bin/ls", ["ls", "-l"], 0x7ffc… `, execveat's `3</bin/ls>, "", […`,
 * and both with names (`pathname="/bin/ls", argv=[…`, strace -N). An argument list that is `NULL`, an address or unreadable is null.
 * @returns null when there is no file name in them
 */
export function readExecArguments(bytes: Uint8Array, from: number, to: number): ExecTarget | null {
  let at = from;
  while (at < to && bytes[at] !== QUOTE) {
    // No file name before the argument list: an address that could not be read.
    if (bytes[at] === 0x5b) return null;
    at++;
  }
  const file = at < to ? readString(bytes, at, to) : null;
  if (file === null) return null;
  const exe = file.text === "" ? (pathOfDescriptor(bytes, from, at) ?? "") : file.text;
  if (exe === "") return null;
  return { exe, argv: readList(bytes, file.end, to) };
}

/** The path that -y shows behind the descriptor of an execveat with an empty name. */
function pathOfDescriptor(bytes: Uint8Array, from: number, to: number): Untrusted | null {
  const text = Buffer.from(bytes.subarray(from, to)).toString("latin1");
  return /^(?:dirfd=)?\d+<(\/[^<>]*)>/.exec(text)?.[1] ?? null;
}

/** `, ["a", "b"...]` or `, argv=[…]`; null when it is no list or not whole. */
function readList(bytes: Uint8Array, from: number, to: number): Untrusted[] | null {
  let at = from;
  while (at < to && (bytes[at] === COMMA || bytes[at] === SPACE)) at++;
  while (at < to && isNameByte(bytes[at] as number)) at++;
  if (bytes[at] === 0x3d) at++;
  if (at >= to || bytes[at] !== 0x5b) return null;
  const argv: Untrusted[] = [];
  at++;
  while (at < to) {
    const byte = bytes[at] as number;
    if (byte === 0x5d) return argv;
    if (byte === QUOTE) {
      const word = readString(bytes, at, to);
      if (word === null) return null;
      argv.push(word.text);
      at = word.end;
    } else if (byte === COMMA || byte === SPACE) at++;
    else {
      // An address, a comment, or the dots of a list that was cut.
      const start = at;
      while (at < to && bytes[at] !== COMMA && bytes[at] !== 0x5d) at++;
      argv.push(Buffer.from(bytes.subarray(start, Math.min(at, start + 64))).toString("latin1"));
    }
    if (argv.length > MOST_ARGUMENTS) return argv;
  }
  return null;
}

function isNameByte(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || byte === 0x5f;
}
