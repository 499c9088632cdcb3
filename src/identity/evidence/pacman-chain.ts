import * as fs from "node:fs";
import { fileSource } from "../../platform/file-source.ts";
import type { Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";
import { hasGpgv, PACMAN_KEYRINGS, signersOf } from "./gpgv.ts";
import type { ChainCode, SignedChain } from "./signed-chain.ts";

const LARGEST_SIGNATURE = 1 << 16;
/** It is copied for gpgv. */
const LARGEST_PACKAGE = 512 << 20;

/**
 * Follows the signature of an open package of pacman: the file of its name with `.sig` is by a key of that root's pacman
 * (pacman-key(8)). Which of these keys pacman trusts is in its trust database, which is not read.
 * @param beside root in which the package lies, and its signature
 */
export function pacmanChainOf(root: Root, beside: Root, fd: number, archive: Untrusted): SignedChain {
  const no = (code: ChainCode): SignedChain => ({ verified: false, code, args: { archive } });
  if (!hasGpgv()) return no("identity-chain.no-gpgv");
  const signature = signatureAt(beside, `${archive}.sig`);
  if (signature === null) return no("identity-chain.pacman-not-signed");
  const { size } = fs.fstatSync(fd);
  if (size > LARGEST_PACKAGE) return no("identity-chain.pacman-too-large");
  const { buffer, byteOffset, length } = fileSource(fd)(0, size);
  const [key] = signersOf(root, PACMAN_KEYRINGS, signature, Buffer.from(buffer, byteOffset, length));
  if (key === undefined) return no("identity-chain.pacman-no-key");
  return { verified: true, code: "identity-chain.pacman-verified", args: { archive, key } };
}

function signatureAt(root: Root, path: Untrusted): Buffer | null {
  try {
    return root.read(path, LARGEST_SIGNATURE);
  } catch {
    // Not readable for this user: as if there were none.
    return null;
  }
}
