/** A field as written, in Latin-1. */
export interface RawField {
  name: string;
  /** What stands after `=`, quotes included. */
  raw: string;
  /** Fields inside `msg='…'`. */
  nested: RawField[] | null;
}

export interface RawBody {
  fields: RawField[];
  /** Words outside of fields. */
  words: string[];
  /** What auditd adds in the enriched format: names by the upper-case name of their field. */
  tail: Map<string, string>;
}

/** Names in the enriched tail (audit-userspace src/auditd-event.c, auparse typetab.h). */
const ENRICHED =
  "ARCH|SYSCALL|[A-Z]*_?[A-Z]*UID|[A-Z]*_?[A-Z]*GID|ID|SADDR|OLD-AUID|OLD_AUID|INODE_UID|INODE_GID|OBJ_UID|OBJ_GID|NEW_GID";
const GLUED = new RegExp(`^(.*?[^A-Z_])((?:${ENRICHED})=["a-zA-Z0-9{(?].*)$`, "s");
const TAIL_WORD = new RegExp(`^(?:${ENRICHED})$`);
/** How AppArmor says how a profile is applied, after its name and a space: `subj==/usr/sbin/ntpd (enforce)`. */
const MODE = /^ \((?:enforce|complain|kill|unconfined|mixed|prompt|audit|user|default_allow)\)/;
/** Syslog daemons write the separator of the enriched tail, 0x1D, as an octal number. */
const ESCAPED_SEPARATOR = "#035";
/** Where the small letters begin: names of the tail are written in capitals. */
const SMALL_LETTERS = 0x61;
const MOST_FIELDS = 1 << 17;

/**
 * Cuts the body of a record into fields, whatever its type:
 *
 *     arch=c000003e syscall=59 key="a"\x1dARCH=x86_64 SYSCALL=execve     enriched; the separator may have become a space, or be gone
 *     pid=1 uid=0 msg='op=start acct="bob" res=success'                  a program's own fields within the kernel's
 *     avc:  denied  { read write } for  pid=3 comm="x"                   words: seresult and seperms, as auparse names them
 *     login pid=2 old auid=4294967295 new auid=0                         old kernels: old-auid and new-auid
 *     op=PAM acct="x" (hostname=?, addr=?, terminal=cron res=success)    old programs: brackets and commas
 *     msg='op=adding user to group id=64801 res=success'                 the tools of shadow: an operation of several words
 */
export function readBody(body: string): RawBody {
  const tail = new Map<string, string>();
  const words: string[] = [];
  const fields = cut(body, words, tail, true);
  const access = /\bavc: +(granted|denied) +\{ ([^}]*) \}/.exec(body);
  if (access !== null) {
    fields.unshift(plain("seresult", access[1] as string), plain("seperms", access[2] as string));
    words.length = 0;
  }
  return { fields, words, tail };
}

function plain(name: string, raw: string): RawField {
  return { name, raw, nested: null };
}

function cut(body: string, words: string[], tail: Map<string, string> | null, outer: boolean): RawField[] {
  const fields: RawField[] = [];
  const to = body.length;
  let at = 0;
  while (at < to && fields.length < MOST_FIELDS) {
    const code = body.charCodeAt(at);
    if (code === 0x1d) {
      if (tail !== null) readTail(body.slice(at + 1), tail);
      return fields;
    }
    if (code <= 0x20) {
      at++;
      continue;
    }
    const nameAt = at;
    while (at < to && body.charCodeAt(at) > 0x20 && body[at] !== "=") at++;
    if (body[at] !== "=" || at === nameAt) {
      if (at === nameAt) at++;
      const word = body.slice(nameAt, at);
      const last = fields.at(-1);
      if (!outer && last?.name === "op" && !last.raw.startsWith('"')) last.raw += ` ${word}`;
      else words.push(word);
      continue;
    }
    let name = body.slice(nameAt, at);
    if (outer && body.charCodeAt(nameAt) < SMALL_LETTERS && TAIL_WORD.test(name)) {
      if (tail !== null) readTail(body.slice(nameAt), tail);
      return fields;
    }
    at++;
    if (name === "msg" && outer && body[at] === "'") {
      const end = closing(body, at + 1);
      const inside = body.slice(at + 1, end);
      fields.push({ name, raw: body.slice(at, end + 1), nested: cut(inside, words, null, false) });
      at = end + 1;
      const rest = body.slice(at);
      if (tail !== null && /^(?:#035|[A-Z])/.test(rest)) {
        readTail(rest.replace(ESCAPED_SEPARATOR, ""), tail);
        return fields;
      }
      continue;
    }
    let end = valueEnd(body, at);
    let raw = body.slice(at, end);
    at = end;
    if (!raw.startsWith('"')) {
      const glued = outer ? glue(raw) : -1;
      if (glued !== -1) {
        if (tail !== null) readTail(body.slice(end - raw.length + glued).replace(ESCAPED_SEPARATOR, ""), tail);
        raw = raw.slice(0, glued);
        at = to;
      }
      const mode = body[end + 1] === "(" ? MODE.exec(body.slice(end, end + 24)) : null;
      if (mode !== null) {
        raw += mode[0];
        at = end += mode[0].length;
      }
      if (name.startsWith("(")) name = name.slice(1);
      if (raw.endsWith(",")) raw = raw.slice(0, -1);
      if (raw.endsWith(")") && !raw.includes("(")) raw = raw.slice(0, -1);
    } else if (outer && at < to && body.charCodeAt(at) > 0x20) {
      if (tail !== null) readTail(body.slice(at).replace(ESCAPED_SEPARATOR, ""), tail);
      at = to;
    }
    const before = words.at(-1);
    if ((name === "auid" || name === "ses") && (before === "old" || before === "new")) {
      words.pop();
      name = `${before}-${name}`;
    }
    fields.push(plain(name, raw));
  }
  return fields;
}

/** Place after the value that begins at `at`. Quotes hold no quotes: the kernel writes a value with one as hexadecimal. */
function valueEnd(body: string, at: number): number {
  if (body[at] === '"') {
    const end = body.indexOf('"', at + 1);
    return end === -1 ? body.length : end + 1;
  }
  if (body[at] === "{") {
    const end = body.indexOf("}", at);
    // `subj=/{,usr/}sbin/dhclient` begins otherwise; `saddr={ saddr_fam=inet }` is what ausearch -i writes.
    if (end !== -1 && body[at + 1] === " ") return end + 1;
  }
  let end = at;
  while (end < body.length && body.charCodeAt(end) > 0x20) end++;
  return end;
}

/** The end of `msg='…'`: the last apostrophe before the tail, because programs write some into their own text. */
function closing(body: string, from: number): number {
  const separator = body.indexOf("\u001d", from);
  const limit = separator === -1 ? body.length : separator;
  const last = body.lastIndexOf("'", limit - 1);
  return last >= from ? last : limit;
}

/** Where the enriched tail begins that lost its separator (`cap_frootid=0OUID="root"`), or -1. */
function glue(raw: string): number {
  const escaped = raw.indexOf(ESCAPED_SEPARATOR);
  if (escaped !== -1) return escaped;
  if (!raw.includes("=", 1)) return -1;
  const found = GLUED.exec(raw);
  return found === null ? -1 : (found[1] as string).length;
}

/** `ARCH=x86_64 SYSCALL=execve AUID="unset" SADDR={ saddr_fam=inet laddr=1.2.3.4 lport=80 }` */
function readTail(text: string, tail: Map<string, string>): void {
  for (const [, name, quoted, braced, word] of text.matchAll(/([A-Z][A-Z_-]*)=(?:"([^"]*)"|(\{[^}]*\})|([^\s]*))/g)) {
    const value = quoted ?? braced ?? word ?? "";
    if (!tail.has(name as string)) tail.set(name as string, value);
  }
}
