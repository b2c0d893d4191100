/* The compiled path under -fsanitize=address,undefined: each packet lies in a piece of memory of just its size, so that
   a read behind it ends the program. Usage: path_fuzz INPUTS SEED. Not part of the server. */
#include "../../server/sfu/native/path.c"

#include <stdio.h>

#define SSRC 0x01020304u

static uint64_t state;

static uint64_t chance(uint64_t below) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return below ? state % below : 0;
}

static void expect(int holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "%s\n", what);
    abort();
}

/* As libsrtp: takes sixteen bytes away, or adds them. */
static int unprotect(void *session, void *packet, int *length) {
    (void)session, (void)packet;
    if (chance(8) == 0) return 1;
    if (chance(2) && *length >= 28) *length -= 16;
    return 0;
}

static int protect(void *session, void *packet, int *length) {
    (void)session;
    memset((uint8_t *)packet + *length, 0xAA, 16);
    *length += 16;
    return 0;
}

static struct path_lane *lanes[3];

static void by_python(int index) { lanes[index]->end = lanes[index]->count = 0; }

static const uint8_t video[] = {0x90, 0x60, 0xFF, 0xFF, 0, 0, 0, 7, 1, 2, 3, 4, 0xBE, 0xDE, 0, 3, 0x10, '0', 0x21, 'r', '0', 0x51, 0x12, 0x34, 0x42,
                                'a', 'b', 'c', 0x90, 0xE0, 0x92, 0x34, 0x09, 0x40, 0x11, 'p', 'i', 'c'};
static const uint8_t sound[] = {0x90, 0x6F, 0, 0, 0, 0, 3, 0xC0, 1, 2, 3, 4, 0xBE, 0xDE, 0, 2, 0x10, '1', 0xA0, 0x9E, 0x51, 0, 9, 0, 0x78, 's'};

static int make(uint8_t *out, int is_video) {
    static const uint8_t odd[] = {0, 1, 0x0F, 0x10, 0x7F, 0x80, 0x90, 0xBE, 0xDE, 0xE0, 0xF0, 0xFF};
    int length = (int)(is_video ? sizeof video : sizeof sound);
    memcpy(out, is_video ? video : sound, (size_t)length);
    if (chance(16) == 0) {
        length = (int)chance(PACKET_BYTES + 1);
        for (int i = 0; i < length; i++) out[i] = (uint8_t)chance(256);
    } else if (chance(4) == 0) {
        int more = (int)chance((uint64_t)(PACKET_BYTES - length) + 1);
        memset(out + length, odd[chance(sizeof odd)], (size_t)more);
        length += more;
    }
    for (uint64_t i = chance(6); i > 0 && length; i--)
        out[chance((uint64_t)length)] = chance(2) ? odd[chance(sizeof odd)] : (uint8_t)chance(256);
    if (chance(4) == 0 && length > 16) out[15] = (uint8_t)chance((uint64_t)length / 4);
    if (chance(4) == 0) length = (int)chance((uint64_t)length + 1);
    return length;
}

/* As Python arms it: mostly for the packet that comes. */
static void arm(struct path_stream *stream, const uint8_t *packet, int length, int is_video) {
    stream->armed = chance(16) != 0;
    stream->kind = is_video ? VP8 : SOUND;
    stream->clock_rate = is_video ? 90000 : 48000;
    stream->level_id = is_video ? 0 : 10;
    stream->top_temporal = (uint8_t)chance(3);
    stream->count = (int32_t)chance(MOST_UNSEEN + 1);
    stream->level_count = (int32_t)chance((uint64_t)stream->count + 1);
    if (length < 12) return;
    stream->payload_type = packet[1] & 0x7F;
    stream->sequence = (uint16_t)(get16(packet + 2) - (chance(8) ? 1 : 2));
    stream->timestamp = get32(packet + 4) - (uint32_t)chance(9000);
    stream->transit = (int64_t)chance(1ull << 40);
    struct vp8 v;
    int payload_at = packet[0] & 0x10 && length >= 16 ? 16 + 4 * (int)get16(packet + 14) : 12;
    stream->picture_bits = stream->has_tl0 = 0;
    if (payload_at < length && read_vp8(packet + payload_at, length - payload_at, &v)) {
        stream->picture_bits = (uint8_t)v.picture_bits;
        stream->has_tl0 = v.tl0 >= 0;
        stream->picture = v.picture - (int)chance(2);
        stream->tl0 = v.tl0 - (int)chance(2);
    }
}

int main(int count, char **arguments) {
    uint64_t inputs = count > 1 ? strtoull(arguments[1], NULL, 10) : 1000000, forwarded = 0;
    state = (count > 2 ? strtoull(arguments[2], NULL, 10) : 1) * 0x9E3779B97F4A7C15ull | 1;
    uint8_t *inbox = malloc(PACKET_BYTES), found[PACKET_BYTES + 64], input[PACKET_BYTES];
    uint64_t log[DEPARTURES_MASK + 1], number = 1;
    struct path *path = path_new(protect, unprotect, protect, inbox, PACKET_BYTES, by_python);
    struct path_target targets[3] = {0}, *pointers[3];
    struct path_rendition rendition = {.ring = path_ring_new(1 << 14), .targets = pointers, .target_count = 3, .first = 0x90, .payload_type = 96};
    for (int i = 0; i < 3; i++) {
        int limit = i == 2 ? 1300 : 8000; /* one is too small for the longest packets */
        lanes[i] = path_lane_new(path, malloc((size_t)limit + MOST_TRAILER_BYTES), limit, i);
        lanes[i]->session = path;
        lanes[i]->index = i;
        targets[i] = (struct path_target){.lane = lanes[i], .ssrc = 7, .timestamp = 9, .sequence = 65535, .picture = 3, .tl0 = 2, .shifted = i != 0,
                                          .mid_size = i == 2 ? 2 : 0};
        pointers[i] = &targets[i];
    }
    lanes[1]->log = log;
    lanes[1]->number = &number;
    struct path_stream stream = {0};
    struct path_gate *gate = path_gate_new(path);
    struct path_route route = {.gate = gate};
    gate->session = path;
    gate->lane = lanes[0];
    gate->feedback = path_feedback_new(7);
    gate->route = &route;
    gate->count = 1;
    gate->ssrcs[0] = SSRC;
    gate->streams[0] = &stream;
    for (uint64_t i = 0; i < inputs; i++) {
        int is_video = (int)chance(2), length = make(input, is_video);
        rendition.header_size = is_video ? 32 : 24;
        rendition.time_at = 17;
        rendition.level_at = is_video ? 0 : 21;
        rendition.mid_at = is_video ? 26 : 0;
        rendition.number_at = is_video ? 22 : 0;
        arm(&stream, input, length, is_video);
        stream.rendition = chance(8) ? &rendition : NULL;
        gate->transport_cc_id = (uint8_t)(chance(4) ? 5 : chance(16));
        if (chance(8) == 0) path_tell(path);
        path_arrived(gate, (int)chance(1 << 16) >> (int)chance(16), (int64_t)chance(1ull << (chance(45) + 1)));
        uint8_t *exact = malloc((size_t)length + (length == 0));
        memcpy(exact, input, (size_t)length);
        if (chance(4)) {
            forwarded += (uint64_t)forward(path, gate, &stream, exact, length, (int64_t)chance(1ull << 45));
        } else if (path_offer(path, &route, exact, length, (int64_t)chance(1ull << 45))) {
            int what = path_next(path);
            expect(what == NOTHING || what == MEDIA || what == CLEAR, "path_next answered what no packet is");
        }
        for (int lane = 0; lane < 3; lane++) {
            int total = 0;
            for (int at = 0; at < lanes[lane]->count; at++) total += lanes[lane]->sizes[at];
            expect(total == lanes[lane]->end, "a lane's sizes are not its bytes");
            expect(total <= lanes[lane]->limit + MOST_TRAILER_BYTES, "a lane beyond its end");
        }
        int kept = path_ring_find(rendition.ring, (int)chance(65536), found, (int)chance(sizeof found));
        expect(kept >= 0 && kept <= (int)sizeof found, "a kept packet longer than its place");
        if (chance(3) == 0) path_flush(path);
        if (chance(5) == 0)
            while (path_take_changed(path) != NULL) {
            }
        free(exact);
    }
    printf("Done %llu inputs, %llu forwarded\n", (unsigned long long)inputs, (unsigned long long)forwarded);
    return 0;
}
