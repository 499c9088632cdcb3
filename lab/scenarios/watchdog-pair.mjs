const [FIRST, SECOND] = ["/usr/local/bin/keeper", "/usr/local/bin/helper"];

export default {
  name: "watchdog-pair",
  about: "two programs that start each other again: whichever ends, the other brings it back",
  defaults: { lifetime: 100 },
  expected: {
    outcome: "storm",
    exitCode: 1,
    kind: "watchdog-pair",
    notKinds: ["self-replicating-chain", "respawn-loop", "crash-loop", "unclassified"],
  },
  prepare(tools) {
    tools.install("guard", FIRST, { defines: { PARTNER: `"${SECOND}"` } });
    tools.install("guard", SECOND, { defines: { PARTNER: `"${FIRST}"` } });
    return { countedBy: "page", inittab: [`wp:2345:once:${FIRST}`] };
  },
};
