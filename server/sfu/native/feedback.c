/* Transport-wide feedback as rtp.twcc builds it, byte for byte: when each packet of a transport came, and the RTCP that
   tells its sender. Part of path.c; decides nothing, reads no packet. */

#define FEEDBACK_MASK (FEEDBACK_KEPT - 1)
#define FEEDBACK_KEPT 4096
#define FEEDBACK_STATUSES 400 /* of one packet */
#define FEEDBACK_LOOK_BACK 500
#define FEEDBACK_BYTES 1200
#define TICK_US 250
#define REFERENCE_US 64000

enum { NOT_RECEIVED, SMALL_DELTA, LARGE_DELTA };

struct path_feedback *path_feedback_new(uint32_t sender) {
    struct path_feedback *f = calloc(1, sizeof *f);
    if (f == NULL) return NULL;
    f->sender = sender;
    f->highest = f->next = f->lowest = f->at = -1;
    return f; /* pages come as they are written; no number that was received is 0 (numbers begin one wrap up) */
}

void path_feedback_free(struct path_feedback *f) { free(f); }

/* One packet, with the 16-bit number that it carries. */
void path_feedback_receive(struct path_feedback *f, int number, int64_t arrival_us) {
    int64_t unwrapped = (int64_t)(number & 0xFFFF) + 0x10000;
    if (f->highest < 0) {
        f->highest = unwrapped;
    } else {
        unwrapped = f->highest + (((number & 0xFFFF) - f->highest + 0x8000) & 0xFFFF) - 0x8000;
        if (unwrapped > f->highest) f->highest = unwrapped;
        else if (unwrapped < f->next - FEEDBACK_LOOK_BACK || unwrapped <= f->highest - FEEDBACK_KEPT) return;
    }
    int slot = (int)(unwrapped & FEEDBACK_MASK);
    if (f->numbers[slot] == unwrapped) return;
    f->numbers[slot] = unwrapped;
    f->times[slot] = arrival_us;
    if (f->lowest < 0 || unwrapped < f->lowest) f->lowest = unwrapped;
}

static int64_t floored(int64_t value, int64_t by) { return value / by - (value % by < 0); }

/* Packet status chunks (draft 3.1.2 to 3.1.4); returns where they end. */
static int write_chunks(uint8_t *out, const uint8_t *symbols, int end) {
    int size = 0, at = 0;
    while (at < end) {
        int run = at + 1, large = 0;
        while (run < end && symbols[run] == symbols[at]) run++;
        if (run - at > 7 || run == end) {
            put16(out + size, (unsigned)(symbols[at] << 13 | (run - at)));
            size += 2;
            at = run;
            continue;
        }
        int window = end - at < 14 ? end - at : 14;
        for (int i = 0; i < window; i++) large |= symbols[at + i] == LARGE_DELTA;
        unsigned chunk = large ? 0xC000 : 0x8000;
        if (large && window > 7) window = 7;
        for (int i = 0; i < window; i++) chunk |= (unsigned)symbols[at + i] << (large ? 12 - 2 * i : 13 - i);
        put16(out + size, chunk);
        size += 2;
        at += window;
    }
    return size;
}

/* The next RTCP packet about what arrived, its length; 0: all is told. `out` has FEEDBACK_BYTES. */
int path_feedback_next(struct path_feedback *f, uint32_t media, uint8_t *out) {
    if (f->lowest < 0) return 0;
    if (f->at < 0) {
        f->begin = f->next < 0 || f->lowest < f->next ? f->lowest : f->next;
        f->at = f->begin > f->highest - FEEDBACK_KEPT + 1 ? f->begin : f->highest - FEEDBACK_KEPT + 1;
    }
    while (f->at <= f->highest && f->numbers[f->at & FEEDBACK_MASK] != f->at) f->at++;
    if (f->at > f->highest) {
        f->next = f->highest + 1;
        f->lowest = f->at = -1;
        return 0;
    }
    if (f->at - f->begin >= FEEDBACK_STATUSES) f->begin = f->at;
    int64_t reference = floored(f->times[f->at & FEEDBACK_MASK], REFERENCE_US), last = reference * (REFERENCE_US / TICK_US);
    uint8_t symbols[FEEDBACK_STATUSES] = {NOT_RECEIVED}, deltas[2 * FEEDBACK_STATUSES];
    int told = 0, deltas_size = 0;
    for (int64_t number = f->at; number <= f->highest && number - f->begin < FEEDBACK_STATUSES; number++) {
        if (f->numbers[number & FEEDBACK_MASK] != number) continue;
        int64_t tick = floored(f->times[number & FEEDBACK_MASK], TICK_US), delta = tick - last;
        if (delta < -32768 || delta > 32767) break; /* 3.2: a larger delta needs a new packet */
        told = (int)(number - f->begin) + 1;
        if (delta >= 0 && delta <= 255) {
            symbols[told - 1] = SMALL_DELTA;
            deltas[deltas_size++] = (uint8_t)delta;
        } else {
            symbols[told - 1] = LARGE_DELTA;
            put16(deltas + deltas_size, (unsigned)delta & 0xFFFF);
            deltas_size += 2;
        }
        last = tick;
    }
    out[0] = 0x80 | 15;
    out[1] = 205;
    put32(out + 4, f->sender);
    put32(out + 8, media);
    put16(out + 12, (unsigned)f->begin & 0xFFFF);
    put16(out + 14, (unsigned)told);
    put32(out + 16, ((uint32_t)reference & 0xFFFFFF) << 8 | (f->count++ & 0xFF));
    int size = 20 + write_chunks(out + 20, symbols, told);
    memcpy(out + size, deltas, (size_t)deltas_size);
    size += deltas_size;
    while (size % 4) out[size++] = 0;
    put16(out + 2, (unsigned)size / 4 - 1);
    f->at = f->begin = f->begin + told;
    return size;
}
