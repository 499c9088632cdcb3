import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

it("the exported JSON Schema is the one of the code (npm run schema writes it anew)", () => {
  const root = fileURLToPath(new URL("../../..", import.meta.url));
  const dir = mkdtempSync(join(tmpdir(), "whoforks-schema-"));
  try {
    execFileSync(process.execPath, [join(root, "scripts/export-schema.mjs"), join(dir, "schema.json")]);
    expect(readFileSync(join(root, "schema/diagnosis-1.json"), "utf8")).toBe(
      readFileSync(join(dir, "schema.json"), "utf8"),
    );
  } finally {
    rmSync(dir, { recursive: true });
  }
});
