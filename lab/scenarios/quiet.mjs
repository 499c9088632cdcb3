export default {
  name: "quiet",
  about: "a healthy host: one daemon that does one small thing a second",
  expected: { outcome: "healthy", exitCode: 0, kind: null },
  prepare(tools) {
    tools.write("/usr/local/sbin/ticker", "#!/bin/sh\nwhile :; do sleep 1; done\n", 0o755);
    return { inittab: ["tk:2345:respawn:/usr/local/sbin/ticker"] };
  },
};
