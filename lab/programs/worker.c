/* What superd, init and others start: lives for LIFETIME_NS (one millisecond) and ends as its first argument says. */
#include "lab.h"

#ifndef LIFETIME_NS
#define LIFETIME_NS 1000000
#endif

void begin(long *stack) {
  char **argv = (char **)(stack + 1);
  char mode = stack[0] > 1 ? argv[1][0] : '0';
  sleep_ns(LIFETIME_NS);
  /* An illegal address rather than kill(2): a crash as the kernel reports it, with SIGSEGV from a page fault. */
  int *volatile nowhere = (int *)8;
  if (mode == 's') *nowhere = 1;
  quit(mode == '1');
}
