/** One way in which a file comes to be other than its program wrote it. */
export interface Damage {
  name: string;
  /** The damaged files made of one; each is read by itself. */
  of(bytes: Buffer): Iterable<Buffer>;
}

/** As many places in a file as are tried where all of them would take too long. */
const PLACES = 24;

/** Everything that may befall a file on its way. */
export const DAMAGES: readonly Damage[] = [
  { name: "cut at every byte", of: (bytes) => cuts(bytes).map((at) => bytes.subarray(0, at)) },
  { name: "its beginning gone", of: (bytes) => places(bytes).map((at) => bytes.subarray(at)) },
  { name: "CRLF", of: (bytes) => [Buffer.from(bytes.toString("latin1").replaceAll("\n", "\r\n"), "latin1")] },
  { name: "no line ends", of: (bytes) => [replaced(bytes, 10, 32)] },
  { name: "NULs in it", of: (bytes) => places(bytes).map((at) => put(bytes, at, Buffer.alloc(3))) },
  { name: "NULs for blanks", of: (bytes) => [replaced(bytes, 32, 0)] },
  // A file system that was cut off from its power leaves such.
  { name: "a hole", of: (bytes) => places(bytes, 6).map((at) => put(bytes, at, Buffer.alloc(70_000))) },
  {
    name: "bytes that are not UTF-8",
    of: (bytes) =>
      places(bytes).flatMap((at) =>
        ["ff", "c3", "eda080", "f8888080"].map((hex) => put(bytes, at, Buffer.from(hex, "hex"))),
      ),
  },
  {
    name: "hostile names",
    of: (bytes) =>
      HOSTILE.flatMap((text) => [
        named(bytes, text),
        ...places(bytes, 8).map((at) => put(bytes, at, Buffer.from(text))),
      ]),
  },
  { name: "numbers beyond measure", of: (bytes) => NUMBERS.map((number) => numbered(bytes, number)) },
  {
    name: "bits turned",
    of: (bytes) =>
      places(bytes, 60).map((at) => {
        const turned = Buffer.from(bytes);
        turned[at] = (turned[at] as number) ^ (1 << (at % 8));
        return turned;
      }),
  },
  { name: "the same twice", of: (bytes) => [Buffer.concat([bytes, bytes])] },
  { name: "time going backwards", of: (bytes) => [turned(bytes, 2), turned(bytes, 7), backwards(bytes)] },
  { name: "another file's bytes after it", of: (bytes) => OTHERS.map((other) => Buffer.concat([bytes, other])) },
  { name: "another file's bytes before it", of: (bytes) => OTHERS.map((other) => Buffer.concat([other, bytes])) },
  { name: "nothing", of: () => [Buffer.alloc(0), Buffer.from("\n"), Buffer.from("\0"), Buffer.from("\r\n\r\n")] },
];

const HOSTILE = [
  "\u001b[2J\u001b]0;x\u0007",
  "<script>alert(1)</script>",
  "$(reboot)`reboot`;'\"",
  "__proto__",
  "constructor",
  "\u202egnp.exe",
  "%s%n%n",
  ") = 7 +++ exited with 3 +++",
  "x".repeat(70_000),
];

const NUMBERS = ["0", "-1", "4294967296", "18446744073709551616", "1e999", "NaN", "9".repeat(400)];

const OTHERS = [
  Buffer.from("7f454c4602010100", "hex"),
  Buffer.from("\u0089PNG\r\n\u001a\n", "latin1"),
  Buffer.from("root:x:0:0:root:/root:/bin/bash\n"),
  Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * 7919) % 256)),
];

/** All places of a small file; of a larger one all of its ends, and some between. */
function cuts(bytes: Buffer): number[] {
  const ends = 250;
  const all = Array.from({ length: bytes.length }, (_, at) => at);
  return bytes.length <= 2 * ends
    ? all
    : [...all.slice(0, ends), ...places(bytes.subarray(ends, -ends), 100).map((at) => at + ends), ...all.slice(-ends)];
}

function places(bytes: Buffer, count = PLACES): number[] {
  return [...new Set(Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * bytes.length) / count)))];
}

function put(bytes: Buffer, at: number, what: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), what, bytes.subarray(at)]);
}

function replaced(bytes: Buffer, one: number, other: number): Buffer {
  return Buffer.from(bytes.map((byte) => (byte === one ? other : byte)));
}

/** A name of a program that the sample holds gives way to the text. */
function named(bytes: Buffer, text: string): Buffer {
  return Buffer.from(
    bytes
      .toString("latin1")
      .replaceAll(/\b(?:sh|true|atd|dash|wf-[a-z]+|chain)\b/g, () => Buffer.from(text).toString("latin1")),
    "latin1",
  );
}

function numbered(bytes: Buffer, number: string): Buffer {
  return Buffer.from(bytes.toString("latin1").replaceAll(/\b\d{3,}\b/g, number), "latin1");
}

/** The file in parts, the last part first. */
function turned(bytes: Buffer, parts: number): Buffer {
  const lines = bytes.toString("latin1").split(/(?<=\n)/);
  const size = Math.ceil(lines.length / parts);
  const cut = Array.from({ length: parts }, (_, i) => lines.slice(i * size, (i + 1) * size).join(""));
  return Buffer.from(cut.toReversed().join(""), "latin1");
}

function backwards(bytes: Buffer): Buffer {
  return Buffer.from(
    bytes
      .toString("latin1")
      .split(/(?<=\n)/)
      .toReversed()
      .join(""),
    "latin1",
  );
}
