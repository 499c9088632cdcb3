/** Verdict, mechanism and advice of the kinds that are told by what their detector found, and what speaks for them. */
export const kinds = {
  "verdict.zombie-accumulation":
    "{parent} does not wait for its children: {fresh:count} new zombies in {seconds:seconds}, {zombies:count} in all (zombie accumulation)",
  "chain.zombie-accumulation":
    "{fresh:count} {program:base} processes ended and stayed as zombies, because {parent} never called wait for them[[; it is PID 1 of a container and no init: {init}]]",
  "advice.zombie-accumulation":
    "have {parent} wait for its children; until then ending it hands the zombies to PID 1, which reaps them[[; {init} is PID 1 of its container: put an init before it (docker run --init, tini)]]",
  "reason.zombies-stay": "{share:percent} of the children of {parent} that ended stay as zombies",
  "reason.zombies-grow": "there are {fresh:count} more of them than when the look began, {zombies:count} in all",

  "verdict.thread-churn":
    "{maker} makes {perSecond:rate} threads a second and lets them end: threads, not processes (thread churn)",
  "chain.thread-churn":
    "{maker} made {processes:count} threads, each for a short piece of work[[; {alive:count} of them were left in the end]]; counters of forks count them as if they were processes",
  "advice.thread-churn": "have {program:base} keep a pool of threads instead of a new one each time",
  "reason.threads-of-one-process": "{maker} makes {share:percent} of the threads of its program",
  "reason.threads-end": "{share:percent} of the threads have ended",
  "reason.thread-ends-unknown": "the sources do not tell when threads end: it may be a large pool",
} as const;
