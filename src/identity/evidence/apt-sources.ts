import { fromBytes, type Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";

const LIST = "/etc/apt/sources.list";
const FOLDER = "/etc/apt/sources.list.d";
const LARGEST = 1 << 20;
const MOST_FILES = 256;

/** One source of packages, as far as it tells whose signature counts (sources.list(5)). */
interface AptSource {
  uris: string[];
  suites: string[];
  /** Paths of keyrings, fingerprints (`!` after one: no subkeys), or a whole key; none: any key that apt trusts. */
  signedBy: string[];
}

/**
 * What Signed-By of the sources says about the InRelease or Release file with this name in /var/lib/apt/lists. Empty where no source
 * has one for it, or none is its source any more: then the keys count that apt trusts for all.
 */
export function signedByOf(root: Root, release: Untrusted): string[] {
  const name = release.slice(release.lastIndexOf("/") + 1);
  const signedBy = new Set<string>();
  for (const source of sourcesOf(root)) {
    const begins = source.uris.flatMap((uri) => source.suites.map((suite) => listName(uri, suite)));
    if (begins.some((one) => name === `${one}InRelease` || name === `${one}Release`))
      for (const one of source.signedBy) signedBy.add(one);
  }
  return [...signedBy];
}

/** The beginning of the names that apt gives to what it fetched from there (URItoFileName of apt's strutl.cc). */
export function listName(uri: string, suite: string): string {
  const where = uri.replace(/^[a-z0-9+.-]+:(?:\/\/(?:[^/@]*@)?)?/i, "").replace(/\/*$/, "/");
  const path = suite.endsWith("/") ? where + suite.replace(/^\/+/, "") : `${where}dists/${suite}/`;
  // oxlint-disable-next-line no-control-regex -- apt quotes them
  const quote = /[\\|{}[\]<>"^~_=!@#$%&*\u0000-\u0020\u007f-\u{10ffff}]/gu;
  const hex = (text: string): string =>
    [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
  return path.replaceAll(quote, hex).replaceAll("/", "_");
}

function sourcesOf(root: Root): AptSource[] {
  const files = [LIST, ...namesIn(root).map((name) => `${FOLDER}/${name}`)].slice(0, MOST_FILES);
  return files.flatMap((file) => {
    const text = read(root, file);
    if (file.endsWith(".sources")) return stanzas(text);
    return file === LIST || file.endsWith(".list") ? lines(text) : [];
  });
}

/** `deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] https://deb.example.org/debian stable main`. */
function lines(text: Untrusted): AptSource[] {
  return [...text.matchAll(/^\s*deb\s+(?:\[([^\]\n]*)\]\s*)?(\S+)\s+(\S+)/gm)].map(
    ([, options = "", uri = "", suite = ""]) => ({
      uris: [uri],
      suites: [suite],
      signedBy: [...options.matchAll(/(?:^|\s)signed-by=(\S+)/gi)].flatMap(([, value = ""]) => value.split(",")),
    }),
  );
}

/** Stanzas of `Field: value` lines, continued by lines that begin with a blank. A whole key may stand in Signed-By. */
function stanzas(text: Untrusted): AptSource[] {
  return text
    .replaceAll(/^#[^\n]*\n?/gm, "")
    .split(/\n\s*\n/)
    .flatMap((stanza) => {
      const field = (name: string): string =>
        new RegExp(`^${name}:((?:[^\\n]*)(?:\\n[ \\t][^\\n]*)*)`, "im").exec(stanza)?.[1]?.trim() ?? "";
      const words = (name: string): string[] => field(name).split(/\s+/).filter(Boolean);
      if (!words("Types").includes("deb")) return [];
      const key = field("Signed-By");
      const signedBy = key.includes("-----BEGIN")
        ? // An empty line of the key stands as a dot (deb822(5)).
          [key.replaceAll(/^[ \t]+\.?$|^[ \t]+/gm, "")]
        : key.split(/[\s,]+/).filter(Boolean);
      return [{ uris: words("URIs"), suites: words("Suites"), signedBy }];
    });
}

function namesIn(root: Root): Untrusted[] {
  try {
    return root.list(FOLDER) ?? [];
  } catch {
    return [];
  }
}

function read(root: Root, file: Untrusted): Untrusted {
  try {
    return fromBytes(root.read(file, LARGEST) ?? new Uint8Array());
  } catch {
    // Not readable for this user: as if it were not there, and the chain ends at a key that is not found.
    return "";
  }
}
