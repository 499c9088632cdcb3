import { advice } from "./zh-CN/advice.ts";
import { behave } from "./zh-CN/behave.ts";
import { collect } from "./zh-CN/collect.ts";
import { doctor } from "./zh-CN/doctor.ts";
import { experiment } from "./zh-CN/experiment.ts";
import { footing } from "./zh-CN/footing.ts";
import { formatGaps } from "./zh-CN/format-gaps.ts";
import { gaps } from "./zh-CN/gaps.ts";
import { identify } from "./zh-CN/identify.ts";
import { identity } from "./zh-CN/identity.ts";
import { kinds } from "./zh-CN/kinds.ts";
import { origin } from "./zh-CN/origin.ts";
import { owners } from "./zh-CN/owners.ts";
import { quarantine } from "./zh-CN/quarantine.ts";
import { reasons } from "./zh-CN/reasons.ts";
import { remarks } from "./zh-CN/remarks.ts";
import { screen } from "./zh-CN/screen.ts";
import { sources } from "./zh-CN/sources.ts";
import { story } from "./zh-CN/story.ts";
import { top } from "./zh-CN/top.ts";
import { why } from "./zh-CN/why.ts";

import type { MessageCode } from "./en.ts";

/** All messages in Simplified Chinese. A code that is missing here does not compile. */
export const zhCN: Record<MessageCode, string> = {
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
};
