import type { Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";
import { addProblem, newBudget, readConfig } from "./read-config.ts";
import type { Problem } from "../types.ts";

/** A user of /etc/passwd. */
export interface User {
  name: Untrusted;
  uid: number;
  home: Untrusted;
}

/** Users that are read; hosts with more have them from a directory service. */
const MAX_USERS = 200;
const MAX_PASSWD_LINES = 100_000;

/**
 * Users of /etc/passwd of whom `has` is true, with a home below "/" that is theirs alone; daemons whose home is "/" or a
 * pseudo file are passed over. `what` says in a problem what more of them would have.
 */
export function usersOf(root: Root, problems: Problem[], what: string, has: (user: User) => boolean): User[] {
  const users = new Map<number, User>();
  const text = readConfig(root, "/etc/passwd", [], newBudget()) ?? "";
  for (const line of text.split("\n", MAX_PASSWD_LINES)) {
    const [name, , uid = "", , , home = ""] = line.split(":");
    const path = home.replace(/\/+$/, "");
    if (name === undefined || !/^\d{1,10}$/.test(uid) || !/^\/[^/]/.test(path) || path.includes("/../")) continue;
    const user = { name, uid: Number(uid), home: path };
    if (users.has(user.uid) || !has(user)) continue;
    if (users.size >= MAX_USERS) {
      addProblem(problems, "/etc/passwd", null, `more than ${MAX_USERS} users with ${what}: only the first were read`);
      break;
    }
    users.set(user.uid, user);
  }
  return [...users.values()];
}

/** The name of a user in /etc/passwd; null: there is none. */
export function userNamed(root: Root, uid: number): Untrusted | null {
  const text = readConfig(root, "/etc/passwd", [], newBudget()) ?? "";
  for (const line of text.split("\n", MAX_PASSWD_LINES)) {
    const [name = "", , id] = line.split(":");
    if (id === String(uid) && name !== "") return name;
  }
  return null;
}
