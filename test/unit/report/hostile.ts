import fc from "fast-check";

/** What must never reach a terminal from outside: written down here once more, independently of the source. */
export const OBEYED =
  /[\u0000-\u001f\u007f-\u009f\u00a0\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufeff\uffa0\ufff0-\uffff]|\u034f|[\ufe00-\ufe0f]|[\u{e0000}-\u{e0fff}]|\p{Cs}/u;

const character = fc.oneof(
  fc.constantFrom("\\", "x", "u", "{", "}", "1b", '"', "'", "e", "\u0301", "中", "é", "😀", " ", "/", "%", "$", "`"),
  fc.integer({ min: 0, max: 0x20 }).map((code) => String.fromCharCode(code)),
  fc.integer({ min: 0x7f, max: 0xa0 }).map((code) => String.fromCharCode(code)),
  fc.constantFrom(
    "\u061c",
    "\u200b",
    "\u200d",
    "\u200e",
    "\u202e",
    "\u2066",
    "\u2069",
    "\u2028",
    "\ufeff",
    "\u{e0041}",
    "\u00ad",
  ),
  fc.integer({ min: 0xdc80, max: 0xdcff }).map((code) => String.fromCharCode(code)),
  fc.constantFrom("\ud800", "\udfff", "\u0378", "\uffff", "\u3000", "\u2800", "\u3164"),
  fc.string({ unit: "binary", maxLength: 2 }),
);
/** Text as hostile as it gets. */
export const hostile = fc.array(character, { maxLength: 24 }).map((characters) => characters.join(""));
