import { inMemory } from "../../src/ftrace/trace-dat/cursor.ts";
import { readPacct } from "../../src/formats/pacct/read.ts";
import { accountHolds } from "../account.ts";

/** An accounting file, versions 2 and 3, either byte order. */
export async function fuzz(data: Uint8Array): Promise<void> {
  let events = 0;
  const sink = (): void => void events++;
  const reading = await readPacct(
    inMemory(Uint8Array.from(data)),
    "pacct",
    () => sink,
    () => false,
  );
  accountHolds(reading, events);
}
