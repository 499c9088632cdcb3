import type { Untrusted } from "../model/text.ts";

const RIGHTS = /\b(?:chmod|chown|chgrp|setcap|dpkg-statoverride|install)\b/;
const CAPABILITIES = /\bsetcap\b/;

/**
 * Whether a script of a package may be what gave a file its rights: it has one of the commands that do, and names the file by
 * its whole path, with or without /usr. A last name alone says nothing: the script of cron has `cron` in every line.
 */
export function mayGiveRights(text: Untrusted, real: Untrusted, what: "rights" | "capabilities"): boolean {
  if (!(what === "rights" ? RIGHTS : CAPABILITIES).test(text)) return false;
  const paths = new Set([real, real.replace(/^\/usr\//, "/"), `/usr${real}`]);
  return [...paths].some((path) => hasWord(text, path));
}

/** Whether the path stands there as a word of its own. */
function hasWord(text: Untrusted, path: Untrusted): boolean {
  for (let at = text.indexOf(path); at >= 0; at = text.indexOf(path, at + 1)) {
    const [before, after] = [text[at - 1] ?? " ", text[at + path.length] ?? " "];
    if (/[\s"'=:(]/.test(before) && /[\s"';:)&|]/.test(after)) return true;
  }
  return false;
}
