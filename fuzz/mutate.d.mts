export type Random = (below: number) => number;
export function random(seed: number): Random;
export function mutate(input: Uint8Array, other: Uint8Array, most: number, rnd: Random): Buffer;
