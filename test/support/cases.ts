import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { CaseWriter, type CaseFacts } from "../../src/casefolder/case-writer.ts";
import { emptyLedger } from "../../src/model/ledger.ts";
import type { ProcFacts, Snapshot } from "../../src/model/snapshot.ts";
import { fromBytes } from "../../src/model/text.ts";
import { Stream } from "./storms.ts";

/** The program of the kept storm: its name is no UTF-8. */
export const ODD = fromBytes(Buffer.from("/usr/bin/at\xffd", "latin1"));
export const PARTS = ["events.bin", "run.json", "before.json", "after.json", "answers.json"];

function facts(pid: number, ppid: number, exe: string, argv: string[]): ProcFacts {
  return {
    pid,
    ppid,
    comm: exe.split("/").at(-1) ?? "",
    state: "S",
    startedAfterBoot: pid / 100,
    utime: 1,
    stime: 2,
    cutime: 0,
    cstime: 0,
    kernelThread: false,
    exe,
    root: "/",
    threads: [],
    argv,
    cgroup: null,
    cpuCgroup: "unified:/x",
    ignoresSigchld: false,
    mountNamespace: "mnt:[1]",
    pidNamespace: "pid:[1]",
    namespacePid: pid,
  };
}

export function snapshot(seconds: number): Snapshot {
  const processes = [facts(1, 0, "/sbin/init", ["init"]), facts(7, 1, "/bin/x", ["x", "--password=hunter2"])];
  return {
    monotonicNs: seconds * 1e9,
    epochMs: 1.7e12 + seconds * 1000,
    cpu: { user: seconds, system: 2 * seconds, idle: seconds, iowait: 0, steal: 0 },
    forks: 1000 + seconds * 5000,
    processes: new Map(processes.map((process) => [process.pid, process])),
    cgroups: new Map([["unified:/x", { seconds: 3 + seconds, monotonicNs: seconds * 1e9 }]]),
  };
}

/** A chain of a program whose name is no UTF-8, seen for two seconds. */
export function chain(): Stream {
  const stream = new Stream();
  stream.seen(1, 0, "/sbin/init");
  stream.seen(1000, 1, ODD);
  stream.chain(1000, 10_000, 200);
  return stream;
}

/** What a run knows at its end. @param folder holds an `inittab` */
export function rest(folder: string, writer: CaseWriter): CaseFacts {
  const tracefs = { ...emptyLedger("tracefs", 0), events: 30_002 };
  return {
    version: "0.0.0-test",
    host: { hostname: "h", kernel: "6", machine: "x86_64", os: null, cpus: 2, bootedAt: "2026-01-01T00:00:00.000Z" },
    window: { startEpochMs: 1.7e12, seconds: 2 },
    run: {
      sources: [tracefs],
      couldNotLook: [],
      countersOnly: null,
      interrupted: false,
      ownMountNamespace: "mnt:[1]",
      slices: null,
      cgroupsOf: new Map([[ODD, new Map([[null, 3]])]]),
    },
    before: writer.snapshot(snapshot(0)),
    after: writer.snapshot(snapshot(2)),
    answers: [],
    configuration: [{ root: folder, path: "/inittab" }],
    excerpts: [{ root: folder, path: "/var/lib/dpkg/status", text: Buffer.from("Package: at\n\xff", "latin1") }],
    excerptsMissing: [],
  };
}

/** Makes a case in a folder that holds an `inittab`. @returns its path */
export function makeCase(folder: string, name: string, redact = true): string {
  const path = join(folder, name);
  const writer = new CaseWriter(path, redact);
  for (const event of chain().events) writer.event(event);
  expect(writer.finish(rest(folder, writer)).problems).toEqual([]);
  return path;
}

/** Changes a part and makes the manifest fit: what somebody does who wants it to be believed. */
export function forge(path: string, name: string, content: string | Uint8Array): void {
  writeFileSync(join(path, name), content);
  const manifest = JSON.parse(readFileSync(join(path, "manifest.json"), "utf8")) as {
    parts: { name: string; size: number; sha256: string }[];
  };
  for (const part of manifest.parts) {
    if (part.name !== name) continue;
    part.size = Buffer.byteLength(content);
    part.sha256 = createHash("sha256").update(content).digest("hex");
  }
  forgeManifest(path, JSON.stringify(manifest));
}

/** Puts this manifest in place of the case's, with a digest that fits. */
export function forgeManifest(path: string, text: string): void {
  writeFileSync(join(path, "manifest.json"), text);
  writeFileSync(join(path, "manifest.sha256"), `${createHash("sha256").update(text).digest("hex")}  manifest.json\n`);
}
