import type { Untrusted } from "../../model/text.ts";

/** Whether systemd takes this as a unit name: VALID_CHARS_WITH_AT of unit-name.c, at most 255 bytes, a type at the end. */
export function isUnitName(name: Untrusted): boolean {
  return (
    name.length <= 255 && /^[A-Za-z0-9:\-_.\\@]+\.[a-z]+$/.test(name) && !name.startsWith("@") && !name.startsWith(".")
  );
}

/** `getty@tty1.service` → `tty1`; null for plain units and for templates. */
export function instanceOf(name: Untrusted): Untrusted | null {
  const at = name.indexOf("@");
  const dot = name.lastIndexOf(".");
  return at <= 0 || dot <= at + 1 ? null : name.slice(at + 1, dot);
}

/** `getty@tty1.service` → `getty@.service`; null when the name has no `@`. */
export function templateOf(name: Untrusted): Untrusted | null {
  const at = name.indexOf("@");
  return at <= 0 ? null : name.slice(0, at + 1) + name.slice(name.lastIndexOf("."));
}

export function isTemplate(name: Untrusted): boolean {
  return templateOf(name) === name;
}

/** Names whose `.d` folders apply to a unit: itself, its template, then `foo-bar-.service`, `foo-.service` (systemd.unit(5)). */
export function prefixChain(name: Untrusted): Untrusted[] {
  const chain = [name];
  const template = templateOf(name);
  if (template !== null && template !== name) chain.push(template);
  const at = name.indexOf("@");
  const dot = name.lastIndexOf(".");
  const stem = name.slice(0, at > 0 ? at : dot);
  for (let dash = stem.lastIndexOf("-"); dash > 0; dash = stem.lastIndexOf("-", dash - 1)) {
    if (dash < stem.length - 1) chain.push(`${stem.slice(0, dash + 1)}${name.slice(dot)}`);
  }
  return chain;
}

/**
 * Specifiers of systemd.unit(5) that follow from the unit's name or are fixed for the system manager; others stay as written.
 * `own`: what another manager has in their place.
 */
export function expandSpecifiers(
  text: Untrusted,
  unit: Untrusted,
  own: Readonly<Record<string, Untrusted>> = {},
): Untrusted {
  if (!text.includes("%")) return text;
  const dot = unit.lastIndexOf(".");
  const at = unit.indexOf("@");
  const prefix = unit.slice(0, at > 0 ? at : dot);
  const instance = instanceOf(unit) ?? "";
  const lastPart = prefix.slice(prefix.lastIndexOf("-") + 1);
  const values: Record<string, Untrusted> = {
    "%": "%",
    n: unit,
    N: unit.slice(0, dot),
    p: prefix,
    P: unescapeName(prefix),
    i: instance,
    I: unescapeName(instance),
    j: lastPart,
    J: unescapeName(lastPart),
    f: pathOf(instance === "" ? prefix : instance),
    t: "/run",
    S: "/var/lib",
    C: "/var/cache",
    L: "/var/log",
    E: "/etc",
    h: "/root",
    u: "root",
    U: "0",
    g: "root",
    G: "0",
    T: "/tmp",
    V: "/var/tmp",
    ...own,
  };
  return text.replace(/%([%A-Za-z])/g, (whole, letter: string) =>
    Object.hasOwn(values, letter) ? (values[letter] as Untrusted) : whole,
  );
}

/** `unit_name_unescape`: `-` is `/`, `\x2d` a byte. Bytes beyond ASCII become U+DC00 + byte. */
function unescapeName(text: Untrusted): Untrusted {
  return text.replace(/-|\\x([0-9a-fA-F]{2})/g, (whole, hex: string | undefined) => {
    if (hex === undefined) return whole === "-" ? "/" : whole;
    const byte = Number.parseInt(hex, 16);
    return String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte);
  });
}

function pathOf(text: Untrusted): Untrusted {
  const path = unescapeName(text);
  return path.startsWith("/") ? path : `/${path}`;
}
