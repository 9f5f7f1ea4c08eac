/* Addresses of either family with their port, from text and to it; and the one way to fail. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void fail_with(int error, const char *what, const char *which) {
  fprintf(stderr, "agent: %s %s: %s\n", what, which, strerror(error));
  exit(1);
}

static void fail(const char *what, const char *which) {
  fail_with(errno, what, which);
}

struct address {
  socklen_t size;
  struct sockaddr_storage is;
};

static struct address address(const char *ip, int port) {
  struct address a = {.size = sizeof(struct sockaddr_in)};
  struct sockaddr_in *four = (struct sockaddr_in *)&a.is;
  struct sockaddr_in6 *six = (struct sockaddr_in6 *)&a.is;
  if (inet_pton(AF_INET, ip, &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    return a;
  }
  a = (struct address){.size = sizeof(struct sockaddr_in6)};
  if (inet_pton(AF_INET6, ip, &six->sin6_addr) != 1) fail_with(EINVAL, "address", ip);
  six->sin6_family = AF_INET6;
  six->sin6_port = htons(port);
  return a;
}

static const char *text_of(const struct sockaddr_storage *is) {
  static char text[INET6_ADDRSTRLEN];
  const void *ip = is->ss_family == AF_INET ? (const void *)&((const struct sockaddr_in *)is)->sin_addr
                                            : (const void *)&((const struct sockaddr_in6 *)is)->sin6_addr;
  inet_ntop(is->ss_family, ip, text, sizeof text);
  return text;
}
