import { textOf } from "./read.ts";
import type { OtherOwner } from "./types.ts";

/** Packages of npm, pnpm and yarn: what lies below `node_modules/NAME`, by the package.json there. */
export const npm: OtherOwner = {
  id: "npm",
  claim(root, real) {
    const [, folder, name] = /^(.*?\/node_modules\/((?:@[^/]+\/)?[^/@][^/]*))\//.exec(real) ?? [];
    if (folder === undefined || name === undefined) return null;
    const record = `${folder}/package.json`;
    try {
      const about = JSON.parse(textOf(root, record)) as { name?: unknown; version?: unknown } | null;
      if (about?.name !== name) return null;
      return {
        package: name,
        version: typeof about.version === "string" ? about.version : null,
        record,
        asRecorded: null,
      };
    } catch (error) {
      if (error instanceof SyntaxError) return null;
      throw error;
    }
  },
};
