/* exec-loop COUNT PROGRAM: starts PROGRAM COUNT times, one after the other, and waits for each. */
#define _GNU_SOURCE
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  char *args[] = {argv[2], NULL};
  char *environment[] = {NULL};
  for (int left = atoi(argv[1]); left > 0; left--) {
    pid_t child;
    if (posix_spawn(&child, argv[2], NULL, NULL, args, environment) != 0) return 1;
    if (waitpid(child, NULL, 0) != child) return 1;
  }
  return 0;
}
