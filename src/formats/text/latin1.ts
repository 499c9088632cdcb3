import { fromBytes, type Untrusted } from "../../model/text.ts";

/** Text whose bytes were read as Latin-1: as UTF-8 where they are, else with its bytes kept (model/text.ts). */
export function fromLatin1(text: string): Untrusted {
  // eslint-disable-next-line no-control-regex
  return /^[\u0000-\u007f]*$/.test(text) ? text : fromBytes(Buffer.from(text, "latin1"));
}
