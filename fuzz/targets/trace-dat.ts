import { inMemory } from "../../src/ftrace/trace-dat/cursor.ts";
import { readTraceDat } from "../../src/formats/trace-dat/read.ts";
import { accountHolds } from "../account.ts";

/** A whole trace.dat, versions 6 and 7. */
export async function fuzz(data: Uint8Array): Promise<void> {
  let events = 0;
  const sink = (): void => void events++;
  const reading = await readTraceDat(
    inMemory(Uint8Array.from(data)),
    "trace.dat",
    () => sink,
    () => false,
  );
  accountHolds(reading, events);
}
