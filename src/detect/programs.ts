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
