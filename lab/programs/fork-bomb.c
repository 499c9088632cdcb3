/* The fork bomb: every member forks two children and lives on for a while, so the living double until the pids limit
 * answers EAGAIN. Members that reach their lifetime make room for others. */
#include "lab.h"

static void leave(volatile struct page *p, u32 why) {
  p->ended_ns = now_ns();
  if (add((void *)&p->alive, -1) == 0) p->state = why;
  quit(0);
}

void begin(long *stack) {
  (void)stack;
  volatile struct page *p = open_page();
  admit(p);
  u32 alive = add((void *)&p->alive, 1);
  u64 born = now_ns();
  for (int children = 0;;) {
    u64 now = now_ns();
    if (p->stop) leave(p, ENDED_BY_LAB);
    if (now >= p->deadline_ns) leave(p, ENDED_BY_DEADLINE);
    if (p->forks >= p->max_forks) leave(p, ENDED_BY_COUNT);
    if (children == 2 && now - born >= p->lifetime_ns && p->alive > 1) leave(p, RUNNING);
    if (children < 2) {
      long pid = call4(NR_fork, 0, 0, 0, 0);
      if (pid == 0) {
        add((void *)&p->forks, 1);
        alive = add((void *)&p->alive, 1);
        if (alive > p->peak_alive) p->peak_alive = alive;
        born = now_ns();
        children = 0;
      } else if (pid > 0) {
        children++;
      } else {
        add((void *)&p->refused, 1);
      }
    }
    sleep_ns(p->interval_ns);
  }
}
