/** Numbers at which readers go wrong: around the limits of every width, and page sizes. */
const ODD = [0, 1, 2, 3, 4, 7, 8, 15, 16, 29, 30, 31, 63, 64, 127, 128, 255, 256, 4080, 4095, 4096, 32767, 32768, 65535, 65536, 0x7fffffff, 0x80000000, 0xffffffff]; // prettier-ignore

/** Repeatable random numbers (xorshift32). */
export function random(seed) {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** A changed copy of `input`, at most `most` bytes long; `other` is another input, to take pieces from. */
export function mutate(input, other, most, rnd) {
  let bytes = Buffer.from(input);
  for (let times = 1 << rnd(4); times > 0; times--) bytes = CHANGES[rnd(CHANGES.length)](bytes, other, rnd);
  return bytes.length > most ? bytes.subarray(0, most) : bytes;
}

const CHANGES = [
  (bytes, _, rnd) => {
    if (bytes.length > 0) bytes[rnd(bytes.length)] ^= 1 << rnd(8);
    return bytes;
  },
  (bytes, _, rnd) => {
    if (bytes.length > 0) bytes[rnd(bytes.length)] = rnd(256);
    return bytes;
  },
  (bytes, _, rnd) => odd(bytes, rnd),
  (bytes, _, rnd) => odd(bytes, rnd),
  (bytes, _, rnd) => {
    // A little more or less, as of a length that is off by one.
    if (bytes.length < 4) return bytes;
    const at = rnd(bytes.length - 3);
    bytes.writeUInt32LE((bytes.readUInt32LE(at) + rnd(9) - 4) >>> 0, at);
    return bytes;
  },
  (bytes, _, rnd) => {
    const at = rnd(bytes.length + 1);
    const some = Buffer.from(Array.from({ length: 1 + rnd(32) }, () => rnd(256)));
    return Buffer.concat([bytes.subarray(0, at), some, bytes.subarray(at)]);
  },
  (bytes, _, rnd) => bytes.subarray(0, rnd(bytes.length + 1)),
  (bytes, _, rnd) => {
    const [from, to] = piece(bytes, rnd);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  (bytes, _, rnd) => {
    const [from, to] = piece(bytes, rnd);
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
  },
  (bytes, other, rnd) => {
    const [from, to] = piece(other, rnd);
    const at = rnd(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), other.subarray(from, to), bytes.subarray(at)]);
  },
  (bytes, other, rnd) => {
    const [from, to] = piece(other, rnd);
    if (bytes.length > 0) other.copy(bytes, rnd(bytes.length), from, to);
    return bytes;
  },
  (bytes, other, rnd) =>
    Buffer.concat([bytes.subarray(0, rnd(bytes.length + 1)), other.subarray(rnd(other.length + 1))]),
];

function odd(bytes, rnd) {
  const width = [1, 2, 4, 8][rnd(4)];
  if (bytes.length < width) return bytes;
  const at = rnd(bytes.length - width + 1);
  const value = ODD[rnd(ODD.length)];
  const number = Buffer.alloc(8, rnd(4) === 0 ? 0xff : 0);
  number.writeUInt32LE(value);
  if (rnd(3) === 0) number.subarray(0, width).reverse();
  number.copy(bytes, at, 0, width);
  return bytes;
}

function piece(bytes, rnd) {
  const from = rnd(bytes.length + 1);
  return [from, from + rnd(Math.min(bytes.length - from, 512) + 1)];
}
