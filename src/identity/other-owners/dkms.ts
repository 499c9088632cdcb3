import { lastName } from "../places.ts";
import { digestAt, entriesOf } from "./read.ts";
import type { OtherOwner } from "./types.ts";

const TREE = "/var/lib/dkms";

/** Kernel modules that dkms(8) built on the host: the same file is in its tree, MODULE/VERSION/KERNEL/ARCH/module. */
export const dkms: OtherOwner = {
  id: "dkms",
  claim(root, real) {
    const [, kernel] =
      /^(?:\/usr)?\/lib\/modules\/([^/]+)\/(?:updates|extra|weak-updates)\/.*\.ko(?:\.\w+)?$/.exec(real) ?? [];
    if (kernel === undefined) return null;
    for (const version of entriesOf(root, TREE).flatMap((module) => entriesOf(root, module))) {
      for (const architecture of entriesOf(root, `${version}/${kernel}`)) {
        const record = `${architecture}/module/${lastName(real)}`;
        const built = digestAt(root, record, "sha256");
        if (built === null) continue;
        const [name = "", number = ""] = version.slice(TREE.length + 1).split("/");
        const asRecorded = digestAt(root, real, "sha256")?.equals(built) === true;
        return { package: name, version: number, record, asRecorded };
      }
    }
    return null;
  },
};
