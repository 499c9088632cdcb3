import { Cursor, DamagedTrace, inMemory } from "./cursor.ts";
import type { CpuData, Description } from "./description.ts";
import { Marker, Option } from "./layout.ts";

/** More CPUs than Linux knows. */
const MOST_CPUS = 65_536;

/** Reads what stands between the first bytes of a version 6 file and its pages (trace-cmd.dat.v6(5)). Throws `DamagedTrace`. */
export function readVersionSix(
  cursor: Cursor,
  description: Description,
  source: ConstructorParameters<typeof Cursor>[0],
): void {
  description.headerInfo(cursor);
  description.ftraceEvents(cursor);
  description.eventFormats(cursor);
  // Addresses of kernel functions and formats of trace_printk: no event that is read here needs them.
  skip(cursor, cursor.u32());
  skip(cursor, cursor.u32());
  description.cmdlines(cursor);
  const cpus = cursor.u32();
  if (cpus > MOST_CPUS) throw new DamagedTrace(`${cpus} CPUs`, cursor.at - 4);
  const others: { at: number; name: string; cpus: number }[] = [];
  let marker = cursor.text(Marker.options.length);
  if (marker === Marker.options) {
    for (let kind = cursor.u16(); kind !== Option.done; kind = cursor.u16()) {
      const data = Uint8Array.from(cursor.take(cursor.u32()));
      if (description.option(kind, data) || kind !== Option.buffer) continue;
      const inside = new Cursor(inMemory(data), 0);
      const at = inside.u64();
      const name = inside.string();
      // Where instances have another number of CPUs than the top one.
      others.push({ at, name, cpus: data.length - inside.at >= 4 ? inside.u32() : cpus });
    }
    marker = cursor.text(Marker.options.length);
  }
  description.buffers.push({ name: "", clock: null, cpus: cpuTable(cursor, marker, cpus), packed: false });
  for (const { at, name, cpus: count } of others) {
    const table = new Cursor(source, at);
    const own = table.text(Marker.flyrecord.length);
    description.buffers.push({
      name,
      clock: null,
      cpus: cpuTable(table, own, Math.min(count, MOST_CPUS)),
      packed: false,
    });
  }
}

function cpuTable(cursor: Cursor, marker: string, cpus: number): CpuData[] {
  if (marker === Marker.latency)
    throw new DamagedTrace("it holds the text of a latency tracer and no events", cursor.at - marker.length);
  if (marker !== Marker.flyrecord)
    throw new DamagedTrace("there is no table of the CPUs' data where it should be", cursor.at - marker.length);
  return Array.from({ length: cpus }, (_, cpu) => ({ cpu, at: cursor.u64(), size: cursor.u64() }));
}

function skip(cursor: Cursor, bytes: number): void {
  cursor.at += bytes;
}
