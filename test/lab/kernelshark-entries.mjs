// Loads a trace.dat by libkshark, the library that KernelShark draws from, and prints each event: ns, CPU, task, event.
// Usage: kernelshark-entries.mjs FILE. The shapes are those of libkshark.h 2.2.
import koffi from "koffi";

const kshark = koffi.load("libkshark.so.2");
const instance = kshark.func("bool kshark_instance(_Out_ void **context)");
const open = kshark.func("int kshark_open(void *context, const char *file)");
const load = kshark.func("int64_t kshark_load_entries(void *context, int stream, _Out_ void **rows)");
const nameOf = kshark.func("char *kshark_get_event_name(void *entry)");
const taskOf = kshark.func("int kshark_get_pid(void *entry)");
const Entry = koffi.struct({
  next: "void *",
  visible: "uint16_t",
  stream: "int16_t",
  event: "int16_t",
  cpu: "int16_t",
  pid: "int32_t",
  offset: "int64_t",
  ts: "int64_t",
});

const context = [null];
const rows = [null];
if (!instance(context)) throw new Error("libkshark: no instance");
const stream = open(context[0], process.argv[2]);
if (stream < 0) throw new Error(`libkshark: cannot open: ${stream}`);
const count = Number(load(context[0], stream, rows));
if (count < 0) throw new Error(`libkshark: cannot load: ${count}`);
const lines = koffi.decode(rows[0], "void *", count).map((entry) => {
  const { ts, cpu } = koffi.decode(entry, Entry);
  return `${ts} ${cpu} ${taskOf(entry)} ${nameOf(entry)}\n`;
});
process.stdout.write(lines.join(""));
