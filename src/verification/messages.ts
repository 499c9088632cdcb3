import type { DigestAlgorithm } from "../identity/digests.ts";

/** A file to be hashed: where it is on this host, and which inode was seen there. */
export interface HashTask {
  id: number;
  path: Uint8Array;
  /** `device:inode`. */
  inode: string;
  algorithm: DigestAlgorithm;
}

/** What a thread found. */
export type HashAnswer = { id: number; bytes: number } & (
  | { hex: string; stamp: string; error: null }
  /** An errno name, or `changes`, `swapped`, `too-large`. */
  | { hex: null; stamp: null; error: string }
);
