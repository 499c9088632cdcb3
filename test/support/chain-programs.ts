/** Forks its successor and ends, as often as its argument says. */
export const CHAIN = `#include <stdlib.h>
#include <unistd.h>
int main(int n, char **v) {
  for (int left = atoi(v[1]); left > 0; left--) if (fork() > 0) exit(0);
  return 0;
}
`;
/** Adopts orphans as init does, starts a program and waits for all. */
export const REAPER = `#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int n, char **v) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  if (fork() == 0) { execv(v[1], v + 1); _exit(9); }
  while (wait(0) > 0);
  return 0;
}
`;
