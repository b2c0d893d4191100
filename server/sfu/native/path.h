/* What Python and the compiled path share. Read by the compiler and by cffi alike: declarations only, no preprocessor. */

typedef int (*path_srtp)(void *session, void *packet, int *length);

/* One viewer's buffer of one kind; filled, encrypted in place, sent at the end of a wake-up. */
struct path_lane {
    struct path_lane *next; /* in the list of those that wait for the flush */
    void *session;          /* srtp_t; NULL before there are keys */
    uint8_t *buffer;
    uint64_t sent_bytes;
    uint64_t *log; /* rtp.departures: what left under each transport-wide number; NULL: its packets are not numbered */
    uint64_t *number;
    int32_t limit, end, count;
    int32_t fd;     /* -1: `index` is given to Python, which sends */
    int32_t index;
    uint8_t waiting, video, segments;
    uint8_t address_size;
    uint8_t address[28]; /* sockaddr_in or sockaddr_in6 */
    uint16_t sizes[1024];
};

/* The constants that turn a rendition's numbers into one viewer's. */
struct path_target {
    struct path_lane *lane;
    uint32_t ssrc, timestamp;
    uint16_t sequence, picture;
    uint8_t tl0, shifted, mid_size;
    uint8_t mid[16];
};

/* One clear packet to be sent to many: its numbers (-1 absent), and where they stand in the payload. */
struct path_packet {
    const uint8_t *data;
    int32_t length, payload_at, mid_at, number_at;
    int32_t sequence, picture, tl0;
    uint32_t timestamp;
    int32_t picture_at, picture_bits, tl0_at;
};

struct path_ring;

/* One thinned-out stream with its viewers, as long as nothing is taken out of it. */
struct path_rendition {
    struct path_ring *ring;
    struct path_target **targets;
    int32_t target_count;
    uint32_t timestamp; /* what is added to the sender's numbers */
    uint16_t sequence, picture;
    uint8_t tl0;
    uint8_t first, payload_type, header_size, time_at, level_at, mid_at, number_at; /* of the header; 0: none */
    uint8_t header[64];
    uint32_t packets; /* since Python looked last */
    uint64_t octets;
};

/* One incoming stream. Python arms it when nothing but the next packet in order is to be expected. */
struct path_stream {
    struct path_rendition *rendition; /* NULL: nobody watches */
    int64_t transit, jitter_16, clock_rate;
    uint32_t timestamp;
    uint16_t sequence; /* the last one */
    uint8_t armed, kind, payload_type, level_id, top_temporal, picture_bits, has_tl0, level;
    int32_t picture, tl0;
    /* since Python looked last */
    int32_t count, level_count;
    int64_t heard_ms;
    uint64_t bytes[3];
    uint8_t levels[64];
};

struct path_route;

/* rtp.twcc.TransportFeedback: when the packets of one transport came. */
struct path_feedback {
    int64_t highest, next, lowest; /* as there */
    int64_t at, begin;             /* while it is being told */
    uint32_t sender, count;
    int64_t numbers[4096], times[4096];
};

/* What one browser sends over one transport. */
struct path_gate {
    struct path_gate *next;         /* in the list of those that changed since Python looked last */
    struct path_gate *next_to_tell; /* in the list of those about whose packets something is to be told */
    struct path_feedback *feedback; /* NULL: it sends nothing */
    struct path_lane *lane;         /* by which reports leave */
    void *session;          /* srtp_t; NULL: nothing is decrypted here */
    struct path_route *route;
    int32_t index;
    uint8_t changed, to_tell, transport_cc_id;
    int32_t count; /* of streams */
    uint32_t ssrcs[32];
    struct path_stream *streams[32];
    uint32_t last_ssrc; /* of a packet with a transport-wide number */
};

/* One browser's address on one of our sockets. */
struct path_route {
    struct path_route *next;
    struct path_gate *gate;
    uint8_t address_size;
    uint8_t address[28];
};

struct path_port {
    int32_t fd;
    struct path_route *routes[1024];
};

/* The moment of this wake-up, and the packet that Python is asked to look at: it lies in the inbox. */
struct path_turn {
    int64_t now_us, wall_us;
    uint32_t send_time;
    int32_t length;
    int64_t arrival_us;
    uint32_t ssrc;
    uint8_t address_size;
    uint8_t address[28];
    struct path_port *port;
    struct path_gate *changed;
};

struct path;

int path_layout(void);
struct path *path_new(path_srtp protect, path_srtp unprotect, path_srtp protect_rtcp, uint8_t *inbox, int inbox_size,
                      void (*by_python)(int));
void path_free(struct path *path);
struct path_turn *path_turn(struct path *path);

struct path_lane *path_lane_new(struct path *path, uint8_t *buffer, int limit, int video);
void path_lane_free(struct path_lane *lane);
void path_lane_flush(struct path_lane *lane);
int path_lane_protect(struct path_lane *lane, int length);
void path_lane_put(struct path_lane *lane, int size);
void path_flush(struct path *path);

struct path_gate *path_gate_new(struct path *path);
void path_gate_free(struct path_gate *gate);
struct path_gate *path_take_changed(struct path *path);

struct path_feedback *path_feedback_new(uint32_t sender);
void path_feedback_free(struct path_feedback *feedback);
void path_feedback_receive(struct path_feedback *feedback, int number, int64_t arrival_us);
int path_feedback_next(struct path_feedback *feedback, uint32_t media, uint8_t *out);
void path_arrived(struct path_gate *gate, int number, int64_t arrival_us);
void path_tell(struct path *path);

void path_route_add(struct path_port *port, struct path_route *route);
void path_route_remove(struct path_port *port, struct path_route *route);

struct path_ring *path_ring_new(int capacity);
void path_ring_free(struct path_ring *ring);
void path_ring_put(struct path_ring *ring, int sequence, const uint8_t *packet, int length);
int path_ring_find(struct path_ring *ring, int sequence, uint8_t *out, int size);

void path_fan_out(struct path *path, const struct path_packet *packet, struct path_target **targets, int count);

int path_receive(struct path *path, struct path_port *port);
int path_offer(struct path *path, struct path_route *route, const uint8_t *data, int length, int64_t arrival_us);
int path_next(struct path *path);
int path_wait(struct path *path, struct path_port **ports, int count, int other, int64_t timeout_us);
