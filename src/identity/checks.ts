import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import { fromBytes } from "../model/text.ts";
import type { PackageManager } from "./package-database.ts";
import { reasonChecks } from "./reason-checks.ts";
import { managerFor } from "./package-managers.ts";
import type { Check, Identity } from "./types.ts";

/**
 * The commands by which a reader with nothing but the host's own tools comes to the same verdict: who owns it, whether
 * its package's files are as shipped, how it compares with the program whose name it bears; then what shows single reasons.
 */
export function checksOf(root: Root, identity: Identity, pid: number | null): Check[] {
  const checks: Check[] = [];
  const add = (code: string, command: Untrusted[]) => checks.push({ code, args: {}, command });
  const by = managerOf(root, identity)?.commands(root, identity.path) ?? null;
  const { path, owner, claims, verdict, file } = identity;
  const onHost = hostPath(root, path);
  if (pid !== null && (verdict === "deleted" || verdict === "memory-only")) {
    add("identity-check.link-of-process", ["ls", "-l", `/proc/${pid}/exe`]);
    add("identity-check.digest", ["sha256sum", `/proc/${pid}/exe`]);
    return checks;
  }
  if (by !== null && verdict !== "memory-only") {
    if (owner === null) add("identity-check.owned-by-nobody", by.owner);
    else add("identity-check.owner", by.owner);
    if (owner !== null && verdict !== "deleted") add("identity-check.verify", by.verify(owner.package));
  }
  if (claims !== null && file !== null) add("identity-check.compare", ["cmp", onHost, hostPath(root, claims.path)]);
  else if (owner === null && file !== null) add("identity-check.file", ["stat", onHost]);
  else if (file === null) add("identity-check.missing", ["ls", "-ld", onHost]);
  const shown = new Set(checks.map(({ command }) => command.join("\0")));
  const more = file === null ? [] : reasonChecks(root, identity, pid, by);
  return [...checks, ...more.filter(({ command }) => !shown.has(command.join("\0")))];
}

function hostPath(root: Root, path: Untrusted): Untrusted {
  return path.startsWith("/") ? fromBytes(root.hostPath(path)) : path;
}

function managerOf(root: Root, identity: Identity): PackageManager | null {
  try {
    return managerFor(root, identity);
  } catch {
    // Not allowed to look there: then no command of it is of use either.
    return null;
  }
}
