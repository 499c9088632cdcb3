export default {
  name: "shell-loop",
  about: "a shell script polls without a pause: /bin/true and $(date +%s) in a loop",
  expected: {
    outcome: "storm",
    exitCode: 1,
    kind: "shell-loop",
    notKinds: ["self-replicating-chain", "respawn-loop", "build"],
    spawner: "/usr/bin/dash",
    script: "/usr/local/sbin/poll-queue",
  },
  prepare(tools, options) {
    const end = Math.ceil(Date.now() / 1000 + options.delay + options.seconds + 1);
    // Its own deadline keeps it bounded even if nobody ends it; sleep stays, so that init does not start it anew.
    tools.write(
      "/usr/local/sbin/poll-queue",
      `#!/bin/dash
sleep ${options.delay}
while :; do
  /bin/true
  now=$(date +%s)
  [ "$now" -lt ${end} ] || exec sleep 1000
done
`,
      0o755,
    );
    return { inittab: ["pq:2345:respawn:/usr/local/sbin/poll-queue"] };
  },
};
