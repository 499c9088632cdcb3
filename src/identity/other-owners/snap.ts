import { textOf } from "./read.ts";
import type { OtherOwner } from "./types.ts";

/** Files of a snap: `/snap/NAME/REVISION`, which is mounted from /var/lib/snapd/snaps/NAME_REVISION.snap. */
export const snap: OtherOwner = {
  id: "snap",
  claim(root, real) {
    const [, folder, name, revision] = /^((?:\/var\/lib\/snapd)?\/snap\/([a-z0-9-]+)\/(x?\d+))\//.exec(real) ?? [];
    if (folder === undefined || name === undefined) return null;
    const record = `/var/lib/snapd/snaps/${name}_${revision}.snap`;
    if (root.stat(record)?.isFile() !== true) return null;
    const version = /^version: *["']?([^"'\n]+)/m.exec(textOf(root, `${folder}/meta/snap.yaml`, 1 << 20))?.[1] ?? null;
    return { package: name, version: version ?? `revision ${revision}`, record, asRecorded: null };
  },
};
