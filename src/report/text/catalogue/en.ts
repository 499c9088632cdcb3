import { advice } from "./en/advice.ts";
import { behave } from "./en/behave.ts";
import { collect } from "./en/collect.ts";
import { doctor } from "./en/doctor.ts";
import { experiment } from "./en/experiment.ts";
import { footing } from "./en/footing.ts";
import { formatGaps } from "./en/format-gaps.ts";
import { gaps } from "./en/gaps.ts";
import { identify } from "./en/identify.ts";
import { identity } from "./en/identity.ts";
import { kinds } from "./en/kinds.ts";
import { origin } from "./en/origin.ts";
import { owners } from "./en/owners.ts";
import { quarantine } from "./en/quarantine.ts";
import { reasons } from "./en/reasons.ts";
import { remarks } from "./en/remarks.ts";
import { screen } from "./en/screen.ts";
import { sources } from "./en/sources.ts";
import { story } from "./en/story.ts";
import { top } from "./en/top.ts";
import { why } from "./en/why.ts";

/** All messages in English: code → template (syntax in ../template.ts). */
export const en = {
  ...story,
  ...kinds,
  ...advice,
  ...owners,
  ...reasons,
  ...identity,
  ...identify,
  ...remarks,
  ...gaps,
  ...formatGaps,
  ...sources,
  ...screen,
  ...doctor,
  ...behave,
  ...top,
  ...why,
  ...origin,
  ...quarantine,
  ...experiment,
  ...footing,
  ...collect,
} as const;

/** A code that the catalogue has; other codes are shown as they are. */
export type MessageCode = keyof typeof en;
