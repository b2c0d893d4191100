/* The floor: a program that only receives, decrypts, encrypts and sends, as cheaply as this kernel and libsrtp allow.
 * No ICE, no DTLS, no RTCP, no rewriting, no repair: what is left is what no forwarding server can do without. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <srtp2/srtp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
enum {
    BATCH = 128,        /* datagrams per wake-up */
    ROOM = 2048,        /* bytes per datagram */
    MOST = 128,         /* participants */
    TRAIN = 64,         /* segments per send: UDP_MAX_SEGMENTS */
    TRAIN_BYTES = 60000 /* below the largest UDP payload */
};
enum { HELLO = 0, SENDER = 0, VIEWER = 1 };

struct packet { uint32_t offset; int length; };

struct participant {
    struct sockaddr_in sends_from, hears_at;
    srtp_t inbound, outbound;
    int hears, sends;
    uint8_t *out; /* everything that leaves in this wake-up, packet after packet */
    uint32_t filled;
    struct packet packets[BATCH];
    int count;
};

static struct participant everybody[MOST];
static uint8_t storage[BATCH][ROOM];
static struct sockaddr_in sources[BATCH];
static uint8_t by_port[65536]; /* participant + 1 who sends from this port */
static int highest = -1;

static srtp_t session(const uint8_t *key, int inbound) {
    srtp_policy_t policy;
    srtp_t made;
    memset(&policy, 0, sizeof policy);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
    policy.ssrc.type = inbound ? ssrc_any_inbound : ssrc_any_outbound;
    policy.key = (unsigned char *)key;
    policy.window_size = 1024;
    policy.allow_repeat_tx = 1;
    if (srtp_create(&made, &policy) != srtp_err_status_ok) exit(3);
    return made;
}

/* A hello is {HELLO, role, participant}: it stands for ICE and DTLS. */
static void greet(const uint8_t *data, const struct sockaddr_in *from, const uint8_t *key) {
    struct participant *one = &everybody[data[2] % MOST];
    if (data[1] == SENDER && !one->sends) {
        one->inbound = session(key, 1);
        one->sends = 1;
    } else if (data[1] == VIEWER && !one->hears) {
        one->outbound = session(key, 0);
        one->out = malloc((size_t)BATCH * ROOM);
        one->hears = 1;
    }
    if (data[1] == SENDER) {
        one->sends_from = *from;
        by_port[ntohs(from->sin_port)] = (uint8_t)(data[2] % MOST + 1);
    } else {
        one->hears_at = *from;
    }
    if (data[2] % MOST > highest) highest = data[2] % MOST;
}

static void forward(uint8_t *data, int length, int sender) {
    if (srtp_unprotect(everybody[sender].inbound, data, &length) != srtp_err_status_ok) return;
    for (int i = 0; i <= highest; i++) {
        struct participant *viewer = &everybody[i];
        if (!viewer->hears || i == sender) continue;
        uint8_t *place = viewer->out + viewer->filled;
        int size = length;
        memcpy(place, data, (size_t)length);
        if (srtp_protect(viewer->outbound, place, &size) != srtp_err_status_ok) continue;
        viewer->packets[viewer->count++] = (struct packet){viewer->filled, size};
        viewer->filled += (uint32_t)size;
    }
}

static struct mmsghdr outgoing[MOST * 8];
static struct iovec pieces[MOST * 8];
static union { char bytes[CMSG_SPACE(sizeof(uint16_t))]; struct cmsghdr align; } controls[MOST * 8];

/* Equal lengths that follow each other leave as one datagram train; its last may be shorter. */
static int train(struct participant *viewer, int first, int slot) {
    int last = first, size = viewer->packets[first].length, bytes = size;
    while (last + 1 < viewer->count && last + 1 - first < TRAIN && viewer->packets[last].length == size &&
           viewer->packets[last + 1].length <= size && bytes + viewer->packets[last + 1].length < TRAIN_BYTES) {
        last++;
        bytes += viewer->packets[last].length;
    }
    struct msghdr *head = &outgoing[slot].msg_hdr;
    pieces[slot] = (struct iovec){viewer->out + viewer->packets[first].offset, (size_t)bytes};
    memset(head, 0, sizeof *head);
    head->msg_name = &viewer->hears_at;
    head->msg_namelen = sizeof viewer->hears_at;
    head->msg_iov = &pieces[slot];
    head->msg_iovlen = 1;
    if (last > first) {
        struct cmsghdr *control = &controls[slot].align;
        control->cmsg_level = IPPROTO_UDP;
        control->cmsg_type = UDP_SEGMENT;
        control->cmsg_len = CMSG_LEN(sizeof(uint16_t));
        *(uint16_t *)(void *)CMSG_DATA(control) = (uint16_t)size;
        head->msg_control = control;
        head->msg_controllen = sizeof controls[slot];
    }
    return last + 1;
}

static void send_all(int fd, int slots) {
    for (int done = 0; done < slots;) {
        int sent = sendmmsg(fd, outgoing + done, (unsigned)(slots - done), 0);
        done += sent > 0 ? sent : 1;
    }
}

static void flush_all(int fd) {
    int slot = 0;
    for (int i = 0; i <= highest; i++) {
        struct participant *viewer = &everybody[i];
        for (int first = 0; first < viewer->count;) {
            if (slot == MOST * 8) {
                send_all(fd, slot);
                slot = 0;
            }
            first = train(viewer, first, slot++);
        }
        viewer->count = 0;
        viewer->filled = 0;
    }
    send_all(fd, slot);
}

int main(int argc, char **argv) {
    uint8_t key[28];
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof own;
    struct mmsghdr incoming[BATCH];
    struct iovec rooms[BATCH];
    int fd = socket(AF_INET, SOCK_DGRAM, 0), bytes = 4 << 20;
    if (argc != 2 || strlen(argv[1]) != 2 * sizeof key) return 2;
    for (size_t i = 0; i < sizeof key; i++) sscanf(argv[1] + 2 * i, "%2hhx", &key[i]);
    if (srtp_init() != srtp_err_status_ok) return 3;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
    if (bind(fd, (struct sockaddr *)&own, sizeof own) || getsockname(fd, (struct sockaddr *)&own, &size)) return 4;
    printf("%d\n", ntohs(own.sin_port));
    fflush(stdout);
    for (int i = 0; i < BATCH; i++) {
        rooms[i] = (struct iovec){storage[i], ROOM};
        memset(&incoming[i], 0, sizeof incoming[i]);
        incoming[i].msg_hdr = (struct msghdr){
            .msg_name = &sources[i], .msg_namelen = sizeof sources[i], .msg_iov = &rooms[i], .msg_iovlen = 1};
    }
    for (;;) {
        int got = recvmmsg(fd, incoming, BATCH, MSG_WAITFORONE, NULL);
        for (int i = 0; i < got; i++) {
            int length = (int)incoming[i].msg_len, sender = by_port[ntohs(sources[i].sin_port)];
            if (length >= 3 && storage[i][0] == HELLO)
                greet(storage[i], &sources[i], key);
            else if (length > 12 && sender && (storage[i][1] < 192 || storage[i][1] > 223))
                forward(storage[i], length, sender - 1);
            incoming[i].msg_hdr.msg_namelen = sizeof sources[i];
        }
        if (got > 0) flush_all(fd);
    }
}
