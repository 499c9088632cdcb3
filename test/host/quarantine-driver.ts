// Plans and quarantines, or restores, by the code of the product and without its command line: starts in half the time.
import { Journal } from "../../src/journal/journal.ts";
import { StepRefused } from "../../src/journal/types.ts";
import { openRoot } from "../../src/platform/root.ts";
import { planQuarantine } from "../../src/quarantine/plan.ts";
import { quarantine } from "../../src/quarantine/quarantine.ts";
import { restore } from "../../src/quarantine/restore.ts";
import { quarantineKinds } from "../../src/quarantine/step-kinds.ts";

const [action, word = "", path = ""] = process.argv.slice(2);
const journal = new Journal(quarantineKinds);

async function run(): Promise<unknown> {
  if (action === "restore") {
    const again = journal.resume(word);
    const remaining = await restore(again);
    again.close();
    return { id: word, state: again.state.end, remaining };
  }
  const plan = planQuarantine(openRoot(word), path);
  const { run: made, ...rest } = await quarantine(plan, journal, { version: "0", watchMs: 0 });
  return { id: made.id, ...rest };
}

try {
  process.stdout.write(JSON.stringify(await run()));
} catch (error) {
  process.stdout.write(JSON.stringify({ threw: error instanceof StepRefused ? error.why : String(error) }));
}
