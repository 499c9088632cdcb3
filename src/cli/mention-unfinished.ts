import { isMarked } from "../journal/unfinished.ts";

/**
 * Says on standard error what an earlier run left unfinished. Costs one stat(2) where there is nothing; a run that is under
 * way right now is not mentioned, nor is anything that this user may not look at.
 */
export async function mentionUnfinished(): Promise<void> {
  if (!isMarked()) return;
  const [{ Journal }, { isLocked }, { safe }, { ALL_STEPS }] = await Promise.all([
    import("../journal/journal.ts"),
    import("../journal/lock.ts"),
    import("../report/text/sanitise.ts"),
    import("./step-kinds.ts"),
  ]);
  if (isLocked()) return;
  try {
    for (const { head, end } of new Journal(ALL_STEPS).unfinished()) {
      const how = end === "stuck" ? "could not be undone whole" : "did not end";
      const what = `${safe(head.action)} of ${safe(head.subject)}`;
      process.stderr.write(`whoforks: ${what} ${how}; to undo it: whoforks restore ${head.id}\n`);
    }
  } catch {
    // The mark is there and the journals cannot be read: the command that was asked for does not depend on them.
  }
}
