import type { Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import { safe } from "../report/text/sanitise.ts";
import { Failure } from "./failure.ts";
import { workingDirectory } from "./raw-arguments.ts";

/** What the command line asks for. */
export type Target = { pid: number } | { path: Untrusted };

/**
 * A number is a process, anything else a path as seen from inside the root. A relative path starts at the working
 * directory, which must then lie inside the root. Throws `Failure` for what cannot be asked.
 */
export function targetOf(text: Untrusted, root: Root | null): Target {
  if (/^[1-9]\d{0,9}$/.test(text)) {
    if (root === null) return { pid: Number(text) };
    throw new Failure(
      `process ${text} does not live in a file system given by --root`,
      `name a path, or ./${text} for a file with this name`,
    );
  }
  if (text === "") throw new Failure("an empty text names no file");
  if (text.startsWith("/")) return { path: normal(text) };
  const directory = workingDirectory();
  const top = root?.dir ?? "/";
  if (top === "/") return { path: normal(`${directory}/${text}`) };
  if (directory !== top && !directory.startsWith(`${top}/`)) {
    throw new Failure(
      `${safe(text)} is relative to a folder outside of --root`,
      "give the path from the top of that file system: /usr/sbin/atd",
    );
  }
  return { path: normal(`${directory.slice(top.length)}/${text}`) };
}

/** Without `//` and `/./`. A `..` stays: what it means depends on links, which the root resolves. */
function normal(path: Untrusted): Untrusted {
  return `/${path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/")}`;
}
