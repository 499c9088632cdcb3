import type { Source } from "../types.ts";
import { apkLog } from "./apk-log.ts";
import { aptHistory } from "./apt-history.ts";
import { aptTerm } from "./apt-term.ts";
import { audit } from "./audit.ts";
import { authLog } from "./auth-log.ts";
import { btmp } from "./btmp.ts";
import { changedThen } from "./changed-then.ts";
import { dnfHistory } from "./dnf-history.ts";
import { dnfLog } from "./dnf-log.ts";
import { dpkgLog } from "./dpkg-log.ts";
import { histories } from "./histories.ts";
import { journal } from "./journal.ts";
import { lastlog } from "./lastlog.ts";
import { openBy } from "./open-by.ts";
import { pacmanLog } from "./pacman-log.ts";
import { utmp } from "./utmp.ts";
import { wtmp } from "./wtmp.ts";

/** Every place that is looked into, in this order. */
export const sources: readonly Source[] = [
  dpkgLog,
  aptHistory,
  aptTerm,
  dnfHistory,
  dnfLog,
  pacmanLog,
  apkLog,
  audit,
  wtmp,
  utmp,
  btmp,
  lastlog,
  authLog,
  journal,
  openBy,
  changedThen,
  histories,
];
