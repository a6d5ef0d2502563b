#define _GNU_SOURCE
// socket-copy HOST PORT < REQUESTS: what reading from a socket costs without anything else. Sends each request (each ends with a
// NUL) and reads its answer, which must have a content-length, into one buffer of 8 MB. Writes bytes and microseconds of CPU.
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static char buffer[8 << 20];
static char requests[1 << 20];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static size_t receive(int fd, char *to, size_t room) {
  ssize_t count = recv(fd, to, room, 0);
  if (count <= 0) fail("recv");
  return (size_t)count;
}

/** Bytes of the answer's body. */
static size_t answer(int fd) {
  size_t have = 0;
  char *end = NULL;
  while (!end) {
    have += receive(fd, buffer + have, 16384 - have);
    buffer[have] = 0;
    end = strstr(buffer, "\r\n\r\n");
  }
  if (strncmp(buffer, "HTTP/1.1 20", 11)) fail("an answer that is an error");
  char *length = strcasestr(buffer, "\r\ncontent-length:");
  if (!length) fail("an answer without its length");
  size_t body = strtoull(length + 17, NULL, 10);
  for (size_t left = body - (have - (end + 4 - buffer)); left > 0;)
    left -= receive(fd, buffer, left < sizeof buffer ? left : sizeof buffer);
  return body;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
  inet_pton(AF_INET, argv[1], &place.sin_addr);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, (struct sockaddr *)&place, sizeof place)) fail("connect");
  size_t length = fread(requests, 1, sizeof requests, stdin), bytes = 0;
  for (char *at = requests; at < requests + length; at += strlen(at) + 1) {
    if (send(fd, at, strlen(at), 0) < 0) fail("send");
    bytes += answer(fd);
  }
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  long micros = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000L + used.ru_utime.tv_usec + used.ru_stime.tv_usec;
  printf("%zu %ld\n", bytes, micros);
  return 0;
}
