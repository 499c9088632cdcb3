/** Bytes that can be read at any place. */
export interface RandomBytes {
  readonly size: number;
  /** Up to `length` bytes from `at` on; fewer at the end. Throws the system's error. */
  read(at: number, length: number): Uint8Array;
}
