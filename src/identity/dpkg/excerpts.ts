import { fromBytes, type Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";
import type { Excerpt } from "../package-database.ts";

const ADMIN = "/var/lib/dpkg";
const INFO = `${ADMIN}/info`;
const STATUS_D = `${ADMIN}/status.d`;
const LARGEST = 256 << 20;
const NEWLINE = 0x0a;

/**
 * What the database says of one package, as read: its stanzas in `status`, its journal and `status.d`, and the lines of
 * its file list and digests that end in one of `names` (last parts of paths). `name` may carry the architecture after a
 * colon. Nothing where it is not there; throws what reading throws.
 */
export function excerptsOf(root: Root, name: string, names: ReadonlySet<Untrusted>): Excerpt[] {
  const [bare = name, architecture] = name.split(":");
  const journal = listOf(root, `${ADMIN}/updates`).filter((entry) => /^\d+$/.test(entry));
  const single = listOf(root, STATUS_D).filter((entry) => !entry.endsWith(".md5sums"));
  const statuses = [
    `${ADMIN}/status`,
    ...journal.map((entry) => `${ADMIN}/updates/${entry}`),
    ...single.map((entry) => `${STATUS_D}/${entry}`),
  ];
  const bases = architecture === undefined ? basesOf(root, bare) : [name, bare];
  const lists = bases.flatMap((base) => [
    `${INFO}/${base}.list`,
    `${INFO}/${base}.md5sums`,
    `${STATUS_D}/${base}.md5sums`,
  ]);
  return [
    ...statuses.map((path) => excerpt(root, path, (content) => stanzas(content, bare, architecture ?? null))),
    ...lists.map((path) => excerpt(root, path, (content) => linesOf(content, names))),
  ].filter((found) => found !== null);
}

/** `at`, and `at:amd64` where the package may be installed for several architectures at once. */
function basesOf(root: Root, name: string): string[] {
  const qualified = listOf(root, INFO).filter((entry) => entry.startsWith(`${name}:`) && entry.endsWith(".list"));
  return [name, ...qualified.map((entry) => entry.slice(0, -".list".length))];
}

function excerpt(root: Root, path: Untrusted, cut: (content: Buffer) => Buffer): Excerpt | null {
  const content = root.read(path, LARGEST);
  const text = content === null ? null : cut(content);
  return text === null || text.length === 0 ? null : { path, text };
}

/** The stanzas of a package, with the empty line after each but the last. */
function stanzas(content: Buffer, name: string, architecture: string | null): Buffer {
  const found: Buffer[] = [];
  // Latin-1 maps bytes to characters one to one.
  const text = content.toString("latin1");
  for (let from = 0; from < text.length;) {
    const gap = text.indexOf("\n\n", from);
    const to = gap < 0 ? text.length : gap + 1;
    const stanza = text.slice(from, to);
    if (field(stanza, "package") === name && [null, field(stanza, "architecture")].includes(architecture))
      found.push(content.subarray(from, to));
    from = to + 1;
  }
  return joined(found);
}

function field(stanza: string, name: string): string | null {
  return new RegExp(`^${name}:(.*)$`, "im").exec(stanza)?.[1]?.trim() ?? null;
}

function joined(stanzasFound: readonly Buffer[]): Buffer {
  return Buffer.concat(stanzasFound.flatMap((stanza, n) => (n === 0 ? [stanza] : [Buffer.from("\n"), stanza])));
}

function linesOf(content: Buffer, names: ReadonlySet<Untrusted>): Buffer {
  const found: Buffer[] = [];
  for (let start = 0; start < content.length;) {
    const newline = content.indexOf(NEWLINE, start);
    const end = newline < 0 ? content.length : newline + 1;
    const line = fromBytes(content.subarray(start, newline < 0 ? end : newline));
    if (names.has(line.slice(line.lastIndexOf("/") + 1))) found.push(content.subarray(start, end));
    start = end;
  }
  return Buffer.concat(found);
}

function listOf(root: Root, dir: string): Untrusted[] {
  return root.list(dir) ?? [];
}
