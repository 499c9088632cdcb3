// Real haproxy that runs a program for each check of each server behind it.

const SERVERS = 8;

export default {
  name: "health-check-storm",
  about: "real haproxy with external checks of eight servers, each five times a second",
  network: true,
  observe: { seconds: 20, duration: "5s" },
  expected: {
    outcome: "storm",
    exitCode: 1,
    kind: "health-check-storm",
    exe: "/usr/local/sbin/check",
    notKinds: ["respawn-loop", "polling-agent", "connection-storm", "unclassified"],
    spawner: "/usr/sbin/haproxy",
  },
  prepare(tools) {
    tools.install("worker", "/usr/local/sbin/check");
    const servers = Array.from({ length: SERVERS }, (_, n) => `  server s${n} 127.0.0.1:${9000 + n} check\n`);
    tools.write(
      "/etc/haproxy/haproxy.cfg",
      `global
  external-check
  insecure-fork-wanted
defaults
  mode tcp
  timeout connect 1s
  timeout client 1s
  timeout server 1s
frontend front
  bind 127.0.0.1:8080
  default_backend servers
backend servers
  option external-check
  external-check path /usr/bin:/bin
  external-check command /usr/local/sbin/check
  default-server inter 200ms
${servers.join("")}`,
    );
    return { inittab: ["ha:2345:once:/usr/sbin/haproxy -db -f /etc/haproxy/haproxy.cfg"] };
  },
};
