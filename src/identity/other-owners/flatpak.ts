import { textOf } from "./read.ts";
import type { OtherOwner } from "./types.ts";

/** Files of a flatpak of the system: `/var/lib/flatpak/app/ID/ARCH/BRANCH/COMMIT`, whose `metadata` names it. */
export const flatpak: OtherOwner = {
  id: "flatpak",
  claim(root, real) {
    const [, folder, id, branch] =
      /^(\/var\/lib\/flatpak\/(?:app|runtime)\/([^/]+)\/[^/]+\/([^/]+)\/[^/]+)\//.exec(real) ?? [];
    if (folder === undefined || id === undefined) return null;
    const record = `${folder}/metadata`;
    const name = /^\[(?:Application|Runtime)\]\n(?:[^[\n]*\n)*?name=(.*)$/m.exec(textOf(root, record, 1 << 20))?.[1];
    return name === id ? { package: id, version: branch ?? null, record, asRecorded: null } : null;
  },
};
