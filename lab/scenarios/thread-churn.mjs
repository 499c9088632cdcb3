export default {
  name: "thread-churn",
  about: "one process makes a thread a millisecond and lets each end: threads in place of processes",
  defaults: { interval: 1 },
  expected: {
    outcome: "storm",
    exitCode: 1,
    kind: "thread-churn",
    notKinds: ["self-replicating-chain", "fork-bomb", "respawn-loop", "unclassified"],
    exe: "/usr/local/bin/threads",
    spawner: "/usr/local/bin/threads",
  },
  prepare(tools, options) {
    tools.install("threads", "/usr/local/bin/threads");
    return {
      countedBy: "page",
      inittab: ["th:2345:once:/usr/local/bin/threads"],
      intervalNs: BigInt(Math.round(options.interval * 1e6)),
    };
  },
};
