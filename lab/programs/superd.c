/* A supervisor without a limit: starts its worker, waits until it ends, starts it again after a fixed gap. */
#include "lab.h"

#ifndef WORKER
#define WORKER "/usr/local/bin/worker"
#endif

void begin(long *stack) {
  (void)stack;
  volatile struct page *p = open_page();
  admit(p);
  char mode[2] = {p->mode, 0};
  char *argv[] = {(char *)WORKER, mode, 0};
  char *envp[] = {0};
  for (;;) {
    if (p->stop) break;
    if (p->forks >= p->max_forks || now_ns() >= p->deadline_ns) break;
    long pid = call4(NR_fork, 0, 0, 0, 0);
    if (pid == 0) {
      call4(NR_execve, (long)WORKER, (long)argv, (long)envp, 0);
      quit(127);
    }
    if (pid < 0) {
      add((void *)&p->refused, 1);
    } else {
      int status = 0;
      add((void *)&p->forks, 1);
      call4(NR_wait4, pid, (long)&status, 0, 0);
      if (status & 0x7f) add((void *)&p->killed, 1);
      else if (status >> 8) add((void *)&p->exited_other, 1);
      else add((void *)&p->exited_zero, 1);
    }
    if (p->interval_ns) sleep_ns(p->interval_ns);
  }
  p->ended_ns = now_ns();
  p->state = p->stop ? ENDED_BY_LAB : p->forks >= p->max_forks ? ENDED_BY_COUNT : ENDED_BY_DEADLINE;
  /* A daemon that has nothing to do stays. */
  for (;;) sleep_ns(1000000000u);
}
