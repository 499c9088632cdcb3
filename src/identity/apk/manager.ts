import { emptyLedger, skip } from "../../model/ledger.ts";
import type { Steps } from "../../model/steps.ts";
import { fromBytes, toBytes, type Untrusted } from "../../model/text.ts";
import { errnoOf } from "../../platform/errno.ts";
import type { Root } from "../../platform/root.ts";
import { ListedDatabase } from "../listed-database.ts";
import type { Excerpt, ManagerCommands, PackageDatabase, PackageManager } from "../package-database.ts";
import { firstPresent, stampOfFiles } from "../database-files.ts";
import { packagesOf } from "./installed.ts";

/** Its only file that is read here; the second place since apk 3 where /usr is merged. */
export const APK_DATABASES: readonly string[] = ["/lib/apk/db/installed", "/usr/lib/apk/db/installed"];
const LARGEST = 256 << 20;

/** Alpine's apk, versions 2 and 3: one text file tells all installed packages. */
export const apk: PackageManager = {
  id: "apk",
  present: (root) => firstPresent(root, APK_DATABASES) !== null,
  *open(root): Steps<PackageDatabase> {
    const place = firstPresent(root, APK_DATABASES) ?? (APK_DATABASES[0] as string);
    const ledger = emptyLedger("apk", null, place);
    let content: Buffer | null = null;
    try {
      content = root.read(place, LARGEST);
    } catch (error) {
      skip(ledger, place, errnoOf(error) || "unreadable", "");
    }
    const read = yield* packagesOf(content ?? Buffer.alloc(0), root, ledger, place);
    return yield* ListedDatabase.of(root, "apk", ledger, read);
  },
  stamp: (root) => stampOfFiles(root, APK_DATABASES),
  excerpts(root, name): Excerpt[] {
    const place = firstPresent(root, APK_DATABASES);
    const content = place === null ? null : root.read(place, LARGEST);
    if (place === null || content === null) return [];
    const text = fromBytes(content)
      .split("\n\n")
      .find((stanza) => stanza.split("\n").includes(`P:${name}`));
    return text === undefined ? [] : [{ path: place, text: toBytes(`${text}\n`) }];
  },
  commands: commandsOf,
};

function commandsOf(root: Root, path: Untrusted): ManagerCommands {
  const there = root.dir === "/" ? [] : ["--root", root.dir];
  return {
    owner: ["apk", ...there, "info", "--who-owns", path],
    verify: () => ["apk", ...there, "audit", "--system", path],
  };
}
