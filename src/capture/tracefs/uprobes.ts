import type { ProbeGroup } from "./probe-group.ts";
import type { Probe } from "./probes.ts";

/** MAX_ARGSTR_LEN of kernel/trace/trace_probe.h. */
const LONGEST_FETCH = 63;
/** Newest kernels refuse events of more bytes than this (MAX_PROBE_EVENT_SIZE); older ones have a page. */
const LARGEST_EVENT = 3072;
/** struct uprobe_trace_entry_head with its entry: common fields and one address, two for a return probe. */
const HEAD_BYTES = 24;

/**
 * What a probe is to record. Only numbers and arrays of them, never `string`: how long strings are is the traced
 * program's choice, and kernels before 2024 write past their page when all of an event's strings together need more
 * than one (kernel commit 373b9338c972, "avoid out-of-bounds memory access of fetching args"); later ones warn. Text is
 * fetched as an array of words and ends at its NUL.
 */
export interface Fetch {
  name: string;
  /** In the kernel's notation (Documentation/trace/uprobetracer.rst): `%di`, `+8(%sp)`, `+0(+8(%si))`, `$retval`. */
  place: string;
  type: "u8" | "u16" | "u32" | "u64" | "s32" | "s64" | "x64";
  /** Elements of an array, at most 64 (since 4.20); for a single value left out. */
  count?: number;
}

export interface UprobeSpec {
  /** Name of the event within the group: letters, digits and `_`. */
  event: string;
  /**
   * The open regular file. The kernel is given /proc/self/fd/N, so that its name may hold anything, and may lie in
   * another mount namespace or be deleted: the inode counts. It may be closed afterwards.
   */
  fd: number;
  /** Place in the file of the first byte of an instruction: of a function, `DefinedSymbol.fileOffset`. Anywhere else breaks the program. */
  offset: number;
  fetches: readonly Fetch[];
  /** At the return from the function instead of its entry. */
  onReturn?: boolean;
}

/**
 * Defines a user-space probe; nothing is recorded before `Instance.enable` of what is returned. Throws RangeError for a probe
 * that is not to be asked for, else the errno of the kernel's refusal (ENOENT without CONFIG_UPROBE_EVENTS).
 */
export function defineUprobe(group: ProbeGroup, spec: UprobeSpec): Probe {
  return group.define("uprobe_events", spec.event, definition(group.name, spec));
}

/** The command that defines a probe. Throws RangeError when it would be refused, or should not be asked for. */
export function definition(group: string, spec: UprobeSpec): string {
  const { event, fd, offset, fetches, onReturn } = spec;
  if (!/^[A-Za-z_]\w{0,30}$/.test(event)) throw new RangeError(`no name of an event: ${event}`);
  if (!Number.isSafeInteger(offset) || offset <= 0) throw new RangeError(`no place for a probe: ${offset}`);
  let bytes = HEAD_BYTES;
  const texts = fetches.map(({ name, place, type, count }) => {
    if (!/^[A-Za-z_]\w{0,30}$/.test(name)) throw new RangeError(`no name of a field: ${name}`);
    if (!/^[usx](?:8|16|32|64)$/.test(type)) throw new RangeError(`no type of a fixed length: ${type as string}`);
    if (!/^[\w$%+()@-]+$/.test(place)) throw new RangeError(`no place of a value: ${place}`);
    if (count !== undefined && !(Number.isInteger(count) && count > 0 && count <= 64))
      throw new RangeError(`an array of ${count} elements`);
    bytes += (Number(type.slice(1)) / 8) * (count ?? 1);
    const text = `${place}:${type}${count === undefined ? "" : `[${count}]`}`;
    if (text.length > LONGEST_FETCH) throw new RangeError(`too long for the kernel: ${text}`);
    return ` ${name}=${text}`;
  });
  if (bytes > LARGEST_EVENT) throw new RangeError(`an event of ${bytes} bytes, of at most ${LARGEST_EVENT}`);
  return `${onReturn === true ? "r" : "p"}:${group}/${event} /proc/self/fd/${fd}:0x${offset.toString(16)}${texts.join("")}\n`;
}
