/** Names by which programs are known; a name alone never decides anything, it only adds to what processes do. */

const SHELLS = new Set([
  "sh",
  "bash",
  "dash",
  "ash",
  "zsh",
  "ksh",
  "ksh93",
  "mksh",
  "fish",
  "busybox",
  "rbash",
  "csh",
  "tcsh",
]);

export function isShell(name: string): boolean {
  return SHELLS.has(name);
}

/** Whether a program is a shell, or a script that one runs. */
export function isShellOrScript({
  exe,
  comm,
  runs,
}: {
  exe: string | null;
  comm: string;
  runs: string | null;
}): boolean {
  const named = (name: string): boolean => isShell(name.slice(name.lastIndexOf("/") + 1));
  return named(exe ?? comm) || (runs !== null && named(runs));
}

/** Daemons that start jobs by crontabs and at jobs. */
export function isCron(name: string): boolean {
  return /^(?:cron|crond|fcron|anacron|atd|cronie|dcron|bcron-start|mcron)$/.test(name);
}

/** Servers that fork for each connection or request, or may: inetd's kin, CGI servers, listeners from the command line. */
export function isServer(name: string): boolean {
  return /^(?:inetd|xinetd|rlinetd|openbsd-inetd|tcpserver|tcpsvd|udpsvd|ipsvd|socat|ncat|httpd|apache2|lighttpd|thttpd|mini_httpd|boa|fcgiwrap|spawn-fcgi|cgiwrap|uwsgi|postmaster|postgres|vsftpd|proftpd)$/.test(
    name,
  );
}

/** Servers that let people in, and the programs that they execute themselves as. */
export function isLoginServer(name: string): boolean {
  return /^(?:sshd|sshd-session|sshd-auth|dropbear|dropbearmulti|in\.telnetd|telnetd|rlogind|in\.rlogind)$/.test(name);
}

/** Programs that ask whether servers are well and start a program for that where they are told to. */
export function isHealthChecker(name: string): boolean {
  return /^(?:haproxy|keepalived|consul|ldirectord)$/.test(name);
}

/** systemd, as init or a user's. */
export function isSystemd(name: string): boolean {
  return name === "systemd";
}

/** Handles the kernel's device events. systemd-udevd is a link to udevadm where both are one program. */
export function isUdev(name: string): boolean {
  return /^(?:systemd-udevd|udevadm|udevd|eudevd|mdev|mdevd)$/.test(name);
}

/** Programs that run the steps of a build: they start compilers, and end when it is done. */
const BUILD_TOOLS = new Set([
  "make",
  "gmake",
  "ninja",
  "samu",
  "cmake",
  "ctest",
  "meson",
  "scons",
  "bazel",
  "cargo",
  "rustc",
  "go",
  "mvn",
  "gradle",
  "configure",
  "dpkg-buildpackage",
  "debuild",
  "rpmbuild",
  "msbuild",
  "xcodebuild",
  "waf",
  "b2",
  "bjam",
  "prove",
  "pytest",
  "tox",
  "bats",
]);

export function isBuildTool(name: string): boolean {
  return BUILD_TOOLS.has(name);
}

/** Compilers, assemblers, linkers and what they start, with a target or version around the name (`x86_64-linux-gnu-gcc-12`). */
const COMPILER =
  /^(?:[a-z0-9_]+-(?:[a-z0-9_]+-)*)?(?:cc|gcc|g\+\+|c\+\+|cc1|cc1plus|cc1obj|lto1|lto-wrapper|collect2|as|ld|ld\.bfd|ld\.gold|ld\.lld|lld|ar|ranlib|clang|clang\+\+|rustc|tsc|javac|compile|link|asm|gfortran|f951|ocamlopt(?:\.opt)?|ghc)(?:-[0-9.]+)?$/;

export function isCompiler(name: string): boolean {
  return COMPILER.test(name);
}
