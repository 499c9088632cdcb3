/* A daemon that starts its worker at a fixed pace and never waits for it. In mode z nothing else: each worker stays as a
 * zombie. In mode i it ignores SIGCHLD, so that the kernel reaps the workers itself and none stays. */
#include "lab.h"

#ifndef WORKER
#define WORKER "/usr/local/bin/worker"
#endif
#ifdef __i386__
#define NR_rt_sigaction 174
#else
#define NR_rt_sigaction 13
#endif
#define SIGCHLD 17

/* The kernel's own struct sigaction (not libc's): handler, flags, restorer, mask. */
struct action { long handler; long flags; long restorer; u64 mask; };

void begin(long *stack) {
  (void)stack;
  volatile struct page *p = open_page();
  admit(p);
  if (p->mode == 'i') {
    struct action ignore = {1 /* SIG_IGN */, 0, 0, 0};
    call4(NR_rt_sigaction, SIGCHLD, (long)&ignore, 0, 8);
  }
  char *argv[] = {(char *)WORKER, (char *)"0", 0};
  char *envp[] = {0};
  while (!p->stop && p->forks < p->max_forks && now_ns() < p->deadline_ns) {
    long pid = call4(NR_fork, 0, 0, 0, 0);
    if (pid == 0) {
      call4(NR_execve, (long)WORKER, (long)argv, (long)envp, 0);
      quit(127);
    }
    add(pid < 0 ? (void *)&p->refused : (void *)&p->forks, 1);
    sleep_ns(p->interval_ns ? p->interval_ns : 1000000);
  }
  p->ended_ns = now_ns();
  p->state = p->stop ? ENDED_BY_LAB : p->forks >= p->max_forks ? ENDED_BY_COUNT : ENDED_BY_DEADLINE;
  /* A daemon that has nothing to do stays, and its zombies with it. */
  for (;;) sleep_ns(1000000000u);
}
