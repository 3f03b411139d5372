/*
 * The pod's first process: holds its namespaces, and as process 1 of a shared pid namespace reaps
 * the orphans. It keeps no descriptor open and ends on SIGTERM or SIGINT.
 */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  sigset_t wanted;
  int received;

  prctl(PR_SET_NAME, "pause");
  for (int fd = 0; fd < 3; fd++) close(fd);

  /* Process 1 is spared every signal that it neither handles nor blocks: so these are blocked. */
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGTERM);
  sigaddset(&wanted, SIGINT);
  sigaddset(&wanted, SIGCHLD);
  sigprocmask(SIG_BLOCK, &wanted, 0);

  for (;;) {
    if (sigwait(&wanted, &received) != 0) continue;
    if (received != SIGCHLD) return 0;
    while (waitpid(-1, 0, WNOHANG) > 0) continue;
  }
}
