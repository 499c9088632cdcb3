// Writes the JSON Schemas of what the commands print with --json to schema/ (or another folder), from the code.
import { build } from "esbuild";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Schema of src/, its name, what it describes. */
const SCHEMAS = [
  { from: "./src/diagnosis/schema.ts", of: "diagnosis", title: "Result of whoforks diagnose --json" },
  { from: "./src/behave/schema.ts", of: "behaviour", title: "Result of whoforks behave --json" },
  { from: "./src/identity/schema.ts", of: "identities", title: "Result of whoforks identify --json" },
  { from: "./src/origin/schema.ts", of: "origin", title: "Result of whoforks origin --json" },
  {
    from: "./src/verification/schema.ts",
    of: "verification",
    title: "Result of whoforks identify --verify-packages --json",
  },
  { from: "./src/why/schema.ts", of: "restarts", title: "Result of whoforks why --json" },
  { from: "./src/experiment/schema.ts", of: "experiment", title: "Result of whoforks prove --json" },
  { from: "./src/quarantine/schema.ts", of: "quarantine", title: "Result of whoforks quarantine and restore, --json" },
  { from: "./src/formats/event-schema.ts", of: "events", title: "One line of whoforks events" },
];

const { outputFiles } = await build({
  stdin: {
    contents: [...SCHEMAS.map(({ from, of }) => `export { ${of} } from "${from}";`), 'export { z } from "zod";'].join(
      "\n",
    ),
    resolveDir: root,
  },
  bundle: true,
  write: false,
  format: "esm",
  platform: "node",
});
const { z, ...schemas } = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`
);
const folder = process.argv[2] ?? `${root}/schema`;
for (const { of, title } of SCHEMAS) {
  const schema = z.toJSONSchema(schemas[of], { target: "draft-2020-12", io: "input" });
  writeFileSync(
    `${folder}/${of}-1.json`,
    JSON.stringify({ $id: `whoforks/${of}/1`, title, ...schema }, null, 2) + "\n",
  );
}
