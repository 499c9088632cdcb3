import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Root } from "../../platform/root.ts";
import type { Untrusted } from "../../model/text.ts";

const GPGV = "/usr/bin/gpgv";
/** Of keys that rpm is told to trust, and of those that apt trusts for every source that names none (apt-secure(8)). */
const RPM_FOLDERS = ["/etc/pki/rpm-gpg"];
const APT_FOLDERS = ["/etc/apt/trusted.gpg.d"];
const APT_KEYRING = "/etc/apt/trusted.gpg";
/** Keys that pacman-key(8) has taken in, in the older and the newer form. */
export const PACMAN_KEYRINGS = ["/etc/pacman.d/gnupg/pubring.gpg", "/etc/pacman.d/gnupg/pubring.kbx"];
const LARGEST_KEYRING = 16 << 20;
const MOST_KEYRINGS = 64;

/** A text that a key of the root has signed. */
export interface Signed {
  text: Buffer;
  /** Fingerprints of the keys whose signatures are good. */
  keys: string[];
}

/** Whether the program that checks signatures is there: this host's, whatever root is looked at. */
export function hasGpgv(): boolean {
  return fs.existsSync(GPGV);
}

/**
 * Checks a clear-signed file (InRelease), or one with its signature beside it (Release and Release.gpg), by this host's
 * gpgv(1), with the keys that its source names in Signed-By, else with those that apt trusts in that root. The text is what
 * was signed, never what stands around it. Null: no good signature, or none of these keys made it.
 * @param signature null: the file bears its own
 * @param signedBy of the source: paths of keyrings, fingerprints, whole keys
 */
export function signedText(
  root: Root,
  content: Buffer,
  signature: Buffer | null,
  signedBy: readonly string[],
): Signed | null {
  const { keyrings, fingerprints } = allowed(root, signedBy);
  const { output, keys, primary } =
    signature === null
      ? runGpgv(keyrings, { signed: content }, ["--output", "-"])
      : runGpgv(keyrings, { signature, signed: content }, []);
  const good = keys.filter((key, at) => {
    if (fingerprints.length === 0) return true;
    return fingerprints.some(({ hex, exact }) => key === hex || (!exact && primary[at] === hex));
  });
  return good.length === 0 ? null : { text: signature === null ? output : content, keys: good };
}

/** Keyrings that may have signed, and of their keys those that were named; none named: all. */
function allowed(
  root: Root,
  signedBy: readonly string[],
): { keyrings: Buffer[]; fingerprints: { hex: string; exact: boolean }[] } {
  const named = signedBy.flatMap((one) => {
    if (one.startsWith("/")) return ringOf(root, one);
    return one.includes("-----BEGIN") ? (withoutArmour(Buffer.from(one, "latin1")) ?? []) : [];
  });
  const fingerprints = signedBy
    .filter((one) => /^[0-9A-Fa-f]{40,64}!?$/.test(one))
    .map((one) => ({ hex: one.replace("!", "").toUpperCase(), exact: one.endsWith("!") }));
  // What was named and cannot be read is no reason to take other keys; fingerprints are of keys that are trusted.
  const trusted = signedBy.length === 0 || fingerprints.length > 0;
  const keyrings = trusted ? [...named, ...keyringsOf(root, APT_FOLDERS), ...ringOf(root, APT_KEYRING)] : named;
  return { keyrings: keyrings.slice(0, MOST_KEYRINGS), fingerprints };
}

/** Fingerprints of the keys that rpm has in a root and that made this signature over these bytes; none: it is not good. */
export function signers(root: Root, signature: Buffer, signed: Buffer): string[] {
  return runGpgv(keyringsOf(root, RPM_FOLDERS), { signature, signed }, []).keys;
}

/** As `signers`, by the keys of these keyrings of the root. */
export function signersOf(root: Root, keyrings: readonly string[], signature: Buffer, signed: Buffer): string[] {
  const rings = keyrings.flatMap((file) => ringOf(root, file));
  return rings.length === 0 ? [] : runGpgv(rings, { signature, signed }, []).keys;
}

/** Keyrings and texts are copied into a folder of our own first, so that gpgv opens no file that the root could choose. */
function runGpgv(
  keyrings: readonly Buffer[],
  texts: Readonly<Record<string, Buffer>>,
  options: readonly string[],
): { output: Buffer; keys: string[]; primary: string[] } {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-gpgv-"));
  try {
    const files = Object.entries(texts).map(([name, content]) => {
      const file = path.join(folder, name);
      fs.writeFileSync(file, content);
      return file;
    });
    const rings = keyrings.flatMap((content, number) => {
      const file = path.join(folder, `${number}.gpg`);
      fs.writeFileSync(file, content);
      return ["--keyring", file];
    });
    const { stdout, output } = spawnSync(
      GPGV,
      ["--homedir", folder, ...rings, "--status-fd", "3", ...options, ...files],
      {
        stdio: ["ignore", "pipe", "ignore", "pipe"],
        env: { LC_ALL: "C" },
        timeout: 30_000,
        maxBuffer: 256 << 20,
      },
    );
    const status = output?.[3]?.toString("latin1") ?? "";
    // GOODSIG of a key that is neither expired nor revoked, then VALIDSIG with the whole fingerprint, and that of the primary
    // key at its end (gnupg's doc/DETAILS).
    const good = [
      ...status.matchAll(
        /GOODSIG [^\n]*\n(?:\[GNUPG:\] (?!GOODSIG)[^\n]*\n)*?\[GNUPG:\] VALIDSIG ([0-9A-F]{40,64})(?:[^\n]* ([0-9A-F]{40,64}))?/g,
      ),
    ];
    const keys = good.map(([, key = ""]) => key);
    return { output: stdout ?? Buffer.alloc(0), keys, primary: good.map(([, key = "", main]) => main ?? key) };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** The keyrings in some folders, as bytes; armoured ones without their armour. */
function keyringsOf(root: Root, folders: readonly string[]): Buffer[] {
  const files = folders.flatMap((folder) => namesIn(root, folder).map((name) => `${folder}/${name}`));
  return files
    .filter((file) => /\.(?:gpg|asc)$|\/RPM-GPG-KEY[^/]*$/.test(file))
    .slice(0, MOST_KEYRINGS)
    .flatMap((file) => ringOf(root, file));
}

/** One keyring, without armour; none where it cannot be read. */
function ringOf(root: Root, file: Untrusted): Buffer[] {
  const content = read(root, file);
  const bytes = content?.[0] === 0x2d ? withoutArmour(content) : content;
  return bytes === null || bytes.length === 0 ? [] : [bytes];
}

/** RFC 9580, section 6.2: headers, an empty line, base64, a checksum that begins with `=`. */
function withoutArmour(content: Buffer): Buffer | null {
  const blocks = content
    .toString("latin1")
    .matchAll(
      /-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(?:[^\n]*: [^\n]*\n)*\r?\n([^-]*?)\r?\n(?:=[^\n]*\r?\n)?-----END/g,
    );
  const parts = [...blocks].map(([, base64 = ""]) => Buffer.from(base64, "base64"));
  return parts.length === 0 ? null : Buffer.concat(parts);
}

function namesIn(root: Root, folder: string): Untrusted[] {
  try {
    return root.list(folder) ?? [];
  } catch {
    return [];
  }
}

function read(root: Root, file: Untrusted): Buffer | null {
  try {
    return root.read(file, LARGEST_KEYRING);
  } catch {
    // Not readable for this user: a key less.
    return null;
  }
}
