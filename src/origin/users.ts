import { fromBytes, type Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";

export interface User {
  name: Untrusted;
  uid: number;
  home: Untrusted;
}

const MOST = 10_000;

/** The users of the root by its passwd(5). Lines that are not understood are left out. */
export function usersOf(root: Root): User[] {
  const content = passwd(root);
  if (content === null) return [];
  const users: User[] = [];
  for (const line of fromBytes(content).split("\n")) {
    const [name, , uid, , , home] = line.split(":");
    if (name === undefined || name === "" || home === undefined || !/^\d{1,10}$/.test(uid ?? "")) continue;
    if (users.length < MOST) users.push({ name, uid: Number(uid), home });
  }
  return users;
}

/** Null: not there, or not to be read, and then nobody has a name. */
function passwd(root: Root): Buffer | null {
  try {
    return root.read("/etc/passwd", 4 << 20);
  } catch {
    return null;
  }
}
