const PORT = 2222;

export default {
  name: "login-storm",
  about: "five scripts log in to a real sshd on loopback with a key, run one command, and log in again",
  network: true,
  defaults: { pids: 300 },
  // sshd makes its keys first.
  observe: { seconds: 40, duration: "20s" },
  expected: {
    outcome: "storm",
    exitCode: 1,
    kind: "login-storm",
    notKinds: ["self-replicating-chain", "fork-bomb", "respawn-loop", "shell-loop", "unclassified"],
    spawner: "/usr/sbin/sshd",
  },
  prepare(tools, options) {
    tools.write(
      "/etc/ssh/lab_config",
      `Port ${PORT}
ListenAddress 127.0.0.1
HostKey /etc/ssh/lab_host_key
AuthorizedKeysFile /etc/ssh/lab_login_key.pub
PermitRootLogin prohibit-password
UsePAM no
StrictModes no
PidFile none
`,
    );
    tools.write(
      "/usr/local/sbin/start-sshd",
      `#!/bin/sh
grep -q ^sshd: /etc/passwd || echo 'sshd:x:64999:65534::/run/sshd:/usr/sbin/nologin' >>/etc/passwd
mkdir -p -m 755 /run/sshd
for key in host login; do ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/lab_\${key}_key; done
exec /usr/sbin/sshd -D -e -f /etc/ssh/lab_config
`,
      0o755,
    );
    // sshd's bash reads it, and what the host's root has in it is not part of the scenario.
    tools.write("/root/.bashrc", "");
    const end = Math.ceil(Date.now() / 1000 + options.delay + options.seconds + 1);
    // At a pace at which the shell's own processes are no storm.
    tools.write(
      "/usr/local/sbin/collect",
      `#!/bin/bash
sleep ${options.delay + 1}
mkfifo /run/nap-$$
exec 4<>/run/nap-$$
while (( EPOCHSECONDS < ${end} )); do
  ssh -F none -p ${PORT} -i /etc/ssh/lab_login_key -o BatchMode=yes -o StrictHostKeyChecking=no \\
    -o UserKnownHostsFile=/dev/null root@127.0.0.1 /bin/true 2>/dev/null
  read -r -t 0.1 -u 4
done
exec sleep 1000
`,
      0o755,
    );
    return {
      inittab: [
        "sd:2345:once:/usr/local/sbin/start-sshd",
        ...["c1", "c2", "c3", "c4", "c5"].map((id) => `${id}:2345:once:/usr/local/sbin/collect`),
      ],
    };
  },
};
