const TESTS = 2000;

export default {
  name: "quiet-tests",
  about: "a test suite: make check runs one small shell script after another",
  expected: {
    outcome: "benign",
    exitCode: 0,
    kind: "build",
    notKinds: ["shell-loop", "respawn-loop", "unclassified", "polling-agent"],
    spawner: "/usr/bin/make",
  },
  prepare(tools, options) {
    const names = Array.from({ length: TESTS }, (_, n) => `t${n}`);
    const rule = names.map((name) => `${name}:\n\t@sh ./test.sh ${name}\n`).join("");
    tools.write("/usr/src/suite/Makefile", `check: ${names.join(" ")}\n.PHONY: check ${names.join(" ")}\n${rule}`);
    tools.write(
      "/usr/src/suite/test.sh",
      '#!/bin/sh\nwork=$(mktemp -d)\necho "$1" >"$work/a"\ncp "$work/a" "$work/b"\ncmp "$work/a" "$work/b" && grep -q t "$work/b"\nrm -r "$work"\n',
      0o755,
    );
    tools.write(
      "/usr/local/sbin/check",
      `#!/bin/sh\nsleep ${options.delay}\ncd /usr/src/suite && exec make -s check\n`,
      0o755,
    );
    return { inittab: ["ck:2345:once:/usr/local/sbin/check"] };
  },
};
