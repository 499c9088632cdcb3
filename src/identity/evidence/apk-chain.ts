import { createHash, verify } from "node:crypto";
import * as fs from "node:fs";
import { apkParts, fieldsOf, type ApkParts } from "../../archive/apk.ts";
import { fileSource } from "../../platform/file-source.ts";
import type { Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";
import type { ChainCode, SignedChain } from "./signed-chain.ts";

const KEYS = "/etc/apk/keys";
const LARGEST_KEY = 1 << 16;
const CHUNK = 1 << 20;
/** How the control part is digested, by the name of the member with the signature (abuild-sign; apk-tools, src/package.c). */
const KINDS: Readonly<Record<string, string>> = { RSA: "sha1", RSA256: "sha256", RSA512: "sha512" };

/**
 * Follows the signature of an open .apk: a key in /etc/apk/keys of the root signed the control part, which has the digest of
 * the part with the files (`datahash` in .PKGINFO).
 */
export function apkChainOf(root: Root, fd: number, archive: Untrusted): SignedChain {
  const no = (code: ChainCode, args: Record<string, unknown> = {}): SignedChain => ({
    verified: false,
    code,
    args: { archive, ...args },
  });
  const parts = apkParts(fd);
  if (parts === null) return no("identity-chain.archive-damaged", { damaged: null });
  const signatures = signaturesOf(parts);
  if (signatures.length === 0) return no("identity-chain.apk-not-signed");
  const names = keyNames(root);
  const known = signatures.filter(({ key }) => names.has(key));
  if (known.length === 0) return no("identity-chain.apk-no-key", { key: signatures[0]?.key });
  const { control, data } = parts;
  const signed = fileSource(fd)(control.offset, control.size);
  const good = known.find(({ key, digest, bytes }) => isSignedBy(root, key, digest, signed, bytes));
  if (good === undefined) return no("identity-chain.apk-bad-signature", { key: known[0]?.key });
  const recorded = fieldsOf(control.files.get(".PKGINFO")).get("datahash");
  if (recorded !== sha256From(fd, data)) return no("identity-chain.apk-other-files");
  return { verified: true, code: "identity-chain.apk-verified", args: { archive, key: good.key } };
}

function signaturesOf({ signature }: ApkParts): { key: Untrusted; digest: string; bytes: Buffer }[] {
  return [...(signature?.files ?? [])].flatMap(([name, bytes]) => {
    const [, kind = "", key = ""] = /^\.SIGN\.([A-Z0-9]+)\.(.+)$/.exec(name) ?? [];
    const digest = KINDS[kind];
    return digest === undefined ? [] : [{ key, digest, bytes }];
  });
}

/** Names of the keys of the root. Only one of these is ever opened: the package names the key that it wants. */
function keyNames(root: Root): ReadonlySet<Untrusted> {
  try {
    return new Set(root.list(KEYS) ?? []);
  } catch {
    return new Set();
  }
}

function isSignedBy(root: Root, key: Untrusted, digest: string, signed: Uint8Array, signature: Uint8Array): boolean {
  try {
    const pem = root.read(`${KEYS}/${key}`, LARGEST_KEY);
    return pem !== null && verify(digest, signed, pem, signature);
  } catch {
    // No key, or one of another kind.
    return false;
  }
}

/** SHA-256 of an open file from an offset to its end. */
function sha256From(fd: number, offset: number): string {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (let at = offset; ;) {
    const got = fs.readSync(fd, buffer, 0, CHUNK, at);
    if (got === 0) return hash.digest("hex");
    hash.update(buffer.subarray(0, got));
    at += got;
  }
}
