import { fromBytes, type Untrusted } from "../../../model/text.ts";

/** Turns numbers of users and groups into names: a name, `unset`, or the number where nobody tells its name. */
export interface Names {
  uid(id: number): Untrusted | number;
  gid(id: number): Untrusted | number;
}

/** Names of the host that made the log. Never those of the host that reads it: they would mislead. */
export interface KnownNames {
  users: ReadonlyMap<number, Untrusted>;
  groups: ReadonlyMap<number, Untrusted>;
}

export const NO_NAMES: KnownNames = { users: new Map(), groups: new Map() };

/** The kernel's "none" for a user or group number: (uid_t) -1. */
const UNSET = 0xffffffff;

/** Reads passwd(5) or group(5): name, password, number. The first of two names with one number counts, as in getpwuid(3). */
export function readNames(file: Uint8Array): Map<number, Untrusted> {
  const names = new Map<number, Untrusted>();
  for (const line of Buffer.from(file).toString("latin1").split("\n")) {
    const [name, , number] = line.split(":");
    if (name === undefined || name === "" || !/^\d{1,10}$/.test(number ?? "")) continue;
    if (!names.has(Number(number))) names.set(Number(number), fromBytes(Buffer.from(name, "latin1")));
  }
  return names;
}

export function namesFrom(known: KnownNames): Names {
  const name = (names: ReadonlyMap<number, Untrusted>, id: number): Untrusted | number =>
    id === UNSET || id === -1 ? "unset" : (names.get(id) ?? id);
  return { uid: (id) => name(known.users, id), gid: (id) => name(known.groups, id) };
}
