import type { Steps } from "../../model/steps.ts";
import { fromBytes, type Untrusted } from "../../model/text.ts";

/** One stanza of /var/lib/dpkg/status. */
export interface PackageStatus {
  name: string;
  architecture: string;
  version: string;
  /** Third word of `Status:`: not-installed, config-files, half-installed, unpacked, half-configured, triggers-awaited, … */
  state: string;
  /** Path to MD5 (hex) of the configuration file as shipped; `newconffile` and the like are left out. */
  conffiles: ReadonlyMap<Untrusted, string>;
}

export interface StatusReading {
  /** By `name:architecture`; a later stanza replaces an earlier one. */
  packages: Map<string, PackageStatus>;
  /** Stanzas without a name or with a broken `Status:`. */
  damaged: { locator: string; why: string; quote: string }[];
}

/**
 * Reads the stanzas of one status file (deb822, see dpkg's lib/dpkg/parse.c) into `into`. `assumed` is the `Status:` of
 * stanzas that have none.
 */
export function* readStatus(content: Uint8Array, into: StatusReading, assumed = ""): Steps<void> {
  // Latin-1 maps bytes to characters one to one, so fields can be cut as text and decoded afterwards.
  const text = Buffer.from(content.buffer, content.byteOffset, content.length).toString("latin1");
  for (let from = 0, count = 1; from < text.length; count++) {
    if (count % STANZAS_A_STEP === 0) yield;
    const gap = text.indexOf("\n\n", from);
    const to = gap < 0 ? text.length : gap;
    if (to > from) readStanza(text, from, to, assumed, into);
    from = to + 1;
  }
}

function readStanza(text: string, from: number, to: number, assumed: string, into: StatusReading): void {
  const fields = new Map<string, string>();
  let conffiles: ReadonlyMap<Untrusted, string> = new Map();
  // Of the text, at or behind `start`: looked for once, however many lines have none.
  let colon = from - 1;
  for (let start = from, end: number; start < to; start = end + 1) {
    end = Math.min(to, indexOf(text, "\n", start));
    const first = text.charCodeAt(start) | LOWER_CASE;
    if (!INITIALS.has(first)) continue;
    if (colon < start) colon = indexOf(text, ":", start);
    if (colon > end) continue;
    const field = text.slice(start, colon).toLowerCase();
    if (field === "conffiles") conffiles = readConffiles(text, end + 1, to);
    else if (WANTED.has(field)) fields.set(field, text.slice(colon + 1, end).trim());
  }
  const name = decode(fields.get("package") ?? "");
  const status = (fields.get("status") ?? assumed).split(/ +/);
  const locator = `byte ${from}`;
  const quote = text.slice(from, Math.min(to, from + 120)).trim();
  if (name === "") {
    if (quote !== "") into.damaged.push({ locator, why: "stanza without Package", quote });
    return;
  }
  if (status.length !== 3) return void into.damaged.push({ locator, why: "Status is not three words", quote });
  const architecture = decode(fields.get("architecture") ?? "");
  const version = decode(fields.get("version") ?? "");
  into.packages.set(`${name}:${architecture}`, { name, architecture, version, state: status[2] as string, conffiles });
}

const STANZAS_A_STEP = 16;
const WANTED = new Set(["package", "status", "architecture", "version"]);
const LOWER_CASE = 0x20;
const INITIALS = new Set(["p", "s", "a", "v", "c"].map((letter) => letter.charCodeAt(0)));
// ` /etc/default/cron 6f2e9b5e2a5e6d5a8d2d3c0d6d2e6c0a obsolete`
const CONFFILE = /^ (\/.*) ([0-9a-f]{32})(?: obsolete| remove-on-upgrade)*$/;

/** Lines from `from` on that begin with a space. */
function readConffiles(text: string, from: number, to: number): Map<Untrusted, string> {
  const found = new Map<Untrusted, string>();
  for (let start = from, end: number; start < to && text[start] === " "; start = end + 1) {
    end = Math.min(to, indexOf(text, "\n", start));
    const match = CONFFILE.exec(text.slice(start, end));
    if (match !== null) found.set(decode(match[1] as string), match[2] as string);
  }
  return found;
}

/** Place of the next such character; beyond every text where there is none. */
function indexOf(text: string, character: string, from: number): number {
  const at = text.indexOf(character, from);
  return at < 0 ? Number.POSITIVE_INFINITY : at;
}

function decode(latin1: string): Untrusted {
  return fromBytes(Buffer.from(latin1, "latin1"));
}
