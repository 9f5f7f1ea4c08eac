/*
 * The kernel suite's hands: one process that owns every network namespace of a cluster and every socket in them.
 *
 * A socket stays in the namespace in which it was opened, so one thread that moves between namespaces (setns) can listen
 * and connect in all of them. The namespaces have no names: they live as long as this process holds them, so nothing is
 * left behind, however it ends. It ends when stdin closes, when its parent dies, or after LIFETIME_S.
 *
 * stdin, a line each (no answer unless said; whatever fails ends the process with a reason on stderr):
 *   net NAME                                             -> net NAME FD      (reach it as /proc/PID/fd/FD)
 *   sysctl NAME KEY VALUE                                key with slashes: net/ipv4/ip_forward
 *   listen NAME tcp|udp IP PORT LABEL
 *   relay NAME tcp|udp IP PORT [IP PORT]...              accepts, then connects to one of the others in turn; none: closes
 *   connect ID NAME tcp|udp SOURCE MARK IP PORT MS       -> result ID WHAT   (SOURCE -: the kernel picks)
 *   sync                                                 -> sync
 *
 * Addresses are IPv4 or IPv6; a connection's two are of one family.
 *
 * WHAT: answered LABEL PEER     PEER is the address that the listener saw
 *       rejected                an ICMP port unreachable came (a REJECT rule; with UDP also a closed port)
 *       refused                 a TCP reset came
 *       unreachable ERRNO       another ICMP error, or the kernel knew no way
 *       timeout
 *
 * A relay does as kube-proxy of mode userspace does, from its own namespace, and tries one endpoint for each client. What a
 * client would send over TCP is not passed on, as clients here send nothing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "addresses.h"

enum { LIFETIME_S = 240, NETS_MAX = 64, SOCKETS_MAX = 2048, NAME_MAX_BYTES = 64, ENDPOINTS_MAX = 8, FIRST_PORT = 40000, LAST_PORT = 60000 };

struct net {
  char name[NAME_MAX_BYTES];
  int fd;
};

/* Clients last: they alone lose their patience. A backend is a relay's own connection. */
enum role { TCP_LISTENER, UDP_LISTENER, TCP_RELAY, UDP_RELAY, TCP_BACKEND, UDP_BACKEND, TCP_CLIENT, UDP_CLIENT };

struct sock {
  enum role role;
  struct net *net;
  char label[NAME_MAX_BYTES]; /* a listener's name, a client's id */
  long deadline_ms;
  int used;
  char answer[160];
  struct address endpoints[ENDPOINTS_MAX]; /* a relay's */
  int endpoint_count, next_endpoint;
  int relay, client_fd; /* a backend's */
  struct address client;
};

static struct net nets[NETS_MAX];
static int net_count;
static struct sock sockets[SOCKETS_MAX];
static struct pollfd polls[SOCKETS_MAX + 1]; /* polls[i + 1] belongs to sockets[i]; polls[0] is stdin */
static int next_port = FIRST_PORT;

static long now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000L + t.tv_nsec / 1000000L;
}

static void enter(struct net *net) {
  if (setns(net->fd, CLONE_NEWNET) < 0) fail("setns", net->name);
}

static struct net *net_named(const char *name) {
  for (int i = 0; i < net_count; i++)
    if (!strcmp(nets[i].name, name)) return &nets[i];
  fail_with(ENOENT, "net", name);
  return NULL;
}

static void add_net(const char *name) {
  if (net_count == NETS_MAX) fail_with(ENOSPC, "net", name);
  struct net *net = &nets[net_count++];
  snprintf(net->name, sizeof net->name, "%s", name);
  if (unshare(CLONE_NEWNET) < 0) fail("unshare", name);
  net->fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (net->fd < 0) fail("open namespace", name);
  printf("net %s %d\n", name, net->fd);
}

static void write_sysctl(struct net *net, const char *key, const char *value) {
  char path[256];
  enter(net);
  snprintf(path, sizeof path, "/proc/sys/%s", key);
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write(fd, value, strlen(value)) < 0) fail("sysctl", path);
  close(fd);
}

static int add_socket(enum role role, struct net *net, const char *label, int fd, short events) {
  for (int i = 0; i < SOCKETS_MAX; i++) {
    if (sockets[i].used) continue;
    sockets[i] = (struct sock){.role = role, .net = net, .used = 1};
    snprintf(sockets[i].label, sizeof sockets[i].label, "%s", label);
    polls[i + 1] = (struct pollfd){.fd = fd, .events = events};
    return i;
  }
  fail_with(ENOSPC, "socket", label);
  return -1;
}

static void drop_socket(int i) {
  close(polls[i + 1].fd);
  polls[i + 1].fd = -1;
  sockets[i].used = 0;
}

static int open_socket(struct net *net, int family, int tcp) {
  enter(net);
  int fd = socket(family, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
  if (fd < 0) fail("socket in", net->name);
  if (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) < 0) fail("v6only", net->name);
  return fd;
}

static void start_listener(struct net *net, int tcp, const char *ip, int port, const char *label) {
  struct address at = address(ip, port);
  int fd = open_socket(net, at.is.ss_family, tcp), on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, (struct sockaddr *)&at.is, at.size) < 0) fail("bind", label);
  if (tcp && listen(fd, 1024) < 0) fail("listen", label);
  add_socket(tcp ? TCP_LISTENER : UDP_LISTENER, net, label, fd, POLLIN);
}

static void finish(int i, const char *what) {
  printf("result %s %s\n", sockets[i].label, what);
  drop_socket(i);
}

static void finish_with_error(int i, int error) {
  char what[64];
  snprintf(what, sizeof what, "unreachable %s", strerrorname_np(error));
  finish(i, error == ECONNREFUSED ? "refused" : what);
}

/*
 * Whether an ICMP error has come; if so, the client is finished. TCP itself puts off an error that comes while connect()
 * still goes on, as it does where all machines share a processor, to the next repetition of its SYN.
 */
static int take_icmp_error(int i) {
  char control[512], what[2];
  struct iovec payload = {what, sizeof what};
  struct msghdr message = {.msg_iov = &payload, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  if (recvmsg(polls[i + 1].fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return 0;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_type != (c->cmsg_level == IPPROTO_IP ? IP_RECVERR : IPV6_RECVERR)) continue;
    const struct sock_extended_err *e = (const struct sock_extended_err *)CMSG_DATA(c);
    int four = e->ee_origin == SO_EE_ORIGIN_ICMP && e->ee_type == ICMP_DEST_UNREACH && e->ee_code == ICMP_PORT_UNREACH;
    int six = e->ee_origin == SO_EE_ORIGIN_ICMP6 && e->ee_type == ICMP6_DST_UNREACH && e->ee_code == ICMP6_DST_UNREACH_NOPORT;
    if (four || six) finish(i, "rejected");
    else finish_with_error(i, e->ee_errno);
    return 1;
  }
  return 0;
}

static void start_client(const char *id, struct net *net, int tcp, const char *source, int mark, const char *ip, int port,
                         int timeout_ms) {
  struct address to = address(ip, port);
  const char *any = to.is.ss_family == AF_INET ? "0.0.0.0" : "::";
  int fd = open_socket(net, to.is.ss_family, tcp);
  /* Every connection of a run has a source port of its own: none meets what conntrack remembers of another. */
  int own = next_port++;
  if (next_port > LAST_PORT) next_port = FIRST_PORT;
  struct address from = address(strcmp(source, "-") ? source : any, own);
  int i = add_socket(tcp ? TCP_CLIENT : UDP_CLIENT, net, id, fd, tcp ? POLLOUT : POLLIN);
  sockets[i].deadline_ms = now_ms() + timeout_ms;
  int on = 1, six = to.is.ss_family == AF_INET6;
  if (setsockopt(fd, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_RECVERR : IP_RECVERR, &on, sizeof on) < 0) fail("recverr", id);
  if (mark && setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof mark) < 0) fail("mark", id);
  if (bind(fd, (struct sockaddr *)&from.is, from.size) < 0) fail("bind client", id);
  if (connect(fd, (struct sockaddr *)&to.is, to.size) < 0 && errno != EINPROGRESS) {
    finish_with_error(i, errno);
    return;
  }
  if (!tcp && send(fd, "?", 1, 0) < 0) finish_with_error(i, errno);
}

static void serve_tcp(int i) {
  struct sockaddr_storage peer;
  socklen_t size = sizeof peer;
  char text[160];
  int fd;
  while ((fd = accept4(polls[i + 1].fd, (struct sockaddr *)&peer, &size, SOCK_CLOEXEC)) >= 0) {
    int n = snprintf(text, sizeof text, "answered %s %s", sockets[i].label, text_of(&peer));
    if (send(fd, text, n, MSG_NOSIGNAL) < 0) fprintf(stderr, "agent: %s could not answer\n", sockets[i].label);
    close(fd);
    size = sizeof peer;
  }
}

static void serve_udp(int i) {
  struct sockaddr_storage peer;
  socklen_t size = sizeof peer;
  char text[160];
  while (recvfrom(polls[i + 1].fd, text, sizeof text, 0, (struct sockaddr *)&peer, &size) >= 0) {
    int n = snprintf(text, sizeof text, "answered %s %s", sockets[i].label, text_of(&peer));
    sendto(polls[i + 1].fd, text, n, 0, (struct sockaddr *)&peer, size);
    size = sizeof peer;
  }
}

static void start_relay(struct net *net, int tcp, const char *ip, int port, char *endpoints) {
  struct address at = address(ip, port);
  int fd = open_socket(net, at.is.ss_family, tcp);
  if (bind(fd, (struct sockaddr *)&at.is, at.size) < 0) fail("bind relay", net->name);
  if (tcp && listen(fd, 1024) < 0) fail("listen", net->name);
  struct sock *relay = &sockets[add_socket(tcp ? TCP_RELAY : UDP_RELAY, net, "relay", fd, POLLIN)];
  for (char *to = strtok(endpoints, " "), *on; to && (on = strtok(NULL, " ")); to = strtok(NULL, " ")) {
    if (relay->endpoint_count == ENDPOINTS_MAX) fail_with(ENOSPC, "endpoints", net->name);
    relay->endpoints[relay->endpoint_count++] = address(to, atoi(on));
  }
}

/* One of a relay's endpoints, in turn; it has at least one. */
static struct address *next_endpoint(struct sock *relay) {
  return &relay->endpoints[relay->next_endpoint++ % relay->endpoint_count];
}

static void relay_tcp(int r) {
  struct sock *relay = &sockets[r];
  int client_fd;
  while ((client_fd = accept4(polls[r + 1].fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
    if (relay->endpoint_count == 0) {
      close(client_fd);
      continue;
    }
    struct address *to = next_endpoint(relay);
    int fd = open_socket(relay->net, to->is.ss_family, 1);
    int i = add_socket(TCP_BACKEND, relay->net, "backend", fd, POLLIN);
    sockets[i].client_fd = client_fd;
    /* What fails later shows as an end of the connection, as it does to the client. */
    if (connect(fd, (struct sockaddr *)&to->is, to->size) < 0 && errno != EINPROGRESS) fail("connect to", relay->net->name);
  }
}

static void relay_udp(int r) {
  struct sock *relay = &sockets[r];
  struct address from = {.size = sizeof from.is};
  char payload[160];
  ssize_t n;
  while ((n = recvfrom(polls[r + 1].fd, payload, sizeof payload, 0, (struct sockaddr *)&from.is, &from.size)) >= 0) {
    if (relay->endpoint_count == 0) continue;
    struct address *to = next_endpoint(relay);
    int fd = open_socket(relay->net, to->is.ss_family, 0);
    if (connect(fd, (struct sockaddr *)&to->is, to->size) < 0 || send(fd, payload, n, 0) < 0) {
      close(fd);
      continue;
    }
    int i = add_socket(UDP_BACKEND, relay->net, "backend", fd, POLLIN);
    sockets[i].relay = r;
    sockets[i].client = from;
    from.size = sizeof from.is;
  }
}

static void advance_backend(int i) {
  struct sock *backend = &sockets[i];
  char text[160];
  ssize_t n = recv(polls[i + 1].fd, text, sizeof text, 0);
  if (n < 0 && errno == EAGAIN) return;
  if (backend->role == TCP_BACKEND) {
    if (n > 0 && send(backend->client_fd, text, n, MSG_NOSIGNAL) == n) return;
    close(backend->client_fd);
  } else if (n > 0) {
    sendto(polls[backend->relay + 1].fd, text, n, 0, (struct sockaddr *)&backend->client.is, backend->client.size);
  }
  drop_socket(i);
}

static void advance_client(int i) {
  int fd = polls[i + 1].fd, error = 0;
  socklen_t size = sizeof error;
  if (polls[i + 1].revents & POLLERR && take_icmp_error(i)) return;
  if (sockets[i].role == TCP_CLIENT && polls[i + 1].events == POLLOUT) {
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) finish_with_error(i, error);
    else polls[i + 1].events = POLLIN;
    return;
  }
  ssize_t n = recv(fd, sockets[i].answer, sizeof sockets[i].answer - 1, 0);
  if (n < 0 && errno == EAGAIN) return;
  if (n < 0) finish_with_error(i, errno);
  else finish(i, n ? sockets[i].answer : "unreachable EOF");
}

static void obey(char *line) {
  char a[NAME_MAX_BYTES], b[NAME_MAX_BYTES], c[NAME_MAX_BYTES], d[NAME_MAX_BYTES], e[NAME_MAX_BYTES], key[160];
  int port, mark, ms, end;
  if (sscanf(line, "net %63s", a) == 1) add_net(a);
  else if (sscanf(line, "sysctl %63s %159s %63s", a, key, b) == 3) write_sysctl(net_named(a), key, b);
  else if (sscanf(line, "listen %63s %63s %63s %d %63s", a, b, c, &port, d) == 5)
    start_listener(net_named(a), !strcmp(b, "tcp"), c, port, d);
  else if (sscanf(line, "relay %63s %63s %63s %d%n", a, b, c, &port, &end) == 4)
    start_relay(net_named(a), !strcmp(b, "tcp"), c, port, line + end);
  else if (sscanf(line, "connect %63s %63s %63s %63s %d %63s %d %d", a, b, c, d, &mark, e, &port, &ms) == 8)
    start_client(a, net_named(b), !strcmp(c, "tcp"), d, mark, e, port, ms);
  else if (!strcmp(line, "sync")) printf("sync\n");
  else fail_with(EINVAL, "command", line);
}

static void read_commands(void) {
  static char buffer[1 << 16];
  static size_t filled;
  ssize_t n = read(0, buffer + filled, sizeof buffer - filled - 1);
  if (n <= 0) exit(0);
  filled += n;
  buffer[filled] = 0;
  char *line = buffer, *end;
  while ((end = strchr(line, '\n'))) {
    *end = 0;
    obey(line);
    line = end + 1;
  }
  filled -= line - buffer;
  memmove(buffer, line, filled);
}

/* Milliseconds until the next client gives up; -1 without clients. */
static int patience(void) {
  long soonest = -1, now = now_ms();
  for (int i = 0; i < SOCKETS_MAX; i++) {
    if (!sockets[i].used || sockets[i].role < TCP_CLIENT) continue;
    long left = sockets[i].deadline_ms > now ? sockets[i].deadline_ms - now : 0;
    if (soonest < 0 || left < soonest) soonest = left;
  }
  return (int)soonest;
}

int main(void) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  alarm(LIFETIME_S);
  setvbuf(stdout, NULL, _IOFBF, 1 << 16);
  polls[0] = (struct pollfd){.fd = 0, .events = POLLIN};
  for (int i = 0; i < SOCKETS_MAX; i++) polls[i + 1].fd = -1;
  for (;;) {
    fflush(stdout);
    int ready = poll(polls, SOCKETS_MAX + 1, patience());
    if (ready < 0) fail("poll", "");
    for (int i = 0; i < SOCKETS_MAX; i++) {
      if (!sockets[i].used || !polls[i + 1].revents) continue;
      if (sockets[i].role == TCP_LISTENER) serve_tcp(i);
      else if (sockets[i].role == UDP_LISTENER) serve_udp(i);
      else if (sockets[i].role == TCP_RELAY) relay_tcp(i);
      else if (sockets[i].role == UDP_RELAY) relay_udp(i);
      else if (sockets[i].role < TCP_CLIENT) advance_backend(i);
      else advance_client(i);
    }
    if (polls[0].revents) read_commands();
    /* Only a client that has nothing to read is late: a busy machine is no timeout. */
    long now = now_ms();
    for (int i = 0; ready == 0 && i < SOCKETS_MAX; i++)
      if (sockets[i].used && sockets[i].role >= TCP_CLIENT && sockets[i].deadline_ms <= now) finish(i, "timeout");
  }
}
