import fc from "fast-check";
import { expect, test } from "vitest";
import { fromBytes } from "../../../src/model/text.ts";
import { namesOf } from "../../../src/platform/raw-listing.ts";

/** One struct linux_dirent64, padded to a multiple of 8 as the kernel does (fs/readdir.c filldir64). */
function entry(name: Uint8Array): Buffer {
  const bytes = Buffer.alloc(Math.ceil((19 + name.length + 1) / 8) * 8);
  bytes.writeUInt16LE(bytes.length, 16);
  bytes.set(name, 19);
  return bytes;
}

test("names of directory entries, whatever their bytes", () => {
  const name = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => bytes.map((byte) => byte || 1));
  fc.assert(
    fc.property(fc.array(name), (names) => {
      expect(namesOf(Buffer.concat(names.map(entry)))).toEqual(names.map(fromBytes));
    }),
  );
});

test("what is no list of entries is no crash", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void namesOf(Buffer.from(bytes))));
});
