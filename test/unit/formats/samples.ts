import { readdirSync, readFileSync } from "node:fs";
import { chainPages, versionSeven, versionSix } from "../../support/trace-files.ts";
import { pacctV2 } from "../../support/pacct-bytes.ts";

/** Bytes that a format reads as its own, all of them. */
export interface Sample {
  name: string;
  bytes: Buffer;
}

/**
 * Samples of each format by its id: recorded ones wherever they are small enough to be kept. A format without one fails the matrix of
 * bad input (bad-input.test.ts), which is where every format meets every damage. To add some: a folder in test/fixtures, and a line.
 */
export const SAMPLES: Readonly<Record<string, readonly Sample[]>> = {
  audit: recorded("audit", (file) => /\.(?:log|txt)$/.test(file)),
  strace: recorded("strace"),
  ltrace: recorded("ltrace"),
  // Those that trace-cmd writes are megabytes of descriptions; these hold pages as the kernel writes them.
  "trace-dat": [
    { name: "version 6", bytes: versionSix(chainPages(40)) },
    { name: "version 7", bytes: versionSeven(chainPages(40), "none") },
    { name: "version 7, packed", bytes: versionSeven(chainPages(40), "zlib") },
  ],
  pacct: [...recorded("pacct"), { name: "version 2", bytes: pacctV2() }],
  "trace-text": recorded("trace-text", (file) => file.startsWith("trace")),
  "perf-script": recorded("trace-text", (file) => file.startsWith("perf-script")),
  forkstat: recorded("forkstat"),
  execsnoop: recorded("execsnoop"),
  "execsnoop.bt": recorded("execsnoop-bt"),
  exitsnoop: recorded("exitsnoop"),
  atop: recorded("atop"),
  pidstat: recorded("pidstat", (file) => !/^(?:children|iso)$/.test(file)),
};

function recorded(folder: string, which: (file: string) => boolean = () => true): Sample[] {
  const here = new URL(`../../fixtures/${folder}/`, import.meta.url);
  return readdirSync(here)
    .filter((file) => file !== "README.md" && which(file))
    .map((file) => ({ name: file, bytes: readFileSync(new URL(file, here)) }));
}
