import type { Untrusted } from "../../model/text.ts";
import type { Owned, Way } from "./types.ts";

export function both(command: Untrusted[], undo: Untrusted[]): Way {
  return { command, undo };
}

/**
 * What a running daemon is told. None is given a name that looks like an option, or that means others as well: `all` to
 * supervisorctl, monit and pm2, words apart to supervisorctl, a number or a pattern between slashes to pm2.
 */
export function asked<T>({ unit, here }: Owned, way: (unit: Untrusted) => T): T | null {
  return here && !/^(?:-.*|all|\d*|\/.*\/)$|\s/s.test(unit) ? way(unit) : null;
}

/**
 * What a user's own manager is told, as that user and with the folder by which it is found, without his shell or a session of
 * his. Null: it is not known whose manager it is.
 */
export function asUser({ user, here }: Owned, way: Way | null): Way | null {
  if (way === null || !here || user === null || user.name === "" || user.name.startsWith("-")) return null;
  const as = (words: Untrusted[]): Untrusted[] => [
    "runuser", "-u", user.name, "--", "env", `XDG_RUNTIME_DIR=/run/user/${user.uid}`, ...words,
  ]; // prettier-ignore
  return both(as(way.command), as(way.undo));
}

export function folderOf(path: Untrusted): Untrusted {
  return path.slice(0, path.lastIndexOf("/"));
}

/** Programs that look for execute bits pass it over without them. */
export function notExecutable({ path }: Owned): Way {
  return both(["chmod", "a-x", "--", path], ["chmod", "a+x", "--", path]);
}

/** Tables of one line a job: the line becomes a comment with a mark, so that undoing it touches no other comment. */
export function commentedOut({ path, line }: Owned): Way | null {
  if (line === null) return null;
  return both(["sed", "-i", `${line}s/^[^#]/#whoforks: &/`, path], ["sed", "-i", `${line}s/^#whoforks: //`, path]);
}

/** The same, and then its daemon is told to read the table again. `reload` is ours, not of the examined host. */
export function thenReload(way: Way | null, { here }: Owned, reload: string): Way | null {
  if (way === null || !here) return way;
  const then = (command: Untrusted[]): Untrusted[] => ["sh", "-c", `"$@" && ${reload}`, "sh", ...command];
  return both(then(way.command), then(way.undo));
}

/** A file in a folder read at boot is put beside it under a name that is passed over; in the same folder's parent, so that it is one rename. */
export function movedUp({ path }: Owned): Way {
  const folder = folderOf(path);
  const aside = `${folderOf(folder)}/${path.slice(folder.length + 1)}.whoforks`;
  return both(["mv", "-n", "--", path, aside], ["mv", "-n", "--", aside, path]);
}
