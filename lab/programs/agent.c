/* A monitoring agent: starts its helpers by the clock, whether the last ones have ended or not. HELPERS is how many there
 * are; the n-th lies at HELPER followed by the letter a, b, c, … It reaps what has ended before each round. */
#include "lab.h"

#define WNOHANG 1
#ifndef HELPERS
#define HELPERS 3
#endif
#ifndef HELPER
#define HELPER "/usr/local/lib/agent/check-"
#endif

static char path[] = HELPER "a";

void begin(long *stack) {
  (void)stack;
  volatile struct page *p = open_page();
  admit(p);
  char *argv[] = {path, 0};
  char *envp[] = {(char *)"PATH=/usr/local/bin:/usr/bin:/bin", 0};
  u64 due = now_ns();
  while (!p->stop && p->forks < p->max_forks && now_ns() < p->deadline_ns) {
    int status = 0;
    while (call4(NR_wait4, -1, (long)&status, WNOHANG, 0) > 0) continue;
    for (int n = 0; n < HELPERS; n++) {
      path[sizeof(path) - 2] = 'a' + n;
      long pid = call4(NR_fork, 0, 0, 0, 0);
      if (pid == 0) {
        call4(NR_execve, (long)path, (long)argv, (long)envp, 0);
        quit(127);
      }
      add(pid < 0 ? (void *)&p->refused : (void *)&p->forks, 1);
    }
    /* Absolute time, as a timer keeps it. */
    due += p->interval_ns ? p->interval_ns : 1000000;
    u64 now = now_ns();
    if (now < due) sleep_ns(due - now);
  }
  p->ended_ns = now_ns();
  p->state = p->stop ? ENDED_BY_LAB : p->forks >= p->max_forks ? ENDED_BY_COUNT : ENDED_BY_DEADLINE;
  for (;;) sleep_ns(1000000000u);
}
