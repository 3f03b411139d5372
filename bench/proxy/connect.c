/* Short TCP connections: connect, one byte, close. `connect serve ADDRESS PORT`, `connect ask ADDRESS PORT N`. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[3]))};
  inet_pton(AF_INET, argv[2], &address.sin_addr);
  int one = 1;
  struct linger at_once = {1, 0};
  char byte = 'x';
  if (strcmp(argv[1], "serve") == 0) {
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024)) return 1;
    puts("ready");
    fflush(stdout);
    for (;;) {
      int fd = accept(listener, NULL, NULL);
      if (fd < 0) continue;
      if (read(fd, &byte, 1) == 1 && write(fd, &byte, 1) == 1) (void)read(fd, &byte, 1);
      close(fd);
    }
  }
  int count = atoi(argv[4]);
  double *times = calloc(count, sizeof *times);
  for (int i = 0; i < count; i++) {
    double began = now_us();
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address)) return 1;
    if (write(fd, &byte, 1) != 1 || read(fd, &byte, 1) != 1) return 1;
    times[i] = now_us() - began;
    /* A reset: no port is left waiting. */
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
  }
  qsort(times, count, sizeof *times, compare);
  printf("%.1f %.1f %.1f\n", times[count / 2], times[count * 99 / 100], times[0]);
  return 0;
}
