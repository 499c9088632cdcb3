import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { z } from "zod";
import { diagnosis } from "../../../src/diagnosis/schema.ts";
import { experiment } from "../../../src/experiment/schema.ts";
import { couldNotLook } from "../../../src/identity/footing-schema.ts";
import { origin } from "../../../src/origin/schema.ts";
import { restarts } from "../../../src/why/schema.ts";

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

it("what could not be looked at has one shape, also where a room may not know the others", () => {
  const shapes = [diagnosis, restarts, experiment, origin].map(({ shape }) => z.toJSONSchema(shape.couldNotLook));
  for (const shape of shapes) expect(shape).toEqual(z.toJSONSchema(couldNotLook));
});
