import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll } from "vitest";
import { originOf, type Origin } from "../../../src/origin/index.ts";
import { origin as schema } from "../../../src/origin/schema.ts";
import { openRoot } from "../../../src/platform/root.ts";
import { jsonReport } from "../../../src/report/json.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) fs.rmSync(folder, { recursive: true });
});

/** A root of its own with files in it. */
export function rootWith(files: Record<string, string | Uint8Array>): string {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "whoforks-origin-"));
  folders.push(dir);
  for (const [name, content] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
    fs.writeFileSync(path.join(dir, name), content);
  }
  return dir;
}

/** The answer about a file of a root, after it passed through JSON and its schema. */
export async function asked(
  dir: string,
  file: string,
  options: { histories?: boolean; around?: number } = {},
): Promise<Origin> {
  const origin = await originOf({
    version: "0",
    root: openRoot(dir),
    path: file,
    around: options.around ?? 600,
    live: false,
    histories: options.histories ?? false,
    now: Date.now(),
    progress: () => undefined,
  });
  schema.parse(JSON.parse(jsonReport(origin)));
  return origin;
}

/** `2026-11-29 17:05:01` in UTC. */
export function written(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace("T", " ");
}

export function codesOf(origin: Origin): string[] {
  return origin.events.map(({ code }) => code);
}

export function eventOf(origin: Origin, code: string): Origin["events"][number] | undefined {
  return origin.events.find((event) => event.code === code);
}
