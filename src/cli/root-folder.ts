import { openRoot, type Root } from "../platform/root.ts";
import { Failure } from "./failure.ts";

/** The file system that `--root` names. Throws `Failure` when it cannot be used. */
export function rootFolder(dir: string): Root {
  try {
    return openRoot(dir);
  } catch (error) {
    throw new Failure(
      `cannot use --root: ${(error as Error).message}`,
      "name a folder that holds a root file system: --root /mnt",
    );
  }
}
