export const MANIFEST = "manifest.json";
export const MANIFEST_DIGEST = "manifest.sha256";

/** The parts of a case by name; besides them there are `TRACE` and copies of configuration, `files/0001` and so on. */
export const PARTS = {
  events: "events.bin",
  run: "run.json",
  before: "before.json",
  after: "after.json",
  answers: "answers.json",
} as const;

/** The raw pages as a file of trace-cmd; only where the kernel's trace was the source. */
export const TRACE = "trace.dat";
