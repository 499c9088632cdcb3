import { emptyLedger } from "../../model/ledger.ts";
import type { Steps } from "../../model/steps.ts";
import type { Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";
import { firstPresent, stampOfFiles } from "../database-files.ts";
import { ListedDatabase } from "../listed-database.ts";
import type { Excerpt, ManagerCommands, PackageDatabase, PackageManager } from "../package-database.ts";
import { LOCAL, packagesOf } from "./local.ts";

/** Arch Linux's pacman: a folder a package. */
export const pacman: PackageManager = {
  id: "pacman",
  present: (root) => firstPresent(root, [LOCAL]) !== null,
  *open(root): Steps<PackageDatabase> {
    const ledger = emptyLedger("pacman", null, LOCAL);
    const read = yield* packagesOf(root, ledger);
    return yield* ListedDatabase.of(root, "pacman", ledger, read);
  },
  // Every change makes or removes a folder of a package.
  stamp: (root) => stampOfFiles(root, [LOCAL]),
  excerpts(root, name): Excerpt[] {
    const folder = (root.list(LOCAL) ?? []).find((entry) => entry.replace(/-[^-]+-[^-]+$/, "") === name);
    const path = `${LOCAL}/${folder}/desc`;
    const text = folder === undefined ? null : root.read(path, 1 << 20);
    return text === null ? [] : [{ path, text }];
  },
  commands: commandsOf,
};

function commandsOf(root: Root, path: Untrusted): ManagerCommands {
  const there = root.dir === "/" ? [] : ["--root", root.dir];
  return {
    owner: ["pacman", ...there, "--query", "--owns", root.dir === "/" ? path : `${root.dir}${path}`],
    verify: (name) => ["pacman", ...there, "--query", "--check", "--check", name],
  };
}
