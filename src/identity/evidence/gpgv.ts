import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Root } from "../../platform/root.ts";
import type { Untrusted } from "../../model/text.ts";

const GPGV = "/usr/bin/gpgv";
/** Of keys that apt may be told to trust, and of those that rpm is. */
const RPM_FOLDERS = ["/etc/pki/rpm-gpg"];
const APT_FOLDERS = ["/etc/apt/trusted.gpg.d", "/etc/apt/keyrings", "/usr/share/keyrings"];
const LARGEST_KEYRING = 4 << 20;
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
 * Checks a clear-signed file (InRelease) with the keys that apt has in a root, by this host's gpgv(1). The text is what gpgv
 * says was signed, never what stands around it. Null: no good signature, or no key of it here.
 */
export function signedText(root: Root, content: Buffer): Signed | null {
  const { output, keys } = runGpgv(keyringsOf(root, APT_FOLDERS), { signed: content }, ["--output", "-"]);
  return keys.length === 0 ? null : { text: output, keys };
}

/** Fingerprints of the keys that rpm has in a root and that made this signature over these bytes; none: it is not good. */
export function signers(root: Root, signature: Buffer, signed: Buffer): string[] {
  return runGpgv(keyringsOf(root, RPM_FOLDERS), { signature, signed }, []).keys;
}

/** Keyrings and texts are copied into a folder of our own first, so that gpgv opens no file that the root could choose. */
function runGpgv(
  keyrings: readonly Buffer[],
  texts: Readonly<Record<string, Buffer>>,
  options: readonly string[],
): { output: Buffer; keys: string[] } {
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
    // GOODSIG of a key that is neither expired nor revoked, then VALIDSIG with the whole fingerprint (gnupg's doc/DETAILS).
    const good = status.matchAll(
      /GOODSIG [^\n]*\n(?:\[GNUPG:\] (?!GOODSIG)[^\n]*\n)*?\[GNUPG:\] VALIDSIG ([0-9A-F]{40,64})/g,
    );
    return { output: stdout ?? Buffer.alloc(0), keys: [...good].map(([, key = ""]) => key) };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** The keyrings in some folders, as bytes; armoured ones without their armour. */
function keyringsOf(root: Root, folders: readonly string[]): Buffer[] {
  const files = folders.flatMap((folder) => namesIn(root, folder).map((name) => `${folder}/${name}`));
  return [...files, "/etc/apt/trusted.gpg"]
    .filter((file) => /\.(?:gpg|asc)$|\/RPM-GPG-KEY[^/]*$/.test(file) && !file.includes("removed"))
    .slice(0, MOST_KEYRINGS)
    .flatMap((file) => {
      const content = read(root, file);
      const bytes = content?.[0] === 0x2d ? withoutArmour(content) : content;
      return bytes === null || bytes.length === 0 ? [] : [bytes];
    });
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
