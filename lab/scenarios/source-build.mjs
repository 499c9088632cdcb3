import { sourceArchive } from "../sources.mjs";

const PACKAGE = "lua5.4";

export default {
  name: "source-build",
  observe: { seconds: 20, duration: "8s" },
  about: "make -j4 of a real source tree (Lua, as Debian has it), again and again",
  expected: {
    outcome: "benign",
    exitCode: 0,
    kind: "build",
    notKinds: ["self-replicating-chain", "respawn-loop", "fork-bomb", "shell-loop", "polling-agent", "unclassified"],
    spawner: "/usr/bin/make",
  },
  sources: [PACKAGE],
  prepare(tools, options) {
    const archive = sourceArchive(PACKAGE);
    tools.bring(archive, `/usr/src/${archive.slice(archive.lastIndexOf("/") + 1)}`);
    const end = Math.ceil(Date.now() / 1000 + options.delay + options.seconds + 1);
    tools.write(
      "/usr/local/sbin/build",
      `#!/bin/bash
sleep ${options.delay}
# One path for make, whichever way it is seen: /bin is a link to /usr/bin.
export PATH=/usr/bin:/bin
mkdir /usr/src/lua && cd /usr/src/lua || exit 1
tar -x --strip-components=1 -f /usr/src/${PACKAGE}_*.orig.tar.*
while (( EPOCHSECONDS < ${end} )); do
  make -s clean
  make -s -j4 linux MYCFLAGS=-O0 || break
done
exec sleep 1000
`,
      0o755,
    );
    return { inittab: ["bd:2345:once:/usr/local/sbin/build"] };
  },
};
