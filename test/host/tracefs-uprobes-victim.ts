// Puts a probe on execve of the C library, switches it on, says where, and waits to be killed.
import { openSync } from "node:fs";
import { Instance } from "../../src/capture/tracefs/instance.ts";
import { ProbeGroup } from "../../src/capture/tracefs/probe-group.ts";
import { defineUprobe } from "../../src/capture/tracefs/uprobes.ts";
import { readDynamicSymbols } from "../../src/elf/symbols.ts";
import { fileSource } from "../../src/platform/file-source.ts";

const [, , file = ""] = process.argv;
const fd = openSync(file, "r");
const execve = readDynamicSymbols(fileSource(fd))?.defined.find(({ name }) => name === "execve");
const instance = new Instance("/sys/kernel/tracing");
const group = new ProbeGroup("/sys/kernel/tracing", instance);
instance.enable(defineUprobe(group, { event: "execve", fd, offset: execve?.fileOffset ?? 0, fetches: [] }));
process.on("SIGINT", () => {
  group.end(() => undefined);
  instance.remove();
  process.exit(0);
});
process.stdout.write(`${group.name}\n`);
setInterval(() => undefined, 1000);
