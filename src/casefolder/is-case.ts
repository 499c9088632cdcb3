import * as fs from "node:fs";
import { MANIFEST } from "./names.ts";

/** Whether this names a case: a folder with a manifest. What cannot be looked at is none; reading it will say why. */
export function isCase(path: string): boolean {
  try {
    return fs.lstatSync(`${path}/${MANIFEST}`, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}
