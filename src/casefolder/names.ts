export const MANIFEST = "manifest.json";
export const MANIFEST_DIGEST = "manifest.sha256";

/** The parts of a case by name; besides them there are copies of configuration, `files/0001` and so on. */
export const PARTS = {
  events: "events.bin",
  run: "run.json",
  before: "before.json",
  after: "after.json",
  answers: "answers.json",
} as const;
