/** Algorithms that package databases record digests by, as Node's crypto names them. */
export type DigestAlgorithm = "md5" | "sha1" | "sha256" | "sha384" | "sha512";

/** Digests of one content, lower-case hex: those that were asked for. */
export type Digests = Readonly<Partial<Record<DigestAlgorithm, string>>>;

/** Whether a content is the one that was recorded; false also where it was not read, or by another algorithm. */
export function isShipped(
  recorded: { algorithm: DigestAlgorithm; hex: string } | null,
  found: Digests | null,
): boolean {
  return recorded !== null && found?.[recorded.algorithm] === recorded.hex;
}
