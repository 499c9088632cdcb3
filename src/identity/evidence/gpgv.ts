import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Root } from "../../platform/root.ts";
import type { Untrusted } from "../../model/text.ts";

const GPGV = "/usr/bin/gpgv";
const FOLDERS = ["/etc/apt/trusted.gpg.d", "/etc/apt/keyrings", "/usr/share/keyrings"];
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
 * Checks a clear-signed file (InRelease) with the keys of a root, by this host's gpgv(1). The text is what gpgv says was
 * signed, never what stands around it. Null: no good signature, or no key of it here. Keyrings and the text are copied into
 * a folder of our own first, so that gpgv opens no file that the root could choose.
 */
export function signedText(root: Root, content: Buffer): Signed | null {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-gpgv-"));
  try {
    const keyrings = keyringsOf(root);
    for (const [number, bytes] of keyrings.entries()) fs.writeFileSync(path.join(folder, `${number}.gpg`), bytes);
    fs.writeFileSync(path.join(folder, "signed"), content);
    const { stdout, output } = spawnSync(
      GPGV,
      [
        "--homedir",
        folder,
        ...keyrings.flatMap((_, number) => ["--keyring", path.join(folder, `${number}.gpg`)]),
        "--status-fd",
        "3",
        "--output",
        "-",
        path.join(folder, "signed"),
      ],
      { stdio: ["ignore", "pipe", "ignore", "pipe"], env: { LC_ALL: "C" }, timeout: 30_000, maxBuffer: 256 << 20 },
    );
    const status = output?.[3]?.toString("latin1") ?? "";
    // GOODSIG of a key that is neither expired nor revoked, then VALIDSIG with the whole fingerprint (gnupg's doc/DETAILS).
    const keys = [
      ...status.matchAll(/GOODSIG [^\n]*\n(?:\[GNUPG:\] (?!GOODSIG)[^\n]*\n)*?\[GNUPG:\] VALIDSIG ([0-9A-F]{40,64})/g),
    ];
    const found = keys.map(([, key = ""]) => key);
    return found.length === 0 ? null : { text: stdout, keys: found };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** The keyrings that apt may be told to trust, as bytes; armoured ones (.asc) without their armour. */
function keyringsOf(root: Root): Buffer[] {
  const files = FOLDERS.flatMap((folder) => namesIn(root, folder).map((name) => `${folder}/${name}`));
  return [...files, "/etc/apt/trusted.gpg"]
    .filter((file) => /\.(?:gpg|asc)$/.test(file) && !file.includes("removed"))
    .slice(0, MOST_KEYRINGS)
    .flatMap((file) => {
      const content = read(root, file);
      const bytes = content === null ? null : file.endsWith(".asc") ? withoutArmour(content) : content;
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
