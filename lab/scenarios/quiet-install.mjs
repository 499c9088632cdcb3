import { readdirSync } from "node:fs";
import { cacheFolder } from "../packages.mjs";

const PACKAGE = "at";

export default {
  name: "quiet-install",
  about: "real dpkg installs a package four times, one after another: many short programs for a good reason",
  // Nobody may be told that an installation is a storm; that it is healthy is enough.
  expected: { outcome: "healthy", exitCode: 0, kind: null },
  prepare(tools, options) {
    const name = readdirSync(`${cacheFolder()}/packages`).find((file) => file.startsWith(`${PACKAGE}_`));
    tools.bring(`${cacheFolder()}/packages/${name}`, "/var/cache/lab.deb");
    tools.write("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755);
    tools.write(
      "/usr/local/sbin/install-it",
      `#!/bin/sh
sleep ${options.delay + 1}
for round in 1 2 3 4; do DEBIAN_FRONTEND=noninteractive dpkg --force-confnew -i /var/cache/lab.deb; done
exec sleep 1000
`,
      0o755,
    );
    return { inittab: ["in:2345:once:/usr/local/sbin/install-it"] };
  },
};
