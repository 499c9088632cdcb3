import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from "node:crypto";

/**
 * A suspect file that nothing runs, and that no scanner takes away, on its way: encrypted. Layout (docs/collect.md):
 *
 *     8 bytes   "WFSEAL1\n"
 *     1 byte    logarithm of N of scrypt (RFC 7914); r = 8, p = 1
 *     16 bytes  salt
 *     12 bytes  nonce of AES-256-GCM (NIST SP 800-38D)
 *     …         ciphertext
 *     16 bytes  tag; the first 37 bytes are authenticated with it
 */
const MAGIC = Buffer.from("WFSEAL1\n");
const SALT = 16;
const NONCE = 12;
const TAG = 16;
const HEADER = MAGIC.length + 1 + SALT + NONCE;
/** 16 MiB and some 50 ms a file. */
const COST = 14;
/** More would let a hostile bundle take all memory: N = 2^20 is 1 GiB. */
const MOST_COST = 20;

/** The password where none was given: what those who pass such files on have used for decades. It hides nothing. */
export const OPEN_PASSWORD = "infected";

/** Encrypts it. */
export function seal(content: Uint8Array, password: string): Buffer {
  const salt = randomBytes(SALT);
  const nonce = randomBytes(NONCE);
  const header = Buffer.concat([MAGIC, Buffer.of(COST), salt, nonce]);
  const cipher = createCipheriv("aes-256-gcm", keyOf(password, salt, COST), nonce, { authTagLength: TAG });
  cipher.setAAD(header);
  return Buffer.concat([header, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
}

/** Its content; null: it is no sealed file, it was changed, or the password is another. */
export function unseal(sealed: Buffer, password: string): Buffer | null {
  if (!isSealed(sealed)) return null;
  const cost = sealed[MAGIC.length] as number;
  if (cost < 1 || cost > MOST_COST) return null;
  const header = sealed.subarray(0, HEADER);
  const salt = header.subarray(MAGIC.length + 1, MAGIC.length + 1 + SALT);
  const key = keyOf(password, salt, cost);
  const decipher = createDecipheriv("aes-256-gcm", key, header.subarray(-NONCE), { authTagLength: TAG });
  decipher.setAAD(header);
  decipher.setAuthTag(sealed.subarray(-TAG));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(HEADER, -TAG)), decipher.final()]);
  } catch {
    return null;
  }
}

/** Whether it has the layout; says nothing about the password. */
export function isSealed(bytes: Uint8Array): boolean {
  return bytes.length >= HEADER + TAG && MAGIC.equals(bytes.subarray(0, MAGIC.length));
}

function keyOf(password: string, salt: Uint8Array, cost: number): Buffer {
  const N = 2 ** cost;
  return scryptSync(Buffer.from(password.normalize("NFC"), "utf8"), salt, 32, { N, r: 8, p: 1, maxmem: 256 * N * 8 });
}
