import { isoTime } from "../../identity/file-facts.ts";
import { msOf } from "../iso.ts";
import type { KeptQuestion, SignOf } from "../types.ts";
import type { Sign } from "../result.ts";

const DAY = 86_400_000;
const SLACK = 1_000_000_000n;

/** Times that no clock which only goes forward can have written. */
export const clockSigns: SignOf<KeptQuestion> = ({ question, file }): Sign[] => {
  const signs: Sign[] = [];
  const { birth, change, modification } = file;
  if (birth !== null && change < birth - SLACK) {
    signs.push({
      code: "origin.changed-before-birth",
      args: { change: isoTime(change), birth: isoTime(birth) },
      weight: "medium",
      otherwise: "origin.otherwise.clock",
    });
  }
  const times = { birth, change, modification };
  for (const [kind, time] of Object.entries(times)) {
    if (time === null || msOf(time) <= question.now + DAY) continue;
    signs.push({
      code: "origin.time-in-future",
      args: { kind, time: isoTime(time) },
      weight: "medium",
      otherwise: "origin.otherwise.clock",
    });
  }
  if (modification > change + 2n * SLACK) {
    signs.push({
      code: "origin.modified-after-change",
      args: { modification: isoTime(modification), change: isoTime(change) },
      weight: "medium",
      otherwise: "origin.otherwise.clock",
    });
  }
  return signs;
};
