/** One field of a trace event, from its `format` file. Offsets count from the start of the record's payload. */
export interface EventField {
  name: string;
  /** The C type as printed: `pid_t`, `char`, `__data_loc char[]`. */
  type: string;
  offset: number;
  size: number;
  signed: boolean;
}

export interface EventFormat {
  name: string;
  /** Number that the kernel gave this event at boot: the first two bytes of every record (`common_type`). */
  id: number;
  fields: Map<string, EventField>;
}

/**
 * Reads an `events/SYSTEM/NAME/format` file (kernel/trace/trace_events.c f_show). Example line:
 * `	field:__data_loc char[] filename;	offset:8;	size:4;	signed:0;`
 * Returns null when there is no usable name, ID or field.
 */
export function parseEventFormat(text: string): EventFormat | null {
  const name = /^name:\s*(\S+)/m.exec(text)?.[1];
  const id = Number(/^ID:\s*(\d+)\s*$/m.exec(text)?.[1] ?? Number.NaN);
  if (name === undefined || !Number.isInteger(id) || id < 0 || id > 0xffff) return null;
  const fields = new Map<string, EventField>();
  // Kernels before 2.6.33 print no `signed:`.
  for (const match of text.matchAll(/field:\s*([^;]+);\s*offset:(\d+);\s*size:(\d+);(?:\s*signed:(\d);)?/g)) {
    const declared = /^(.*?)\s*(\w+)\s*((?:\[[^\]]*\])*)$/.exec((match[1] as string).trim());
    if (declared === null) continue;
    const field = {
      name: declared[2] as string,
      type: (declared[1] as string) + (declared[3] as string),
      offset: Number(match[2]),
      size: Number(match[3]),
      signed: match[4] === "1",
    };
    fields.set(field.name, field);
  }
  return fields.size === 0 ? null : { name, id, fields };
}

/** How the bytes of a text field are found in a record. */
export type TextPlace = { at: number; how: "fixed"; size: number } | { at: number; how: "data-loc" | "rel-loc" };

/**
 * Where a text field stands: `char comm[16]` in place, `__data_loc char[]` by an offset from the start of the payload,
 * `__rel_loc char[]` (5.16) by an offset from the end of the field. Null when the event has no such text.
 */
export function textPlace(format: EventFormat, name: string): TextPlace | null {
  const field = format.fields.get(name);
  if (field === undefined) return null;
  if (field.type.startsWith("__data_loc")) return field.size === 4 ? { at: field.offset, how: "data-loc" } : null;
  if (field.type.startsWith("__rel_loc")) return field.size === 4 ? { at: field.offset, how: "rel-loc" } : null;
  return /^(unsigned |signed )?char\[/.test(field.type) ? { at: field.offset, how: "fixed", size: field.size } : null;
}

/** Offset of an integer of at least `size` bytes, or null when the event has no such field. */
export function integerPlace(format: EventFormat, name: string, size: number): number | null {
  const field = format.fields.get(name);
  return field === undefined || field.size < size ? null : field.offset;
}
