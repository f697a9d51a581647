#include "feeds/files/byte_stream.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/error.h"

enum { SLOT_BYTES = AS_FILE_HEADROOM_BYTES + AS_BYTE_STREAM_CHUNK_BYTES };

/* Unpacked bytes, and where the unpacking stood when they were complete. */
typedef struct chunk {
    size_t bytes;
    as_unpack_state state;
} chunk;

struct as_byte_stream {
    char *path;
    as_file_reader *file;
    as_unpack *unpack; /* the thread's once there is one */
    as_unpack_state state;
    as_file_mode mode;
    uint8_t *view;     /* unread */
    size_t view_bytes;
    uint64_t offset;
    bool holds;        /* view is in a block or chunk that has to be released */
    /* compressed: chunks in a ring. All three count up; produced - released <= AS_BYTE_STREAM_CHUNKS */
    uint8_t *slots;
    chunk chunk[AS_BYTE_STREAM_CHUNKS];
    uint64_t taken;
    uint64_t produced, released; /* with a thread: under the lock */
    bool stop;                   /* under the lock */
    bool threaded, tried;
    cpu_set_t cpus;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t has_chunk, has_room;
};

/* ---- unpacking ---- */

static uint8_t *chunk_data(const as_byte_stream *s, uint64_t number)
{
    return s->slots + number % AS_BYTE_STREAM_CHUNKS * SLOT_BYTES + AS_FILE_HEADROOM_BYTES;
}

/* Fill the next chunk. What a pipe gives is passed on as it comes. */
static void produce(as_byte_stream *s, uint64_t number)
{
    chunk *c = &s->chunk[number % AS_BYTE_STREAM_CHUNKS];
    uint8_t *data = chunk_data(s, number);
    size_t made;
    c->bytes = 0;
    do {
        made = as_unpack_more(s->unpack, data + c->bytes, AS_BYTE_STREAM_CHUNK_BYTES - c->bytes);
        c->bytes += made;
    } while (made > 0 && c->bytes < AS_BYTE_STREAM_CHUNK_BYTES && s->mode != AS_FILE_STREAM);
    c->state = *as_unpack_state_get(s->unpack);
}

static void *unpack_ahead(void *context)
{
    as_byte_stream *s = context;
    pthread_mutex_lock(&s->lock);
    for (bool ended = false; !ended;) {
        while (s->produced - s->released == AS_BYTE_STREAM_CHUNKS && !s->stop)
            pthread_cond_wait(&s->has_room, &s->lock);
        if (s->stop)
            break;
        uint64_t number = s->produced;
        pthread_mutex_unlock(&s->lock);
        produce(s, number);
        ended = s->chunk[number % AS_BYTE_STREAM_CHUNKS].state.ended;
        pthread_mutex_lock(&s->lock);
        s->produced++;
        pthread_cond_signal(&s->has_chunk);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* Signals are for the threads that expect them. Without a thread everything goes on as before. */
static void start_thread(as_byte_stream *s)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    s->tried = true;
    if (CPU_COUNT(&s->cpus) < 2 || pthread_attr_init(&attributes) != 0)
        return;
    sigfillset(&all);
    pthread_attr_setaffinity_np(&attributes, sizeof s->cpus, &s->cpus);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    s->threaded = pthread_create(&s->thread, &attributes, unpack_ahead, s) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
}

static void stop_thread(as_byte_stream *s)
{
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    pthread_cond_signal(&s->has_room);
    pthread_mutex_unlock(&s->lock);
    as_file_reader_cancel(s->file);
    pthread_join(s->thread, NULL);
}

/* ---- blocks and chunks ---- */

static size_t next_chunk(as_byte_stream *s, uint8_t **data)
{
    uint64_t number = s->taken;
    if (!s->tried && number * AS_BYTE_STREAM_CHUNK_BYTES >= AS_BYTE_STREAM_AHEAD_BYTES)
        start_thread(s);
    if (s->threaded) {
        pthread_mutex_lock(&s->lock);
        while (s->produced == number)
            pthread_cond_wait(&s->has_chunk, &s->lock);
        pthread_mutex_unlock(&s->lock);
    } else {
        produce(s, number);
        s->produced++;
    }
    const chunk *c = &s->chunk[number % AS_BYTE_STREAM_CHUNKS];
    s->taken++;
    s->state = c->state;
    *data = chunk_data(s, number);
    return c->bytes;
}

static void release_chunk(as_byte_stream *s)
{
    if (s->threaded) {
        pthread_mutex_lock(&s->lock);
        s->released++;
        pthread_cond_signal(&s->has_room);
        pthread_mutex_unlock(&s->lock);
    } else {
        s->released++;
    }
}

static size_t next_block(as_byte_stream *s, uint8_t **data)
{
    size_t bytes = as_unpack_block(s->unpack, data);
    s->state = *as_unpack_state_get(s->unpack);
    return bytes;
}

/* One more block or chunk behind what is unread, which moves in front of it. Sets state.ended at the end. */
static void extend(as_byte_stream *s)
{
    bool packed = as_byte_stream_compression(s) != AS_COMPRESSION_NONE;
    uint8_t *data;
    size_t bytes = packed ? next_chunk(s, &data) : next_block(s, &data);
    if (bytes == 0)
        return; /* a chunk that holds nothing is the last */
    if (s->view_bytes)
        memcpy(data - s->view_bytes, s->view, s->view_bytes);
    if (s->holds && packed)
        release_chunk(s);
    else if (s->holds)
        as_file_reader_release(s->file);
    s->holds = true;
    s->view = data - s->view_bytes;
    s->view_bytes += bytes;
}

int64_t as_byte_stream_peek(as_byte_stream *stream, size_t want_bytes, const uint8_t **data)
{
    as_byte_stream *s = stream;
    AS_DCHECK(want_bytes >= 1 && want_bytes <= AS_BYTE_STREAM_PEEK_MAX);
    while (s->view_bytes < want_bytes && !s->state.ended)
        extend(s);
    *data = s->view;
    if (s->view_bytes == 0 && s->state.failed)
        return as_error_set(s->state.failed, "%s: cannot be read beyond byte %llu: %s%s", s->path,
                            (unsigned long long)s->state.file_offset,
                            as_byte_stream_compression(s) == AS_COMPRESSION_NONE ? ""
                                                                                 : "the compressed data are damaged: ",
                            s->state.reason);
    return (int64_t)s->view_bytes;
}

void as_byte_stream_skip(as_byte_stream *stream, size_t used_bytes)
{
    AS_DCHECK(used_bytes <= stream->view_bytes);
    stream->view += used_bytes;
    stream->view_bytes -= used_bytes;
    stream->offset += used_bytes;
}

/* ---- life ---- */

static int start(as_byte_stream *s, const char *path)
{
    int code = as_file_reader_open(path, AS_FILE_AUTO, &s->file);
    if (code < 0)
        return code;
    s->mode = as_file_reader_mode(s->file);
    if (as_unpack_open(s->file, &s->unpack) < 0)
        return as_error_set(-ENOMEM, "%s: out of memory", path);
    s->state = *as_unpack_state_get(s->unpack);
    if (s->state.failed)
        return as_error_set(s->state.failed, "%s: cannot be read: %s", path, s->state.reason);
    if (as_byte_stream_compression(s) == AS_COMPRESSION_NONE)
        return 0;
    void *map = mmap(NULL, (size_t)AS_BYTE_STREAM_CHUNKS * SLOT_BYTES, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED)
        return as_error_set(-ENOMEM, "%s: out of memory", path);
    s->slots = map;
    return 0;
}

int as_byte_stream_open(const char *path, as_byte_stream **stream)
{
    as_byte_stream *s = calloc(1, sizeof *s);
    if (!s)
        return as_error_set(-ENOMEM, "%s: out of memory", path);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->has_chunk, NULL);
    pthread_cond_init(&s->has_room, NULL);
    sched_getaffinity(0, sizeof s->cpus, &s->cpus);
    s->path = strdup(path);
    int code = s->path ? start(s, path) : as_error_set(-ENOMEM, "%s: out of memory", path);
    if (code < 0) {
        as_byte_stream_close(s);
        return code;
    }
    *stream = s;
    return 0;
}

void as_byte_stream_close(as_byte_stream *stream)
{
    as_byte_stream *s = stream;
    if (!s)
        return;
    if (s->threaded)
        stop_thread(s);
    as_unpack_close(s->unpack);
    as_file_reader_close(s->file);
    if (s->slots)
        munmap(s->slots, (size_t)AS_BYTE_STREAM_CHUNKS * SLOT_BYTES);
    pthread_cond_destroy(&s->has_room);
    pthread_cond_destroy(&s->has_chunk);
    pthread_mutex_destroy(&s->lock);
    free(s->path);
    free(s);
}

/* ---- questions ---- */

as_compression as_byte_stream_compression(const as_byte_stream *stream)
{
    return as_unpack_compression(stream->unpack);
}

const uint8_t *as_byte_stream_head(const as_byte_stream *stream, size_t *bytes)
{
    return as_unpack_head(stream->unpack, bytes);
}

bool as_byte_stream_truncated(const as_byte_stream *stream)
{
    return stream->state.truncated;
}

uint64_t as_byte_stream_trailing_bytes(const as_byte_stream *stream)
{
    return stream->state.trailing_bytes;
}

uint64_t as_byte_stream_file_bytes(const as_byte_stream *stream)
{
    uint64_t file_bytes = as_file_reader_file_bytes(stream->file);
    return file_bytes ? file_bytes : stream->state.read_bytes;
}

uint64_t as_byte_stream_file_offset(const as_byte_stream *stream)
{
    return stream->state.file_offset;
}

uint64_t as_byte_stream_offset(const as_byte_stream *stream)
{
    return stream->offset;
}

as_file_mode as_byte_stream_mode(const as_byte_stream *stream)
{
    return stream->mode;
}

bool as_byte_stream_threaded(const as_byte_stream *stream)
{
    return stream->threaded;
}
