import { errnoOf } from "../../platform/errno.ts";
import type { Instance } from "./instance.ts";
import type { ProbeGroup } from "./probe-group.ts";
import type { Probe } from "./probes.ts";

/** Arguments asked for: with the pointers to them 35 fields, of at most 128 (MAX_TRACE_ARGS of kernel/trace/trace_probe.h). */
const ARGUMENTS = 16;
const POINTER = 8;
/** WRITE_BUFSIZE of kernel/trace/trace.c trace_parse_run_command: a longer command is cut, and refused. */
export const LONGEST_COMMAND = 4096;

/**
 * What an event probe is attached to. `file` says whether the name that the kernel executes is the one asked for: that
 * of execveat(2) counts from a directory.
 */
const ATTACHED: readonly { name: string; file: boolean }[] = [
  { name: "sys_enter_execve", file: true },
  { name: "sys_enter_execveat", file: false },
];

/**
 * Whether this kernel has event probes (5.15, CONFIG_EPROBE_EVENTS), by tracefs's README and its configuration; null
 * where only a try can tell. README names them in every kernel of 5.15 that has dynamic events at all, so it can
 * only rule them out.
 */
export function hasEprobes(readme: string | null, config: (option: string) => boolean | null): boolean | null {
  // `	           e[:[<group>/][<event>]] <attached-group>.<attached-event> [<args>] [if <filter>]`
  if (readme !== null && !/^\s*e\[?:/m.test(readme)) return false;
  return config("EPROBE_EVENTS");
}

/**
 * Defines an event probe on the entry of each system call that executes, whatever program makes it, and gives those that
 * the kernel took. Throws the errno of its refusal (EINVAL without CONFIG_EPROBE_EVENTS).
 */
export function defineEntryProbes(group: ProbeGroup, instance: Instance): Probe[] {
  const probes: Probe[] = [];
  for (const { name, file } of ATTACHED) {
    const attached: Probe = { system: "syscalls", name, filter: null, costs: "", needed: false };
    // Kernels without CONFIG_FTRACE_SYSCALLS have neither.
    if (!instance.has(attached)) continue;
    const event = `entry_${name.slice("sys_enter_".length)}`;
    try {
      probes.push(group.define("dynamic_events", event, entryDefinition(group.name, event, name, file)));
    } catch (error) {
      if (probes.length === 0) throw error;
      if (errnoOf(error) !== "EINVAL" && errnoOf(error) !== "ENODEV") throw error;
    }
  }
  return probes;
}

/**
 * The command for one of them (Documentation/trace/eprobetrace.rst). Fetched are the argument vector's address, each
 * pointer in it and the text behind each, all from user space (`+u`, since 5.3): an array of the pointers would be
 * shorter, but the kernel takes arrays of its own memory only (trace_probe.c traceprobe_parse_probe_arg_body).
 * Text is of any length here, unlike in user-space probes, because its length is measured before room for it is
 * reserved (trace_eprobe.c __eprobe_trace_func); what does not fit a page is not recorded at all.
 */
export function entryDefinition(group: string, event: string, attached: string, file: boolean): string {
  const fields = ["argv=$argv:u64"];
  if (file) fields.push("file=+u0($filename):ustring");
  for (let n = 0; n <= ARGUMENTS; n++) fields.push(`p${n}=+u${n * POINTER}($argv):u64`);
  for (let n = 0; n < ARGUMENTS; n++) fields.push(`a${n}=+u0(+u${n * POINTER}($argv)):ustring`);
  return `e:${group}/${event} syscalls.${attached} ${fields.join(" ")}\n`;
}
