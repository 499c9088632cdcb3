// Small files, so that compilers come and go some hundred times a second.
const FUNCTIONS_PER_FILE = 6;

export default {
  name: "build",
  about: "make -j2 with the real gcc over many small C files: many forks for a good reason",
  expected: {
    outcome: "benign",
    exitCode: 0,
    kind: "build",
    notKinds: ["self-replicating-chain", "respawn-loop", "fork-bomb", "shell-loop"],
    spawner: "/usr/bin/make",
  },
  prepare(tools, options) {
    const names = Array.from({ length: options.files }, (_, index) => `part${index}`);
    for (const [index, name] of names.entries()) tools.write(`/usr/src/project/${name}.c`, source(index));
    tools.write("/usr/src/project/Makefile", makefile(names));
    tools.write(
      "/usr/local/sbin/build",
      `#!/bin/sh\nsleep ${options.delay}\ncd /usr/src/project && exec make -s -j2\n`,
      0o755,
    );
    return { inittab: ["bd:2345:once:/usr/local/sbin/build"] };
  },
};

function source(index) {
  const lines = ["#include <stdio.h>", "#include <string.h>"];
  for (let n = 0; n < FUNCTIONS_PER_FILE; n++) {
    lines.push(
      `int part${index}_${n}(const char *text, int seed) {`,
      `  int sum = seed + ${index * 31 + n};`,
      `  for (size_t i = 0; i < strlen(text); i++) sum = sum * ${(n % 7) + 3} + text[i];`,
      `  return sum ^ ${n * 2654435 + index};`,
      "}",
    );
  }
  return `${lines.join("\n")}\n`;
}

const makefile = (names) => `CFLAGS = -O2
libproject.a: ${names.map((name) => `${name}.o`).join(" ")}
\tar rcs $@ $^
`;
