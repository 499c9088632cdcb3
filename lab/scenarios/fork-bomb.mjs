export default {
  name: "fork-bomb",
  about: "every member forks two children and lives on: the living double until the pids limit answers EAGAIN",
  defaults: { pids: 300, interval: 100 },
  expected: {
    outcome: "storm",
    exitCode: 1,
    kind: "fork-bomb",
    notKinds: ["self-replicating-chain", "respawn-loop"],
    exe: "/usr/local/bin/bomb",
  },
  prepare(tools, options) {
    tools.install("fork-bomb", "/usr/local/bin/bomb");
    return {
      countedBy: "page",
      inittab: ["fb:2345:once:/usr/local/bin/bomb"],
      intervalNs: BigInt(Math.max(1, Math.round(options.interval))) * 1_000_000n,
    };
  },
};
