/* What each step of forwarding costs by itself, in microseconds of processor time per packet: 1,200 bytes of RTP,
 * AES-128-GCM, loopback. The floor's own budget, in the order of a packet's way. */
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
#include <time.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
enum { SIZE = 1200, TAG = 16, WIRE = SIZE + TAG, ROOM = 2048, BURST = 512, ROUNDS = 200, VIEWERS = 15 };

static uint8_t plain[BURST][ROOM], cipher[BURST][ROOM], heap[VIEWERS][BURST][ROOM], train[64 * WIRE];

static double now_us(void) {
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3;
}

static srtp_t session(int inbound) {
    static uint8_t key[28] = {7};
    srtp_policy_t policy;
    srtp_t made;
    memset(&policy, 0, sizeof policy);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
    policy.ssrc.type = inbound ? ssrc_any_inbound : ssrc_any_outbound;
    policy.key = key;
    policy.window_size = 1024;
    if (srtp_create(&made, &policy) != srtp_err_status_ok) exit(3);
    return made;
}

static void number(uint8_t *packet, unsigned sequence) {
    memset(packet, 0, 12);
    packet[0] = 0x80;
    packet[2] = (uint8_t)(sequence >> 8);
    packet[3] = (uint8_t)sequence;
    packet[11] = 1;
}

static void cryptography(void) {
    srtp_t out = session(0), in = session(1);
    double encrypt = 0, decrypt = 0, copy = 0, begun;
    unsigned sequence = 0;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < BURST; i++) number(plain[i], sequence++ & 0xffff);
        begun = now_us();
        for (int viewer = 0; viewer < VIEWERS; viewer++)
            for (int i = 0; i < BURST; i++) memcpy(heap[viewer][i], plain[i], SIZE);
        copy += now_us() - begun;
        memcpy(cipher, plain, sizeof plain);
        begun = now_us();
        for (int i = 0; i < BURST; i++) {
            int length = SIZE;
            if (srtp_protect(out, cipher[i], &length) != srtp_err_status_ok) exit(4);
        }
        encrypt += now_us() - begun;
        begun = now_us();
        for (int i = 0; i < BURST; i++) {
            int length = WIRE;
            if (srtp_unprotect(in, cipher[i], &length) != srtp_err_status_ok) exit(5);
        }
        decrypt += now_us() - begun;
    }
    double packets = (double)ROUNDS * BURST;
    printf("\"decrypt\": %.3f, \"copy\": %.3f, \"encrypt\": %.3f, ", decrypt / packets, copy / packets / VIEWERS,
           encrypt / packets);
}

/* `segments` packets a datagram train; then all of them are read, `segments` a call. */
static void network(int segments, int last) {
    struct sockaddr_in sink = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof sink;
    int from = socket(AF_INET, SOCK_DGRAM, 0), to = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), bytes = 8 << 20;
    setsockopt(to, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
    if (bind(to, (struct sockaddr *)&sink, sizeof sink) || getsockname(to, (struct sockaddr *)&sink, &size)) exit(6);
    struct iovec piece = {train, (size_t)segments * WIRE}, rooms[64];
    union { char bytes[CMSG_SPACE(sizeof(uint16_t))]; struct cmsghdr align; } control = {0};
    struct msghdr head = {.msg_name = &sink, .msg_namelen = sizeof sink, .msg_iov = &piece, .msg_iovlen = 1};
    if (segments > 1) {
        control.align.cmsg_level = IPPROTO_UDP;
        control.align.cmsg_type = UDP_SEGMENT;
        control.align.cmsg_len = CMSG_LEN(sizeof(uint16_t));
        *(uint16_t *)(void *)CMSG_DATA(&control.align) = WIRE;
        head.msg_control = &control;
        head.msg_controllen = sizeof control;
    }
    struct mmsghdr incoming[64];
    for (int i = 0; i < segments; i++) {
        rooms[i] = (struct iovec){heap[0][i], ROOM};
        incoming[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &rooms[i], .msg_iovlen = 1}};
    }
    double send = 0, receive = 0, begun, packets = 0;
    for (int round = 0; round < ROUNDS; round++) {
        begun = now_us();
        for (int sent = 0; sent < BURST; sent += segments)
            if (sendmsg(from, &head, 0) < 0) exit(7);
        send += now_us() - begun;
        begun = now_us();
        for (int got; (got = recvmmsg(to, incoming, (unsigned)segments, 0, NULL)) > 0;) packets += got;
        receive += now_us() - begun;
    }
    printf("\"send_%d\": %.3f, \"receive_%d\": %.3f%s", segments, send / packets, segments, receive / packets,
           last ? "" : ", ");
}

int main(void) {
    const int trains[] = {1, 2, 4, 8, 16, 32};
    const int count = sizeof trains / sizeof *trains;
    if (srtp_init() != srtp_err_status_ok) return 3;
    printf("{");
    cryptography();
    for (int i = 0; i < count; i++) network(trains[i], i == count - 1);
    printf("}\n");
    return 0;
}
