import type { LibC } from "../../platform/ffi.ts";
import { reasonOf } from "../../platform/errno.ts";
import { NetlinkSocket } from "../netlink/socket.ts";
import type { RecordReader } from "./reader.ts";
import { HEADER, MESSAGE_BYTES, NETLINK_AUDIT, READLOG, typeOf } from "./messages.ts";

/** Where the records of the window come from. */
export interface Records {
  /** Hands what has come by now to the reader. Never blocks. */
  drain(): void;
  /** Sentences about what is missing. */
  problems(): string[];
  close(): void;
}

/** Holds some 50,000 records, as the kernel charges about 1.3 kB for each. */
const BUFFER_BYTES = 32 * 1024 * 1024;
/** Records in one go, so that a storm does not keep the process from everything else. */
const AT_ONCE = 20_000;
const CHUNK = 256 << 10;
const NEWLINE = 0x0a;

/** The frequent types by the name that the reader knows best; null: of no use here. */
const NAMES = new Map<number, string | null>([
  [1300, "SYSCALL"],
  [1302, "PATH"],
  [1307, null], // CWD
  [1309, "EXECVE"],
  [1320, "EOE"],
  [1321, null], // BPRM_FCAPS
  [1327, "PROCTITLE"],
]);
const FIRST_BY_KERNEL = 1300;
const LAST_BY_KERNEL = 1399;

/**
 * The kernel's multicast group of records (AUDIT_NLGRP_READLOG): listeners get copies, and an audit daemon is not disturbed.
 * The kernel sends nothing of it outside the initial network namespace.
 */
export class MulticastRecords implements Records {
  readonly #socket: NetlinkSocket;
  readonly #reader: RecordReader;
  readonly #prefixes = new Map<number, Uint8Array | null>();
  readonly #chunk = Buffer.alloc(CHUNK);
  #used = 0;
  #broken: string | null = null;

  /** Throws SocketError: EPERM without CAP_AUDIT_READ. */
  constructor(c: LibC, reader: RecordReader, bufferBytes: number = BUFFER_BYTES) {
    const [protocol, groups, messageBytes] = [NETLINK_AUDIT, READLOG, MESSAGE_BYTES];
    this.#socket = new NetlinkSocket(c, { protocol, groups, bufferBytes, messageBytes });
    this.#reader = reader;
  }

  drain(): void {
    if (this.#broken !== null) return;
    try {
      for (let n = 0; n < AT_ONCE; n++) {
        const length = this.#socket.receive();
        if (length === 0) break;
        if (length > HEADER) this.#line(this.#socket.buffer.subarray(0, length));
      }
    } catch (error) {
      this.#broken = `reading audit records failed (${reasonOf(error)}): later ones are missing`;
    }
    this.#push();
  }

  problems(): string[] {
    const { overflows } = this.#socket;
    const full = overflows === 0 ? [] : [`the socket's buffer was full ${overflows} times: records are missing`];
    return this.#broken === null ? full : [...full, this.#broken];
  }

  close(): void {
    this.#socket.close();
  }

  /** `type=SYSCALL msg=` and the text `audit(1795469057.447:3): …` make the line that auditd would write. */
  #line(message: Uint8Array): void {
    const type = typeOf(message);
    const prefix = this.#prefixOf(type);
    if (prefix === null) return;
    let end = message.length;
    while (end > HEADER && ((message[end - 1] as number) === 0 || message[end - 1] === NEWLINE)) end--;
    const text = message.subarray(HEADER, end);
    // Programs with CAP_AUDIT_WRITE choose their own text: a newline in it must not begin a record.
    if (type < FIRST_BY_KERNEL || type > LAST_BY_KERNEL)
      for (let at = text.indexOf(NEWLINE); at >= 0; at = text.indexOf(NEWLINE, at)) text[at] = 0x20;
    if (this.#used + prefix.length + text.length + 1 > CHUNK) this.#push();
    this.#chunk.set(prefix, this.#used);
    this.#chunk.set(text, this.#used + prefix.length);
    this.#used += prefix.length + text.length;
    this.#chunk[this.#used++] = NEWLINE;
  }

  #prefixOf(type: number): Uint8Array | null {
    let prefix = this.#prefixes.get(type);
    if (prefix === undefined) {
      const name = NAMES.has(type) ? (NAMES.get(type) ?? null) : String(type);
      prefix = name === null ? null : Buffer.from(`type=${name} msg=`);
      this.#prefixes.set(type, prefix);
    }
    return prefix;
  }

  #push(): void {
    if (this.#used > 0) this.#reader.push(this.#chunk.subarray(0, this.#used), "audit");
    this.#used = 0;
  }
}
