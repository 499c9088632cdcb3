const AGENT = "/usr/local/sbin/agent";
const JOB = "/usr/local/bin/job-";

/** Wrappers as they come together over the years: each sets one thing and calls the next. */
const STACK = [
  '#!/bin/sh\nexec /usr/bin/env JOB=1 /usr/local/lib/job/shim "$@"\n',
  '#!/usr/bin/env bash\nexport SHIM=1\n/usr/local/lib/job/select "$@"\nexit $?\n',
  '#!/bin/sh\nexec /usr/bin/nice -n 5 /usr/bin/env LANG=C /usr/local/lib/job/limit "$@"\n',
  '#!/bin/sh\n/usr/bin/timeout 10 /usr/bin/stdbuf -oL /usr/local/lib/job/run "$@"\nexit $?\n',
  "#!/bin/sh\nexec /usr/bin/env -i /usr/local/bin/worker\n",
];
const PLACES = [`${JOB}a`, ...["shim", "select", "limit", "run"].map((name) => `/usr/local/lib/job/${name}`)];

export default {
  name: "wrapper-explosion",
  about:
    "an agent runs one job some three times a second, and each goes through sh, env, bash, nice, timeout, stdbuf, …",
  defaults: { interval: 300, pids: 400 },
  expected: {
    outcome: "storm",
    exitCode: 1,
    kind: "wrapper-explosion",
    notKinds: ["respawn-loop", "shell-loop", "self-replicating-chain", "unclassified"],
  },
  prepare(tools, options) {
    tools.install("agent", AGENT, { defines: { HELPERS: "1", HELPER: `"${JOB}"` } });
    tools.install("worker", "/usr/local/bin/worker");
    for (const [at, text] of STACK.entries()) tools.write(PLACES[at], text, 0o755);
    return {
      countedBy: "page",
      inittab: [`ag:2345:once:${AGENT}`],
      intervalNs: BigInt(Math.round(options.interval * 1e6)),
    };
  },
};
