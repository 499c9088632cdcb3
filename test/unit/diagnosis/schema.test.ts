import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

it("the exported JSON Schemas are those of the code (npm run schema writes them anew)", () => {
  const root = fileURLToPath(new URL("../../..", import.meta.url));
  const dir = mkdtempSync(join(tmpdir(), "whoforks-schema-"));
  try {
    execFileSync(process.execPath, [join(root, "scripts/export-schema.mjs"), dir]);
    const names = readdirSync(dir);
    expect(names).toEqual(expect.arrayContaining(["diagnosis-1.json", "behaviour-1.json"]));
    for (const name of names)
      expect(readFileSync(join(root, "schema", name), "utf8"), name).toBe(readFileSync(join(dir, name), "utf8"));
  } finally {
    rmSync(dir, { recursive: true });
  }
});
