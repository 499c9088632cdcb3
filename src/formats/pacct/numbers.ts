/**
 * Numbers of an accounting record as kernel/acct.c encodes them. `comp_t`: 13 bits of fraction, and 3 of an exponent to the
 * base 8 (encode_comp_t).
 */
export function compT(value: number): number {
  return (value & 0x1fff) * 8 ** (value >>> 13);
}

/** `comp2_t`, 24 bits: 20 of fraction with a leading one that is not stored, 5 of an exponent to the base 2 (encode_comp2_t). */
export function comp2T(value: number): number {
  const exponent = (value >>> 19) & 0x1f;
  const fraction = value & 0x7ffff;
  return exponent === 0 ? fraction : (fraction | 0x80000) * 2 ** (exponent - 1);
}
