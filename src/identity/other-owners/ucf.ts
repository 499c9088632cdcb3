import { digestAt, textOf } from "./read.ts";
import type { OtherOwner } from "./types.ts";

const HASHES = "/var/lib/ucf/hashfile";
const REGISTRY = "/var/lib/ucf/registry";

/** Configuration files that a package's scripts put in place with ucf(1): `MD5  PATH` and `PACKAGE PATH`, one a line. */
export const ucf: OtherOwner = {
  id: "ucf",
  claim(root, real) {
    if (!real.startsWith("/etc/")) return null;
    const registered = textOf(root, REGISTRY)
      .split("\n")
      .find((line) => pathIn(line) === real);
    const hash = textOf(root, HASHES)
      .split("\n")
      .find((line) => pathIn(line) === real);
    if (hash === undefined && registered === undefined) return null;
    const recorded = /^[0-9a-f]{32}/.exec(hash ?? "")?.[0];
    const asRecorded = recorded === undefined ? null : digestAt(root, real, "md5")?.toString("hex") === recorded;
    return {
      package: registered?.split(/\s/)[0] ?? "?",
      version: null,
      record: hash === undefined ? REGISTRY : HASHES,
      asRecorded,
    };
  },
};

function pathIn(line: string): string {
  return /^\S+\s+(\/.*)$/.exec(line)?.[1] ?? "";
}
