const AGENT = "/usr/local/sbin/agent";
const HELPER = "/usr/local/lib/agent/check-";

/** An agent that starts helpers by the clock; the first of them takes longer than the interval. */
function agent(tools, options, { helpers, slow }) {
  tools.install("agent", AGENT, { defines: { HELPERS: String(helpers), HELPER: `"${HELPER}"` } });
  for (let n = 0; n < helpers; n++) {
    const lifetime = n === 0 && slow ? `${Math.round(3.5 * options.interval * 1e6)}` : "1000000";
    tools.install("worker", `${HELPER}${"abcdefgh"[n]}`, { defines: { LIFETIME_NS: lifetime } });
  }
  return {
    countedBy: "page",
    inittab: [`ag:2345:once:${AGENT}`],
    intervalNs: BigInt(Math.round(options.interval * 1e6)),
  };
}

export const pollingAgent = {
  name: "polling-agent",
  about: "an agent starts three helpers ten times a second; one takes longer than that, so its runs overlap",
  defaults: { interval: 100 },
  expected: {
    outcome: "storm",
    exitCode: 1,
    kind: "polling-agent",
    notKinds: ["respawn-loop", "crash-loop", "unclassified"],
    spawner: AGENT,
  },
  prepare: (tools, options) => agent(tools, options, { helpers: 3, slow: true }),
};

export const quietAgent = {
  name: "quiet-agent",
  about: "an agent within reason: five short helpers once a second",
  defaults: { interval: 1000 },
  expected: { outcome: "healthy", exitCode: 0, kind: null },
  prepare: (tools, options) => agent(tools, options, { helpers: 5, slow: false }),
};
