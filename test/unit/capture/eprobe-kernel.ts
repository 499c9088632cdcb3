/**
 * What a kernel writes for an event probe, from the probe's own definition and a process's memory. Each rule names the kernel
 * source that it was taken from; no kernel with event probes has been recorded.
 */

/** Pages of a process by number, of which only those in memory are there. */
export type Memory = Map<number, Uint8Array>;

/**
 * How a text that cannot be read is stored: `5.15` empty (trace_probe_tmpl.h store_trace_args, until commit 2e9906f84fc7);
 * `6.2` the word "(fault)", without its place (that commit); `6.5` empty again, but an address that cannot be read keeps the place for the
 * next text (commits 4ed8f337dee3 and 797311bce5c2).
 */
export type Generation = "5.15" | "6.2" | "6.5";
export const GENERATIONS: readonly Generation[] = ["5.15", "6.2", "6.5"];

const PAGE = 4096;
const FAULT = "(fault)";
/** MAX_STRING_SIZE of trace_probe.h, which is PATH_MAX. */
const LONGEST = 4096;

interface Field {
  name: string;
  place: string;
  text: boolean;
  offset: number;
}

/** An event probe as the kernel holds it once it is defined. */
export class KernelEprobe {
  readonly event: string;
  readonly attached: string;
  readonly id: number;
  readonly #fields: Field[] = [];
  readonly #head: number;
  readonly #size: number;
  readonly #generation: Generation;

  /** Parses a command of dynamic_events as trace_eprobe.c does; throws where the kernel would refuse. */
  constructor(command: string, generation: Generation, id = 2400) {
    const [, event, attached, rest] = /^e:(\w+\/\w+) (\w+\.\w+) (.*)\n$/.exec(command) ?? [];
    if (event === undefined || attached === undefined || rest === undefined) throw new Error(`EINVAL: ${command}`);
    this.event = event;
    this.attached = attached;
    this.id = id;
    this.#generation = generation;
    // struct eprobe_trace_entry_head of trace.h: at first a 32-bit word, the number of the event that it is attached to, followed the common fields.
    this.#head = generation === "5.15" ? 12 : 8;
    let at = this.#head;
    for (const word of rest.split(" ")) {
      const [, name, place, type] = /^(\w+)=(\S+):(u64|ustring)$/.exec(word) ?? [];
      // MAX_ARGSTR_LEN of trace_probe.h.
      if (name === undefined || place === undefined || word.length - name.length > 63)
        throw new Error(`EINVAL: ${word}`);
      this.#fields.push({ name, place, text: type === "ustring", offset: at });
      // trace_probe.c adds sizes up without aligning anything.
      at += type === "ustring" ? 4 : 8;
    }
    if (this.#fields.length > 128) throw new Error("E2BIG");
    this.#size = at;
  }

  /** Its format file (trace_events.c f_show, trace_probe.c traceprobe_define_arg_fields). */
  format(): string {
    const head = this.#head === 12 ? "\tfield:unsigned int __probe_type;\toffset:8;\tsize:4;\tsigned:0;\n" : "";
    const own = this.#fields.map(({ name, text, offset }) =>
      text
        ? `\tfield:__data_loc char[] ${name};\toffset:${offset};\tsize:4;\tsigned:1;\n`
        : `\tfield:u64 ${name};\toffset:${offset};\tsize:8;\tsigned:0;\n`,
    );
    return `name: ${this.event.split("/")[1]}
ID: ${this.id}
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:unsigned char common_flags;	offset:2;	size:1;	signed:0;
	field:unsigned char common_preempt_count;	offset:3;	size:1;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;

${head}${own.join("")}
print fmt: "(…)"
`;
  }

  /**
   * The record that a task's call leaves, over what lay in the buffer before (`stale`), or null when it is larger than a
   * page holds (ring_buffer.c ring_buffer_lock_reserve).
   */
  record(
    task: number,
    event: Record<string, number>,
    memory: Memory,
    stale: (at: number) => number,
  ): Uint8Array | null {
    const read = reader(memory);
    const value = (place: string): number | null => {
      if (place.startsWith("$")) return event[place.slice(1)] ?? null;
      const [, by, inner] = /^\+u(\d+)\((.*)\)$/.exec(place) as unknown as [string, string, string];
      const address = value(inner);
      return address === null ? null : read.word(address + Number(by));
    };
    /** Where a text lies: what the outermost `+u` would read. */
    const textAddress = (place: string): number | null => {
      const [, by, inner] = /^\+u(\d+)\((.*)\)$/.exec(place) as unknown as [string, string, string];
      const address = value(inner);
      return address === null ? null : address + Number(by);
    };
    // trace_eprobe.c get_eprobe_size: all texts are measured first.
    const sizes = this.#fields.map(({ place, text }) => {
      const address = text ? textAddress(place) : null;
      if (address === null) return 0;
      const length = read.text(address)?.length ?? null;
      if (length !== null) return length;
      return this.#generation === "6.2" ? FAULT.length + 1 : 0;
    });
    const total = this.#size + sizes.reduce((sum, size) => sum + size, 0);
    if (total > PAGE - 16 - 8) return null;
    const bytes = Uint8Array.from({ length: total }, (_, at) => stale(at));
    const view = new DataView(bytes.buffer);
    view.setUint16(0, this.id, true);
    view.setUint16(2, 0, true);
    view.setInt32(4, task, true);
    let room = total - this.#size;
    let free = this.#size;
    for (const { place, text, offset } of this.#fields) {
      if (!text) {
        const number = value(place);
        // FETCH_OP_ST_UMEM: what cannot be read is left as it lies there.
        if (number !== null) view.setBigUint64(offset, BigInt(number), true);
        continue;
      }
      const locate = (length: number): void => view.setUint32(offset, ((length << 16) | free) >>> 0, true);
      locate(room);
      const address = textAddress(place);
      if (address === null) {
        if (this.#generation === "5.15") locate(0);
        continue;
      }
      const found = room === 0 ? null : read.text(address);
      let stored = 0;
      if (found !== null) {
        stored = found.length;
        bytes.set(found, free);
        locate(stored);
      } else if (room > 0 && this.#generation === "6.2") {
        const word = new TextEncoder().encode(`${FAULT}\0`).subarray(0, room);
        bytes.set(word, free);
        stored = word.length;
      } else if (room > 0 || this.#generation === "5.15") locate(0);
      free += stored;
      room -= stored;
    }
    return bytes;
  }
}

/** Reads user memory as far as it is there (mm/maccess.c: nothing is paged in). */
function reader(memory: Memory): { word(at: number): number | null; text(at: number): Uint8Array | null } {
  const byte = (at: number): number | undefined => memory.get(Math.floor(at / PAGE))?.[at % PAGE];
  return {
    word(at) {
      let value = 0;
      for (let n = 7; n >= 0; n--) {
        const one = byte(at + n);
        if (one === undefined) return null;
        value = value * 256 + one;
      }
      return value;
    },
    text(at) {
      const bytes: number[] = [];
      while (bytes.length < LONGEST) {
        const one = byte(at + bytes.length);
        if (one === undefined) return null;
        bytes.push(one);
        if (one === 0) break;
      }
      return Uint8Array.from(bytes);
    },
  };
}

/** A process's memory with an argument vector and its texts at the addresses given. Pages not among `resident` are left out. */
export function memoryOf(
  vector: { at: number; pointers: readonly number[] },
  texts: readonly { at: number; text: string }[],
  resident: (page: number) => boolean = () => true,
): Memory {
  const memory: Memory = new Map();
  const put = (at: number, value: number): void => {
    const page = Math.floor(at / PAGE);
    if (!resident(page)) return;
    const bytes = memory.get(page) ?? new Uint8Array(PAGE);
    memory.set(page, bytes);
    bytes[at % PAGE] = value;
  };
  for (const [n, pointer] of vector.pointers.entries())
    for (let shift = 0; shift < 8; shift++) put(vector.at + n * 8 + shift, Math.floor(pointer / 256 ** shift) % 256);
  for (const { at, text } of texts)
    for (const [n, value] of new TextEncoder().encode(`${text}\0`).entries()) put(at + n, value);
  return memory;
}
