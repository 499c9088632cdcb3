import build from "./build.mjs";
import {
  caseAnacron,
  caseAt,
  caseBare,
  caseCron,
  caseFile,
  caseMonit,
  caseOpenrc,
  case32,
  caseParallel,
  caseRunit,
  caseS6,
  caseSupervisord,
  caseSystemd,
  pidReuse,
  short,
  variedChain,
} from "./case.mjs";
import { crashLoop, respawnLoop, respawnRunit, respawnSysvinit } from "./respawn.mjs";
import forkBomb from "./fork-bomb.mjs";
import quiet from "./quiet.mjs";
import threadChurn from "./thread-churn.mjs";
import twoAtOnce from "./two-at-once.mjs";
import shellLoop from "./shell-loop.mjs";
import { pollingAgent, quietAgent } from "./polling-agent.mjs";
import watchdogPair from "./watchdog-pair.mjs";
import wrappers from "./wrappers.mjs";
import { connectionStorm, inetdStorm, quietCgi, xinetdStorm } from "./connections.mjs";
import { cronStorm, quietCron } from "./cron.mjs";
import loginStorm from "./login-storm.mjs";
import quietInstall from "./quiet-install.mjs";
import quietTests from "./quiet-tests.mjs";
import healthChecks from "./health-checks.mjs";
import containers from "./containers.mjs";
import sourceBuild from "./source-build.mjs";
import rcLocal from "./rc-local.mjs";
import udevStorm from "./udev-storm.mjs";
import timerStorm from "./timer-storm.mjs";
import { quietAutoreap, zombies } from "./zombies.mjs";

/** Every scenario by name, in the order of `node lab/run.mjs --list`. */
export const scenarios = new Map(
  [
    caseFile,
    case32,
    caseParallel,
    caseBare,
    caseCron,
    caseRunit,
    caseS6,
    caseAnacron,
    caseAt,
    caseSupervisord,
    caseOpenrc,
    caseMonit,
    caseSystemd,
    short,
    pidReuse,
    variedChain,
    respawnLoop,
    crashLoop,
    respawnSysvinit,
    respawnRunit,
    twoAtOnce,
    forkBomb,
    shellLoop,
    rcLocal,
    zombies,
    threadChurn,
    watchdogPair,
    pollingAgent,
    wrappers,
    loginStorm,
    connectionStorm,
    inetdStorm,
    xinetdStorm,
    cronStorm,
    timerStorm,
    udevStorm,
    healthChecks,
    containers,
    build,
    sourceBuild,
    quiet,
    quietAutoreap,
    quietAgent,
    quietCgi,
    quietCron,
    quietInstall,
    quietTests,
  ].map((scenario) => [scenario.name, scenario]),
);
