/* The path of a packet, compiled: receive, decrypt, renumber, copy, patch, encrypt, send. Decides nothing: it does only
   what Python has armed it for, and leaves every packet that is not simply the next one to Python, which is also its
   specification (egress.py, switchboard.py, uplink.py). Every length from the network is checked before it is used. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "path.h" /* after stdint.h */

enum { NOTHING, STUN, DTLS, MEDIA, CLEAR, TIMEOUT, OTHER }; /* what path_next and path_wait answer */
enum { SOUND, VP8 };                                        /* path_stream.kind */

#define BATCH 128             /* packets of one wake-up */
#define PACKET_BYTES 2048     /* transport.LONGEST_PACKET_BYTES */
#define MOST_TRAILER_BYTES 64 /* egress.MOST_TRAILER_BYTES */
#define MOST_MESSAGES 512     /* of one sendmmsg; the kernel takes 1,024 */
#define MOST_SEGMENTS 64      /* of one segmented send */
#define MOST_RUN_BYTES 65000
#define MOST_SIZES 1024       /* of path_lane.sizes */
#define LOOKED_THROUGH 128    /* rtp.packet */
#define MOST_UNSEEN 60        /* packets of one stream without Python: half a wrap of the shortest number is 64 */
#define RING 1024
#define DEPARTURES_MASK 4095 /* rtp.departures */
#define OLDEST_ARRIVAL_US 500000
#define SOL_UDP_LEVEL 17
#define UDP_SEGMENT_OPTION 103 /* include/uapi/linux/udp.h */

#define ANCILLARY_BYTES CMSG_SPACE(sizeof(struct timespec))

struct message_owner {
    struct path_lane *lane;
    uint8_t *start;
    int32_t length, segment;
};

struct path {
    struct path_turn turn;
    path_srtp protect, unprotect, protect_rtcp;
    void (*by_python)(int);
    uint8_t *inbox;
    int inbox_size, references;
    struct path_lane *waiting, *last_waiting;
    struct path_gate *to_tell;
    /* in */
    int received, at;
    struct path_route *offered;
    int64_t offered_us;
    struct mmsghdr in[BATCH];
    struct iovec in_parts[BATCH];
    struct sockaddr_in6 in_addresses[BATCH];
    uint8_t in_ancillary[BATCH][ANCILLARY_BYTES] __attribute__((aligned(8)));
    /* out */
    int out_fd, out_count;
    struct mmsghdr out[MOST_MESSAGES];
    struct iovec out_parts[MOST_MESSAGES];
    struct message_owner owners[MOST_MESSAGES];
    uint8_t out_ancillary[MOST_MESSAGES][CMSG_SPACE(sizeof(uint16_t))] __attribute__((aligned(8)));
    uint8_t scratch[PACKET_BYTES + 64];
    uint8_t slab[BATCH][PACKET_BYTES];
};

/* Lanes and gates know the path they hang on; Python sees only the first member. */
struct owned_lane {
    struct path_lane lane;
    struct path *path;
};
struct owned_gate {
    struct path_gate gate;
    struct path *path;
};

static unsigned get16(const uint8_t *at) { return (unsigned)at[0] << 8 | at[1]; }
static uint32_t get32(const uint8_t *at) { return (uint32_t)get16(at) << 16 | get16(at + 2); }
static void put16(uint8_t *at, unsigned value) { at[0] = (uint8_t)(value >> 8); at[1] = (uint8_t)value; }
static void put32(uint8_t *at, uint32_t value) { put16(at, value >> 16); put16(at + 2, value & 0xFFFF); }

/* A number by which a library built from other sources than Python's declarations is told. */
int path_layout(void) {
    return (int)(sizeof(struct path_lane) + 3 * sizeof(struct path_target) + 5 * sizeof(struct path_packet) +
                 7 * sizeof(struct path_rendition) + 11 * sizeof(struct path_stream) + 13 * sizeof(struct path_gate) +
                 17 * sizeof(struct path_route) + 19 * sizeof(struct path_port) + 23 * sizeof(struct path_turn) +
                 29 * sizeof(struct path_feedback));
}

struct path *path_new(path_srtp protect, path_srtp unprotect, path_srtp protect_rtcp, uint8_t *inbox, int inbox_size,
                      void (*by_python)(int)) {
    struct path *path = calloc(1, sizeof *path);
    if (path == NULL) return NULL;
    path->protect = protect;
    path->unprotect = unprotect;
    path->protect_rtcp = protect_rtcp;
    path->by_python = by_python;
    path->inbox = inbox;
    path->inbox_size = inbox_size < PACKET_BYTES ? inbox_size : PACKET_BYTES;
    path->references = 1;
    path->out_fd = -1;
    for (int i = 0; i < BATCH; i++) {
        path->in_parts[i] = (struct iovec){path->slab[i], PACKET_BYTES};
        path->in[i].msg_hdr.msg_iov = &path->in_parts[i];
        path->in[i].msg_hdr.msg_iovlen = 1;
        path->in[i].msg_hdr.msg_name = &path->in_addresses[i];
        path->in[i].msg_hdr.msg_control = path->in_ancillary[i];
    }
    return path;
}

void path_free(struct path *path) {
    if (--path->references == 0) free(path);
}

struct path_turn *path_turn(struct path *path) { return &path->turn; }

/* ---- the way out */

struct path_lane *path_lane_new(struct path *path, uint8_t *buffer, int limit, int video) {
    struct owned_lane *owned = calloc(1, sizeof *owned);
    if (owned == NULL) return NULL;
    owned->path = path;
    path->references++;
    owned->lane.buffer = buffer;
    owned->lane.limit = limit;
    owned->lane.video = video != 0;
    owned->lane.fd = -1;
    return &owned->lane;
}

static struct path *path_of(struct path_lane *lane) { return ((struct owned_lane *)lane)->path; }

static int single(struct path_lane *lane, const uint8_t *packet, size_t size) {
    return sendto(lane->fd, packet, size, MSG_DONTWAIT, (struct sockaddr *)lane->address, lane->address_size) >= 0;
}

/* Packets one by one: sound is tried twice, pictures once. 0: no room, what remains of this wake-up is lost. */
static int one_by_one(struct path_lane *lane, uint8_t *start, int length, int segment) {
    for (int at = 0; at < length; at += segment) {
        size_t size = (size_t)(length - at < segment ? length - at : segment);
        if (!single(lane, start + at, size) && (lane->video || !single(lane, start + at, size))) return 0;
    }
    return 1;
}

static int refuses_segments(int error) {
    return error == EIO || error == EINVAL || error == EOPNOTSUPP || error == EMSGSIZE || error == ENOPROTOOPT;
}

/* Hand all messages to the kernel. A lane that meets an error loses what udp.UdpRoute.send_run would lose. */
static void send_messages(struct path *path) {
    int at = 0;
    while (at < path->out_count) {
        int sent = sendmmsg(path->out_fd, path->out + at, (unsigned)(path->out_count - at), MSG_DONTWAIT);
        if (sent > 0) {
            at += sent;
            continue;
        }
        int error = errno;
        if (error == EINTR) continue;
        struct message_owner *owner = &path->owners[at++];
        struct path_lane *lane = owner->lane;
        int segmented = owner->length > owner->segment, going = 1;
        if (segmented && refuses_segments(error)) {
            lane->segments = 0;
            going = one_by_one(lane, owner->start, owner->length, owner->segment);
        } else if (lane->video) {
            going = 0;
        } else {
            going = one_by_one(lane, owner->start, owner->length, owner->segment);
        }
        if (!lane->segments && going) {
            /* Messages of this lane that were made before it was known: one by one too. */
            while (at < path->out_count && path->owners[at].lane == lane && going) {
                owner = &path->owners[at++];
                going = one_by_one(lane, owner->start, owner->length, owner->segment);
            }
        }
        while (!going && at < path->out_count && path->owners[at].lane == lane) at++;
    }
    path->out_count = 0;
}

static void add_message(struct path *path, struct path_lane *lane, int start, int length, int segment) {
    if (path->out_count == MOST_MESSAGES || (path->out_count && path->out_fd != lane->fd)) send_messages(path);
    int i = path->out_count++;
    path->out_fd = lane->fd;
    path->owners[i] = (struct message_owner){lane, lane->buffer + start, length, segment};
    path->out_parts[i] = (struct iovec){lane->buffer + start, (size_t)length};
    struct msghdr *head = &path->out[i].msg_hdr;
    *head = (struct msghdr){.msg_name = lane->address, .msg_namelen = lane->address_size, .msg_iov = &path->out_parts[i],
                            .msg_iovlen = 1};
    if (length > segment) {
        uint16_t size = (uint16_t)segment;
        head->msg_control = path->out_ancillary[i];
        head->msg_controllen = sizeof path->out_ancillary[i];
        struct cmsghdr *control = CMSG_FIRSTHDR(head);
        control->cmsg_level = SOL_UDP_LEVEL;
        control->cmsg_type = UDP_SEGMENT_OPTION;
        control->cmsg_len = CMSG_LEN(sizeof size);
        memcpy(CMSG_DATA(control), &size, sizeof size);
    }
}

/* Cut into trains of equal packets, of which the last may be shorter (egress.runs). */
static void add_lane(struct path *path, struct path_lane *lane) {
    int at = 0, start = 0, segment = 0, count = 0, closed = 1;
    for (int i = 0; i < lane->count; i++) {
        int size = lane->sizes[i];
        if (closed || size > segment || count >= MOST_SEGMENTS || at + size - start > MOST_RUN_BYTES ||
            !lane->segments) {
            if (count) add_message(path, lane, start, at - start, segment);
            start = at;
            segment = size;
            count = 0;
            closed = 0;
        }
        count++;
        closed = size < segment;
        at += size;
    }
    if (count) add_message(path, lane, start, at - start, segment);
}

static void empty(struct path_lane *lane) {
    lane->sent_bytes += (uint64_t)lane->end;
    lane->end = lane->count = 0;
}

/* At once: its buffer is full. It may still stand in the list of those that wait; flushing it again is harmless. */
void path_lane_flush(struct path_lane *lane) {
    struct path *path = path_of(lane);
    if (lane->count == 0) return;
    if (lane->fd < 0) {
        path->by_python(lane->index); /* which empties it */
        return;
    }
    add_lane(path, lane);
    if (path->out_count) send_messages(path);
    empty(lane);
}

static void leave_list(struct path *path, struct path_lane *lane) {
    struct path_lane *before = NULL, *one = path->waiting;
    while (one != NULL && one != lane) {
        before = one;
        one = one->next;
    }
    if (one == NULL) return;
    if (before != NULL) before->next = lane->next;
    else path->waiting = lane->next;
    if (path->last_waiting == lane) path->last_waiting = before;
    lane->next = NULL;
    lane->waiting = 0;
}

/* All that wait. First those that Python sends: its garbage collector may free any lane of the list meanwhile. */
void path_flush(struct path *path) {
    struct path_lane *lane = path->waiting;
    while (lane != NULL) {
        if (lane->fd >= 0 || lane->count == 0) {
            lane = lane->next;
            continue;
        }
        leave_list(path, lane);
        path->by_python(lane->index);
        lane = path->waiting;
    }
    for (lane = path->waiting; lane != NULL; lane = lane->next)
        if (lane->count) add_lane(path, lane);
    if (path->out_count) send_messages(path);
    lane = path->waiting;
    path->waiting = path->last_waiting = NULL;
    while (lane != NULL) {
        struct path_lane *next = lane->next;
        lane->next = NULL;
        lane->waiting = 0;
        empty(lane);
        lane = next;
    }
}

void path_lane_free(struct path_lane *lane) {
    struct path *path = path_of(lane);
    if (lane->waiting) leave_list(path, lane);
    free(lane);
    path_free(path);
}

/* `size` bytes at the end of the buffer are an encrypted packet. */
void path_lane_put(struct path_lane *lane, int size) {
    if (size <= 0 || size > lane->limit + MOST_TRAILER_BYTES - lane->end || lane->count >= MOST_SIZES) return;
    if (!lane->waiting) {
        struct path *path = path_of(lane);
        lane->waiting = 1;
        lane->next = NULL;
        if (path->last_waiting != NULL) path->last_waiting->next = lane;
        else path->waiting = lane;
        path->last_waiting = lane;
    }
    lane->sizes[lane->count++] = (uint16_t)size;
    lane->end += size;
    if (lane->count == MOST_SIZES) path_lane_flush(lane);
}

/* Encrypt the packet of `length` bytes at the end of the buffer and keep it for the flush. */
int path_lane_protect(struct path_lane *lane, int length) {
    int size = length;
    if (lane->session == NULL || length < 12 || length > lane->limit - lane->end) return 0;
    if (path_of(lane)->protect(lane->session, lane->buffer + lane->end, &size)) return 0;
    path_lane_put(lane, size);
    return size;
}

/* ---- one packet to many */

static void patch_payload(uint8_t *payload, int length, const struct path_packet *p, unsigned picture, unsigned tl0) {
    if (p->picture_bits == 15) {
        if (p->picture_at + 1 < length) put16(payload + p->picture_at, 0x8000 | picture);
    } else if (p->picture_bits && p->picture_at < length) {
        payload[p->picture_at] = picture & 0x7F;
    }
    if (p->tl0_at && p->tl0_at < length) payload[p->tl0_at] = (uint8_t)tl0;
}

static void patch(uint8_t *copy, const struct path_packet *p, const struct path_target *t) {
    put16(copy + 2, (unsigned)(p->sequence + t->sequence) & 0xFFFF);
    put32(copy + 4, p->timestamp + t->timestamp);
    put32(copy + 8, t->ssrc);
    if (p->picture >= 0 || p->tl0 >= 0)
        patch_payload(copy + p->payload_at, p->length - p->payload_at, p, (unsigned)(p->picture + t->picture) & 0x7FFF,
                      (unsigned)(p->tl0 + t->tl0) & 0xFF);
    if (t->mid_size && p->mid_at && p->mid_at + t->mid_size <= p->payload_at)
        memcpy(copy + p->mid_at, t->mid, t->mid_size);
}

/* Copy one clear packet to every target, patch what differs, encrypt in place. */
void path_fan_out(struct path *path, const struct path_packet *packet, struct path_target **targets, int count) {
    int length = packet->length;
    if (length < 12 || packet->payload_at < 12 || packet->payload_at > length) return;
    for (int i = 0; i < count; i++) {
        const struct path_target *target = targets[i];
        struct path_lane *lane = target->lane;
        if (length > lane->limit - lane->end) {
            path_lane_flush(lane);
            if (length > lane->limit - lane->end) continue;
        }
        uint8_t *copy = lane->buffer + lane->end;
        memcpy(copy, packet->data, (size_t)length);
        if (target->shifted) patch(copy, packet, target);
        if (lane->log != NULL && packet->number_at >= 12 && packet->number_at + 2 <= packet->payload_at) {
            uint64_t number = (*lane->number)++;
            lane->log[number & DEPARTURES_MASK] =
                (uint64_t)path->turn.now_us << 12 | (uint64_t)length;
            put16(copy + packet->number_at, number & 0xFFFF);
        }
        path_lane_protect(lane, length);
    }
}

/* ---- what was sent, for repairs: bytes in a circle, an index by sequence number */

struct path_ring {
    uint64_t head;
    uint32_t capacity;
    struct { uint64_t at; uint32_t length; uint16_t sequence; } slots[RING];
    uint8_t bytes[];
};

struct path_ring *path_ring_new(int capacity) {
    if (capacity < 4 * PACKET_BYTES) capacity = 4 * PACKET_BYTES;
    struct path_ring *ring = calloc(1, sizeof *ring + (size_t)capacity); /* pages come as they are written */
    if (ring != NULL) ring->capacity = (uint32_t)capacity;
    return ring;
}

void path_ring_free(struct path_ring *ring) { free(ring); }

void path_ring_put(struct path_ring *ring, int sequence, const uint8_t *packet, int length) {
    if (length <= 0 || (uint32_t)length > ring->capacity) return;
    uint32_t at = (uint32_t)(ring->head % ring->capacity);
    if (ring->capacity - at < (uint32_t)length) {
        ring->head += ring->capacity - at; /* a packet never wraps */
        at = 0;
    }
    memcpy(ring->bytes + at, packet, (size_t)length);
    int slot = sequence & (RING - 1);
    ring->slots[slot].at = ring->head;
    ring->slots[slot].length = (uint32_t)length;
    ring->slots[slot].sequence = (uint16_t)sequence;
    ring->head += (uint32_t)length;
}

/* Its length, 0 when it never was or was overwritten. */
int path_ring_find(struct path_ring *ring, int sequence, uint8_t *out, int size) {
    int slot = sequence & (RING - 1);
    uint32_t length = ring->slots[slot].length;
    if (length == 0 || ring->slots[slot].sequence != (uint16_t)sequence || length > (uint32_t)size) return 0;
    if (ring->head - ring->slots[slot].at > ring->capacity) return 0;
    memcpy(out, ring->bytes + ring->slots[slot].at % ring->capacity, length);
    return (int)length;
}

#include "feedback.c"

/* ---- the way in */

struct path_gate *path_gate_new(struct path *path) {
    struct owned_gate *owned = calloc(1, sizeof *owned);
    if (owned == NULL) return NULL;
    owned->path = path;
    path->references++;
    return &owned->gate;
}

void path_gate_free(struct path_gate *gate) {
    struct path *path = ((struct owned_gate *)gate)->path;
    for (struct path_gate **one = &path->turn.changed; *one != NULL; one = &(*one)->next)
        if (*one == gate) {
            *one = gate->next;
            break;
        }
    for (struct path_gate **one = &path->to_tell; *one != NULL; one = &(*one)->next_to_tell)
        if (*one == gate) {
            *one = gate->next_to_tell;
            break;
        }
    free(gate);
    path_free(path);
}

/* A packet with this transport-wide number came over the gate. */
void path_arrived(struct path_gate *gate, int number, int64_t arrival_us) {
    struct path *path = ((struct owned_gate *)gate)->path;
    if (gate->feedback == NULL) return;
    path_feedback_receive(gate->feedback, number, arrival_us);
    if (gate->to_tell || gate->feedback->lowest < 0) return;
    gate->to_tell = 1;
    gate->next_to_tell = path->to_tell;
    path->to_tell = gate;
}

static void put_rtcp(struct path *path, struct path_lane *lane, const uint8_t *packet, int length) {
    if (lane == NULL || lane->session == NULL) return;
    if (length > lane->limit - lane->end) path_lane_flush(lane);
    if (length > lane->limit - lane->end) return;
    memcpy(lane->buffer + lane->end, packet, (size_t)length);
    if (path->protect_rtcp(lane->session, lane->buffer + lane->end, &length) == 0) path_lane_put(lane, length);
}

/* To all senders: when what they sent since the last time has come. It leaves with the flush. */
void path_tell(struct path *path) {
    uint8_t packet[FEEDBACK_BYTES];
    while (path->to_tell != NULL) {
        struct path_gate *gate = path->to_tell;
        path->to_tell = gate->next_to_tell;
        gate->next_to_tell = NULL;
        gate->to_tell = 0;
        int length;
        while ((length = path_feedback_next(gate->feedback, gate->last_ssrc, packet)))
            if (gate->session != NULL) put_rtcp(path, gate->lane, packet, length); /* closed: nobody is told */
    }
}

/* One of those that changed since Python looked last, NULL when there is none left. */
struct path_gate *path_take_changed(struct path *path) {
    struct path_gate *gate = path->turn.changed;
    if (gate != NULL) {
        path->turn.changed = gate->next;
        gate->next = NULL;
        gate->changed = 0;
    }
    return gate;
}

static unsigned bucket(const uint8_t *address, int size) {
    uint32_t hash = 2166136261u;
    for (int i = 0; i < size; i++) hash = (hash ^ address[i]) * 16777619u;
    return (hash ^ hash >> 15) & 1023;
}

void path_route_add(struct path_port *port, struct path_route *route) {
    struct path_route **first = &port->routes[bucket(route->address, route->address_size)];
    route->next = *first;
    *first = route;
}

void path_route_remove(struct path_port *port, struct path_route *route) {
    struct path_route **one = &port->routes[bucket(route->address, route->address_size)];
    while (*one != NULL && *one != route) one = &(*one)->next;
    if (*one == route) *one = route->next;
}

static struct path_route *route_from(struct path_port *port, const uint8_t *address, int size) {
    struct path_route *route = port->routes[bucket(address, size)];
    while (route != NULL && (route->address_size != size || memcmp(route->address, address, (size_t)size)))
        route = route->next;
    return route;
}

struct vp8 {
    int picture, tl0, picture_at, picture_bits, tl0_at, temporal, key_frame;
};

/* RFC 7741 4.2, as rtp.vp8 reads it; 0: not a VP8 packet. */
static int read_vp8(const uint8_t *p, int length, struct vp8 *v) {
    *v = (struct vp8){.picture = -1, .tl0 = -1};
    if (length < 1) return 0;
    int size = 1;
    if (p[0] & 0x80) {
        if (length < 2) return 0;
        int flags = p[1];
        size = 2;
        if (flags & 0x80) {
            if (size >= length) return 0;
            v->picture_at = size;
            if (p[size] & 0x80) {
                if (size + 1 >= length) return 0;
                v->picture = (p[size] & 0x7F) << 8 | p[size + 1];
                v->picture_bits = 15;
                size += 2;
            } else {
                v->picture = p[size];
                v->picture_bits = 7;
                size += 1;
            }
        }
        if (flags & 0x40) {
            if (size >= length) return 0;
            v->tl0 = p[size];
            v->tl0_at = size++;
        }
        if (flags & 0x30) {
            if (size >= length) return 0;
            if (flags & 0x20) v->temporal = p[size] >> 6;
            size++;
        }
    }
    if (size >= length) return 0;
    v->key_frame = (p[0] & 0x17) == 0x10 && !(p[size] & 1);
    return 1;
}

/* Where a one-byte header extension stands (RFC 8285 4.2); 0 when absent, -1 when the block is not understood. */
static int extension(const uint8_t *packet, int at, int end, int wanted, int *size) {
    while (at < end) {
        int first = packet[at];
        if (first == 0) {
            at++;
            continue;
        }
        int length = (first & 0x0F) + 1;
        if (first >> 4 == 15 || at + 1 + length > end) return -1;
        if (first >> 4 == wanted) {
            *size = length;
            return at + 1;
        }
        at += length + 1;
    }
    return 0;
}

static void renumber(struct path *path, struct path_stream *stream, const uint8_t *packet, int payload_at, int length,
                     const struct vp8 *v) {
    struct path_rendition *r = stream->rendition;
    struct path_packet out = {.data = path->scratch, .length = r->header_size + length, .payload_at = r->header_size,
                              .mid_at = r->mid_at, .number_at = r->number_at, .picture = -1, .tl0 = -1, .picture_at = v->picture_at,
                              .picture_bits = v->picture_bits, .tl0_at = v->tl0_at};
    uint8_t *head = path->scratch;
    out.sequence = (int)((get16(packet + 2) + r->sequence) & 0xFFFF);
    out.timestamp = get32(packet + 4) + r->timestamp;
    memcpy(head, r->header, r->header_size);
    head[0] = r->first;
    head[1] = (uint8_t)(r->payload_type | (packet[1] & 0x80));
    put16(head + 2, (unsigned)out.sequence);
    put32(head + 4, out.timestamp);
    if (r->time_at) {
        head[r->time_at] = (uint8_t)(path->turn.send_time >> 16);
        put16(head + r->time_at + 1, path->turn.send_time & 0xFFFF);
    }
    if (r->level_at) head[r->level_at] = stream->level;
    memcpy(head + r->header_size, packet + payload_at, (size_t)length);
    if (v->picture >= 0) out.picture = (v->picture + r->picture) & 0x7FFF;
    if (v->tl0 >= 0) out.tl0 = (v->tl0 + r->tl0) & 0xFF;
    if (v->picture >= 0 || v->tl0 >= 0)
        patch_payload(head + r->header_size, length, &out, (unsigned)out.picture & 0x7FFF, (unsigned)out.tl0 & 0xFF);
    path_ring_put(r->ring, out.sequence, head, out.length);
    r->packets++;
    r->octets += (uint64_t)length;
    path_fan_out(path, &out, r->targets, r->target_count);
}

/* A clear packet of a known stream. 0: it is not simply the next one, Python must look. Nothing was changed then. */
static int forward(struct path *path, struct path_gate *gate, struct path_stream *stream, const uint8_t *packet,
                   int length, int64_t arrival_us) {
    if (!stream->armed || stream->count >= MOST_UNSEEN || length < 12 || arrival_us < 0) return 0;
    if (packet[0] & 0x2F || (packet[1] & 0x7F) != stream->payload_type) return 0; /* padding, CSRCs */
    unsigned sequence = get16(packet + 2);
    uint32_t timestamp = get32(packet + 4);
    if (sequence != (uint16_t)(stream->sequence + 1) || timestamp - stream->timestamp >= 0x80000000u) return 0;
    int payload_at = 12, number_at = 0, level_at = 0, size = 0;
    if (packet[0] & 0x10) {
        if (length < 16 || get16(packet + 12) != 0xBEDE) return 0;
        int block = 16, end = 16 + 4 * (int)get16(packet + 14);
        if (end > length || end - block > LOOKED_THROUGH) return 0;
        payload_at = end;
        if (gate->transport_cc_id) {
            number_at = extension(packet, block, end, gate->transport_cc_id, &size);
            if (number_at < 0 || (number_at && size != 2)) return 0;
        }
        if (stream->level_id) {
            level_at = extension(packet, block, end, stream->level_id, &size);
            if (level_at < 0) return 0;
        }
    }
    int payload_length = length - payload_at;
    if (payload_length <= 0) return 0;
    struct vp8 v = {.picture = -1, .tl0 = -1};
    if (stream->kind == VP8) {
        if (!read_vp8(packet + payload_at, payload_length, &v) || v.key_frame) return 0;
        if (v.temporal > stream->top_temporal || v.picture_bits != stream->picture_bits ||
            (v.tl0 >= 0) != stream->has_tl0)
            return 0;
        int mask = v.picture_bits == 15 ? 0x7FFF : 0x7F;
        if (v.picture >= 0 && ((v.picture - stream->picture) & mask) > 1) return 0;
        if (v.tl0 >= 0 && ((v.tl0 - stream->tl0) & 0xFF) > 1) return 0;
    }
    if (stream->rendition != NULL && stream->rendition->header_size + payload_length > PACKET_BYTES) return 0;

    if (!gate->changed) {
        gate->changed = 1;
        gate->next = path->turn.changed;
        path->turn.changed = gate;
    }
    if (number_at) {
        path_arrived(gate, (int)get16(packet + number_at), arrival_us);
        gate->last_ssrc = get32(packet + 8);
    }
    /* RFC 3550 A.8, as reports.ReceiverStats counts it */
    int64_t transit = arrival_us * stream->clock_rate / 1000000 - (int64_t)timestamp;
    int64_t difference = (int32_t)(uint32_t)((uint64_t)transit - (uint64_t)stream->transit);
    stream->jitter_16 += (difference < 0 ? -difference : difference) - ((stream->jitter_16 + 8) >> 4);
    stream->transit = transit;
    if (level_at) {
        stream->level = packet[level_at];
        stream->levels[stream->level_count++] = stream->level; /* count < MOST_UNSEEN < 64 */
    }
    stream->sequence = (uint16_t)sequence;
    stream->timestamp = timestamp;
    stream->picture = v.picture;
    stream->tl0 = v.tl0;
    stream->count++;
    stream->heard_ms = path->turn.now_us / 1000;
    stream->bytes[v.temporal < 2 ? v.temporal : 2] += (uint64_t)payload_length;
    if (stream->rendition != NULL) renumber(path, stream, packet, payload_at, payload_length, &v);
    return 1;
}

static int64_t arrival_of(struct path *path, struct msghdr *head) {
    for (struct cmsghdr *one = CMSG_FIRSTHDR(head); one != NULL; one = CMSG_NXTHDR(head, one))
        if (one->cmsg_level == SOL_SOCKET && one->cmsg_len >= CMSG_LEN(sizeof(struct timespec))) {
            struct timespec at;
            memcpy(&at, CMSG_DATA(one), sizeof at);
            int64_t age = path->turn.wall_us - (int64_t)at.tv_sec * 1000000 - at.tv_nsec / 1000;
            if (-OLDEST_ARRIVAL_US < age && age < OLDEST_ARRIVAL_US) return path->turn.now_us - age;
        }
    return path->turn.now_us;
}

static int for_python(struct path *path, int what, const uint8_t *packet, int length, int64_t arrival_us,
                      const uint8_t *address, int address_size) {
    struct path_turn *turn = &path->turn;
    if (length > path->inbox_size) return NOTHING;
    memcpy(path->inbox, packet, (size_t)length);
    turn->length = length;
    turn->arrival_us = arrival_us;
    turn->address_size = (uint8_t)address_size;
    memcpy(turn->address, address, (size_t)address_size);
    return what;
}

static int media(struct path *path, struct path_route *route, uint8_t *packet, int length, int64_t arrival_us,
                 const uint8_t *address, int size) {
    struct path_gate *gate = route->gate;
    if (gate == NULL || gate->session == NULL || length < 12) return NOTHING;
    if (packet[1] >= 192 && packet[1] < 224) /* RFC 5761 4 */
        return for_python(path, MEDIA, packet, length, arrival_us, address, size);
    uint32_t ssrc = get32(packet + 8);
    for (int i = 0; i < gate->count; i++)
        if (gate->ssrcs[i] == ssrc) {
            if (path->unprotect(gate->session, packet, &length)) return NOTHING;
            if (gate->route == route && forward(path, gate, gate->streams[i], packet, length, arrival_us))
                return NOTHING;
            path->turn.ssrc = ssrc;
            return for_python(path, CLEAR, packet, length, arrival_us, address, size);
        }
    return for_python(path, MEDIA, packet, length, arrival_us, address, size);
}

/* One batch from the socket; path_next then works through it. How many, 0 when there was nothing. */
int path_receive(struct path *path, struct path_port *port) {
    for (int i = 0; i < BATCH; i++) {
        path->in[i].msg_hdr.msg_namelen = sizeof path->in_addresses[i];
        path->in[i].msg_hdr.msg_controllen = ANCILLARY_BYTES;
    }
    path->turn.port = port;
    path->offered = NULL;
    path->at = 0;
    for (int tries = 0; tries < 8; tries++) {
        path->received = recvmmsg(port->fd, path->in, BATCH, MSG_DONTWAIT, NULL);
        if (path->received >= 0) return path->received;
        if (errno == EAGAIN || errno == EWOULDBLOCK) break;
        /* else an ICMP error of an earlier send, told once */
    }
    path->received = 0;
    return 0;
}

/* A packet that came another way (a test's line): path_next then works through it. */
int path_offer(struct path *path, struct path_route *route, const uint8_t *data, int length, int64_t arrival_us) {
    path->received = path->at = 0;
    if (length < 2 || length > PACKET_BYTES) return 0;
    memcpy(path->slab[0], data, (size_t)length);
    path->in[0].msg_len = (unsigned)length;
    path->in[0].msg_hdr.msg_flags = 0;
    path->offered = route;
    path->offered_us = arrival_us;
    path->received = 1;
    return 1;
}

/* Go on with the batch until Python must look at something; NOTHING: all done, or flush. */
int path_next(struct path *path) {
    while (path->at < path->received) {
        int i = path->at++, what = NOTHING, length = (int)path->in[i].msg_len;
        struct msghdr *head = &path->in[i].msg_hdr;
        uint8_t *packet = path->slab[i];
        if (length < 2 || length > PACKET_BYTES || head->msg_flags & MSG_TRUNC) continue;
        if (path->offered != NULL) {
            what = media(path, path->offered, packet, length, path->offered_us, path->offered->address,
                         path->offered->address_size);
        } else if (head->msg_namelen <= sizeof path->turn.address) {
            const uint8_t *address = (const uint8_t *)&path->in_addresses[i];
            int size = (int)head->msg_namelen;
            struct path_route *route = packet[0] < 4 ? NULL : route_from(path->turn.port, address, size);
            if (packet[0] < 4)
                what = for_python(path, STUN, packet, length, 0, address, size);
            else if (route != NULL && (packet[0] & 0xC0) == 0x80)
                what = media(path, route, packet, length, arrival_of(path, head), address, size);
            else if (route != NULL && packet[0] >= 20 && packet[0] < 64)
                what = for_python(path, DTLS, packet, length, 0, address, size);
        }
        if (what != NOTHING) return what;
    }
    return NOTHING;
}

static int64_t clock_us(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Sleep until there is something that Python must look at: a packet (what path_next says), another descriptor (OTHER),
   or the timeout (microseconds, negative: none). What it need not look at is done meanwhile. */
int path_wait(struct path *path, struct path_port **ports, int count, int other, int64_t timeout_us) {
    struct pollfd fds[17];
    int64_t end_us = clock_us(CLOCK_MONOTONIC) + timeout_us;
    if (count > 16) count = 16;
    for (int i = 0; i < count; i++) fds[i] = (struct pollfd){.fd = ports[i]->fd, .events = POLLIN};
    fds[count] = (struct pollfd){.fd = other, .events = POLLIN};
    for (;;) {
        int64_t left_us = timeout_us < 0 ? 0 : end_us - clock_us(CLOCK_MONOTONIC);
        if (left_us < 0) left_us = 0;
        struct timespec left = {left_us / 1000000, left_us % 1000000 * 1000};
        int ready = ppoll(fds, (nfds_t)count + 1, timeout_us < 0 ? NULL : &left, NULL);
        if (ready <= 0) return TIMEOUT; /* or a signal, which the caller's loop sees to */
        path->turn.now_us = clock_us(CLOCK_MONOTONIC);
        path->turn.wall_us = clock_us(CLOCK_REALTIME);
        /* RTP's abs-send-time: 6.18 fixed-point seconds */
        path->turn.send_time = (uint32_t)(((uint64_t)path->turn.now_us % 64000000 << 18) / 1000000) & 0xFFFFFF;
        for (int i = 0; i < count; i++)
            if (fds[i].revents && path_receive(path, ports[i])) {
                int what = path_next(path);
                if (what != NOTHING) return what;
                path_flush(path);
            }
        if (fds[count].revents) return OTHER;
        if (timeout_us >= 0 && path->turn.now_us >= end_us) return TIMEOUT;
    }
}
