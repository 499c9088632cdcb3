import { closeSync } from "node:fs";
import type { CallSink } from "../../model/calls.ts";
import type { Untrusted } from "../../model/text.ts";
import type { Instance } from "../tracefs/instance.ts";
import type { Probe } from "../tracefs/probes.ts";
import { ProbeGroup } from "../tracefs/probe-group.ts";
import { defineUprobe, type Fetch } from "../tracefs/uprobes.ts";
import type { ProbePlace } from "./imports.ts";

/** Where a function finds its first argument, by e_machine (the System V ABIs of i386, arm, x86_64 and aarch64). */
const FIRST_ARGUMENT: Readonly<Record<number, string>> = { 3: "+4(%sp)", 40: "%r0", 62: "%di", 183: "%x0" };

/** Probes at the functions that programs import, defined and not yet switched on. */
export class LibraryProbes {
  readonly probes: Probe[] = [];
  /** The sink's number of the call behind each probe. */
  readonly calls: number[] = [];
  refused = 0;
  /** Functions whose probes were switched off because they were called too often. */
  readonly dropped: Untrusted[] = [];
  readonly #group: ProbeGroup;
  readonly #sink: CallSink;
  readonly #names: Untrusted[] = [];

  /** Defines a probe for each place, and closes the libraries. A place that the kernel refuses is counted and left out. */
  constructor(tracefs: string, instance: Instance, places: readonly ProbePlace[], sink: CallSink) {
    this.#group = new ProbeGroup(tracefs, instance);
    this.#sink = sink;
    for (const { name, library, fd, offset, machine } of places) {
      const place = FIRST_ARGUMENT[machine];
      const fetches: Fetch[] = place === undefined ? [] : [{ name: "argument", place, type: "s32" }];
      try {
        this.probes.push(defineUprobe(this.#group, { event: `call_${this.probes.length}`, fd, offset, fetches }));
        this.calls.push(sink.call({ kind: "library", name, library }));
        this.#names.push(name);
      } catch {
        this.refused++;
      }
    }
    for (const fd of new Set(places.map((place) => place.fd))) closeSync(fd);
  }

  /** Switches off one that is hit too often, and says so to the sink. Throws the errno of a refusal. */
  drop(probe: number): void {
    this.#group.disable(this.probes[probe] as Probe);
    this.dropped.push(this.#names[probe] as Untrusted);
    this.#sink.dropped(this.calls[probe] as number);
  }

  /** Switches them off, has the buffers drained, deletes them. */
  end(drain: () => void): string | null {
    return this.#group.end(drain);
  }

  /** Deletes them once they are off. Never throws. */
  release(): void {
    this.#group.release();
  }
}
