import { fromBytes, type Untrusted } from "../../model/text.ts";
import { ENRICHED, SPACE } from "../text/bytes.ts";
import { encodedText, valueEnd } from "./field-values.ts";

const EQUALS = 0x3d;
const APOSTROPHE = 0x27;

/**
 * Fields of a record's body by the exact way, in any order; the first of several with one name counts, so that the text a
 * program puts into its own message cannot override what the kernel wrote before it. Values keep their bytes until asked.
 *
 *     pid=1 uid=0 msg='unit=cron comm="systemd" res=success'   fields of the nested message count as well
 *     subj==/usr/sbin/ntpd (enforce) key=(null)                AppArmor: doubled `=`, bare words
 */
export class RecordFields {
  readonly #bytes: Uint8Array;
  readonly #places = new Map<string, { from: number; to: number }>();

  constructor(bytes: Uint8Array, from: number, to: number) {
    this.#bytes = bytes;
    this.#read(from, to, true);
  }

  #read(from: number, to: number, outer: boolean): void {
    const bytes = this.#bytes;
    let at = from;
    while (at < to) {
      const byte = bytes[at] as number;
      // What follows 0x1D is auditd's own translation (`ARCH=x86_64 SYSCALL=execve`): names, not evidence.
      if (byte === ENRICHED) return;
      if (byte <= SPACE) {
        at++;
        continue;
      }
      const nameAt = at;
      while (at < to && (bytes[at] as number) > SPACE && bytes[at] !== EQUALS) at++;
      if (bytes[at] !== EQUALS || at >= to) continue;
      const name = String.fromCharCode(...bytes.subarray(nameAt, Math.min(at, nameAt + 40)));
      at++;
      if (bytes[at] === APOSTROPHE && outer && at < to) {
        const end = this.#closing(at + 1, to);
        this.#read(at + 1, end, false);
        at = end + 1;
        continue;
      }
      const end = valueEnd(bytes, at, to);
      if (!this.#places.has(name)) this.#places.set(name, { from: at, to: end });
      at = end;
    }
  }

  #closing(from: number, to: number): number {
    const tail = this.#bytes.indexOf(ENRICHED, from);
    const limit = tail === -1 || tail > to ? to : tail;
    const last = this.#bytes.lastIndexOf(APOSTROPHE, limit - 1);
    return last >= from ? last : limit;
  }

  has(name: string): boolean {
    return this.#places.has(name);
  }

  /** Text of a field that the kernel encodes (comm, exe, name …); null when absent or `(null)`. */
  text(name: string): Untrusted | null {
    const place = this.#places.get(name);
    return place === undefined ? null : encodedText(this.#bytes, place.from, place.to);
  }

  /** Text of a field that is never encoded (`res=failed`, `unit=`); null when absent. */
  plain(name: string): Untrusted | null {
    const place = this.#places.get(name);
    return place === undefined ? null : fromBytes(this.#bytes.subarray(place.from, place.to));
  }

  /** A decimal number; null when absent or no number. */
  decimal(name: string): number | null {
    const text = this.plain(name);
    return text !== null && /^-?\d{1,15}$/.test(text) ? Number(text) : null;
  }

  /** The low 32 bits of a hexadecimal number without prefix, as an unsigned number; null when absent or none. */
  hex32(name: string): number | null {
    const text = this.plain(name)?.replace(/^0x/, "");
    return text !== undefined && /^[0-9a-fA-F]{1,16}$/.test(text) ? Number.parseInt(text.slice(-8), 16) : null;
  }
}
