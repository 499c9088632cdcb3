// A web server that starts a process for each request. The client sends requests by bash alone, without a process each.

function cgi(tools, options, { clients, perSecond }) {
  const end = Math.ceil(Date.now() / 1000 + options.delay + options.seconds + 1);
  tools.copy("/bin/busybox", "/usr/sbin/httpd");
  tools.write("/srv/www/cgi-bin/hello", "#!/bin/sh\necho 'Content-Type: text/plain'\necho\necho hello\n", 0o755);
  tools.write(
    "/usr/local/sbin/client",
    `#!/bin/bash
sleep ${options.delay + 1}
mkfifo /run/nap-$$
exec 4<>/run/nap-$$
while (( EPOCHSECONDS < ${end} )); do
  { printf 'GET /cgi-bin/hello HTTP/1.0\\r\\n\\r\\n' >&5; while read -r -t 2 -u 5; do :; done; } 5<>/dev/tcp/127.0.0.1/8080
  read -r -t ${(1 / perSecond).toFixed(4)} -u 4
done
exec sleep 1000
`,
    0o755,
  );
  return {
    inittab: [
      "hd:2345:once:/usr/sbin/httpd -f -p 127.0.0.1:8080 -h /srv/www",
      ...Array.from({ length: clients }, (_, n) => `c${n}:2345:once:/usr/local/sbin/client`),
    ],
  };
}

export const connectionStorm = {
  name: "connection-storm",
  observe: { seconds: 20, duration: "8s" },
  about: "a real httpd (busybox) that answers requests by a CGI script, as fast as four clients send them",
  network: true,
  expected: {
    outcome: "storm",
    exitCode: 1,
    kind: "connection-storm",
    notKinds: ["respawn-loop", "polling-agent", "shell-loop", "unclassified"],
    spawner: "/usr/sbin/httpd",
  },
  prepare: (tools, options) => cgi(tools, options, { clients: 4, perSecond: 500 }),
};

export const quietCgi = {
  name: "quiet-cgi",
  about: "the same httpd with some five requests a second",
  network: true,
  expected: { outcome: "healthy", exitCode: 0, kind: null },
  prepare: (tools, options) => cgi(tools, options, { clients: 1, perSecond: 5 }),
};
