/*
 * chain INIT-DEADLINE: the reaper of a PID namespace. Starts "$TARGET" (a copy of this program under another inode) as a
 * chain, in a process group of its own, and reaps. Exit 0: no child was left before the deadline. Exit 7: the deadline.
 * As the target: forks, lets the parent exit, and goes on in the child until the deadline.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec;
}

int main(int argc, char **argv) {
  long deadline = argc > 1 ? atol(argv[1]) : 0;
  char *target = getenv("TARGET");
  if (argc > 2) {
    while (now() < atol(argv[2])) {
      pid_t child = fork();
      if (child != 0) _exit(child < 0);
    }
    return 0;
  }
  deadline += now();
  if (fork() == 0) {
    char text[32];
    int length = 31;
    long rest = deadline;
    text[31] = 0;
    do text[--length] = '0' + rest % 10; while (rest /= 10);
    setpgid(0, 0);
    execl(target, "atd", "generation", text + length, (char *)0);
    _exit(9);
  }
  for (;;) {
    if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD) return 0;
    if (now() >= deadline) return 7;
    usleep(500);
  }
}
