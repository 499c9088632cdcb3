import type { PackageManager } from "../package-database.ts";
import { commandsOf } from "./commands.ts";
import { DpkgDatabase } from "./database.ts";
import { excerptsOf } from "./excerpts.ts";
import { hasDatabase, stampOf } from "./package-lists.ts";

/** Debian's dpkg and everything built on it (Ubuntu, Mint, Proxmox, distroless images). */
export const dpkg: PackageManager = {
  id: "dpkg",
  present: hasDatabase,
  open: DpkgDatabase.read,
  stamp: stampOf,
  excerpts: excerptsOf,
  commands: commandsOf,
};
