// Servers that start a process for each request. The client sends requests by bash alone, without a process each.

/** Writes a client of a port and gives the entries of the inittab for so many of them. */
function clients(tools, options, { count, perSecond, port, send = "" }) {
  const end = Math.ceil(Date.now() / 1000 + options.delay + options.seconds + 1);
  const request = send === "" ? "" : `printf '${send}' >&5; `;
  tools.write(
    "/usr/local/sbin/client",
    `#!/bin/bash
sleep ${options.delay + 1}
mkfifo /run/nap-$$
exec 4<>/run/nap-$$
while (( EPOCHSECONDS < ${end} )); do
  { ${request}while read -r -t 2 -u 5; do :; done; } 5<>/dev/tcp/127.0.0.1/${port}
  read -r -t ${(1 / perSecond).toFixed(4)} -u 4
done
exec sleep 1000
`,
    0o755,
  );
  return Array.from({ length: count }, (_, n) => `c${n}:2345:once:/usr/local/sbin/client`);
}

function cgi(tools, options, { count, perSecond }) {
  tools.copy("/bin/busybox", "/usr/sbin/httpd");
  tools.write("/srv/www/cgi-bin/hello", "#!/bin/sh\necho 'Content-Type: text/plain'\necho\necho hello\n", 0o755);
  const send = "GET /cgi-bin/hello HTTP/1.0\\r\\n\\r\\n";
  return {
    inittab: [
      "hd:2345:once:/usr/sbin/httpd -f -p 127.0.0.1:8080 -h /srv/www",
      ...clients(tools, options, { count, perSecond, port: 8080, send }),
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
  prepare: (tools, options) => cgi(tools, options, { count: 4, perSecond: 500 }),
};

export const quietCgi = {
  name: "quiet-cgi",
  about: "the same httpd with some five requests a second",
  network: true,
  expected: { outcome: "healthy", exitCode: 0, kind: null },
  prepare: (tools, options) => cgi(tools, options, { count: 1, perSecond: 5 }),
};

/**
 * A superserver that starts /usr/local/sbin/answer for each connection, and who connects: many at a gentle pace, so that a busy
 * machine, on which each waits longer, still sees enough of them.
 */
function superserver(name, { about, server, start, files, restart }) {
  return {
    name,
    about,
    network: true,
    observe: { seconds: 20, duration: "5s" },
    expected: {
      outcome: "storm",
      exitCode: 1,
      kind: "connection-storm",
      exe: "/usr/local/sbin/answer",
      notKinds: ["respawn-loop", "polling-agent", "unclassified"],
      spawner: server,
      restart: { resolvesTo: "/usr/local/sbin/answer", limitAllowsRate: true, ...restart },
    },
    prepare(tools, options) {
      for (const [path, text] of files) tools.write(path, text);
      tools.install("worker", "/usr/local/sbin/answer");
      return {
        inittab: [`in:2345:once:${start}`, ...clients(tools, options, { count: 12, perSecond: 15, port: 8081 })],
      };
    },
  };
}

export const inetdStorm = superserver("inetd-storm", {
  about: "real inetd (openbsd-inetd) that starts a program for each connection",
  server: "/usr/sbin/inetd",
  start: "/usr/sbin/inetd -i",
  files: [
    [
      "/etc/inetd.conf",
      "# answers whoever asks\n\n127.0.0.1:8081 stream tcp nowait.30000 root /usr/local/sbin/answer answer\n",
    ],
  ],
  restart: {
    supervisor: "inetd",
    unit: "127.0.0.1:8081/tcp",
    file: "/etc/inetd.conf",
    line: 3,
    directive: "nowait.30000",
    limit: { starts: 30_000, seconds: 60 },
  },
});

export const xinetdStorm = superserver("xinetd-storm", {
  about: "the same with real xinetd",
  server: "/usr/sbin/xinetd",
  start: "/usr/sbin/xinetd -dontfork -inetd_compat",
  files: [
    ["/etc/xinetd.conf", "defaults\n{\n\tinstances = UNLIMITED\n\tcps = 1000 10\n}\nincludedir /etc/xinetd.d\n"],
    [
      "/etc/xinetd.d/answer",
      "service answer\n{\n\ttype = UNLISTED\n\tport = 8081\n\tbind = 127.0.0.1\n\tsocket_type = stream\n\tprotocol = tcp\n\twait = no\n\tuser = root\n\tserver = /usr/local/sbin/answer\n}\n",
    ],
  ],
  restart: {
    supervisor: "xinetd",
    unit: "answer",
    file: "/etc/xinetd.d/answer",
    line: 10,
    directive: "server",
    limit: { starts: 1000, seconds: 1 },
  },
});
