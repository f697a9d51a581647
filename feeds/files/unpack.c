#include "feeds/files/unpack.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

struct as_unpack {
    as_file_reader *file;
    as_compression compression;
    as_unpack_state state;
    uint8_t *in; /* read, not yet used: in[0..in_bytes), within the block that is held */
    size_t in_bytes;
    bool holds;    /* a block is held */
    bool eof;      /* the file has no more */
    bool in_frame; /* a member or frame has begun and not ended */
    bool gzip_ready;
    z_stream gzip;
    ZSTD_DStream *zstd;
    uint8_t head[AS_UNPACK_HEAD_BYTES];
    size_t head_bytes;
};

const char *as_compression_name(as_compression compression)
{
    static const char *const name[] = {"none", "gzip", "zstd"};
    return name[compression];
}

static void fail(as_unpack *u, int code, const char *reason)
{
    u->state.failed = code;
    u->state.ended = true;
    snprintf(u->state.reason, sizeof u->state.reason, "%s", reason);
}

static void use(as_unpack *u, size_t bytes)
{
    u->in += bytes;
    u->in_bytes -= bytes;
    u->state.file_offset += bytes;
}

/* The next block, behind what is left of the one before (at most AS_FILE_HEADROOM_BYTES). False at the end. */
static bool refill(as_unpack *u)
{
    uint8_t *block;
    if (u->eof)
        return false;
    int64_t got = as_file_reader_wait(u->file, &block);
    if (got <= 0) {
        u->eof = true;
        if (got < 0)
            fail(u, (int)got, strerror((int)-got));
        return false;
    }
    memcpy(block - u->in_bytes, u->in, u->in_bytes);
    if (u->holds)
        as_file_reader_release(u->file);
    u->holds = true;
    u->in = block - u->in_bytes;
    u->in_bytes += (size_t)got;
    u->state.read_bytes += (uint64_t)got;
    return true;
}

/* ---- decoders ---- */

/* Between two gzip members: another one, padding, or something that is not ours. */
static void next_member(as_unpack *u)
{
    while (u->in_bytes < 2 && refill(u))
        ;
    if (u->in_bytes >= 2 && u->in[0] == 0x1f && u->in[1] == 0x8b) {
        inflateReset(&u->gzip);
        return;
    }
    bool zeros = true;
    uint64_t rest = 0;
    do {
        rest += u->in_bytes;
        for (size_t i = 0; i < u->in_bytes; i++)
            zeros = zeros && u->in[i] == 0;
        use(u, u->in_bytes);
    } while (refill(u));
    u->state.trailing_bytes = zeros ? 0 : rest;
    u->state.ended = true;
}

static size_t decode_gzip(as_unpack *u, uint8_t *out, size_t room)
{
    u->gzip.next_in = u->in;
    u->gzip.avail_in = (uInt)u->in_bytes;
    u->gzip.next_out = out;
    u->gzip.avail_out = (uInt)room;
    int result = inflate(&u->gzip, Z_NO_FLUSH);
    size_t made = room - u->gzip.avail_out;
    use(u, u->in_bytes - u->gzip.avail_in);
    u->in_frame = result != Z_STREAM_END;
    if (result == Z_STREAM_END)
        next_member(u);
    else if (result != Z_OK && result != Z_BUF_ERROR)
        fail(u, result == Z_MEM_ERROR ? -ENOMEM : -EBADMSG, u->gzip.msg ? u->gzip.msg : "invalid data");
    return made;
}

static size_t decode_zstd(as_unpack *u, uint8_t *into, size_t room)
{
    ZSTD_inBuffer in = {u->in, u->in_bytes, 0};
    ZSTD_outBuffer out = {into, room, 0};
    size_t result = ZSTD_decompressStream(u->zstd, &out, &in);
    use(u, in.pos);
    if (ZSTD_isError(result))
        fail(u, -EBADMSG, ZSTD_getErrorName(result));
    else
        u->in_frame = result != 0;
    return out.pos;
}

/* Decode once. Makes progress, or ends. */
static size_t decode(as_unpack *u, uint8_t *out, size_t room)
{
    bool starved = u->in_bytes == 0 && !refill(u);
    size_t made = 0;
    if (!u->state.failed && !(starved && !u->in_frame))
        made = u->compression == AS_COMPRESSION_GZIP ? decode_gzip(u, out, room) : decode_zstd(u, out, room);
    if (starved && made == 0 && !u->state.ended) {
        u->state.truncated = u->in_frame;
        u->state.ended = true;
    }
    return made;
}

size_t as_unpack_more(as_unpack *unpack, uint8_t *out, size_t room)
{
    size_t made = 0;
    while (made == 0 && !unpack->state.ended)
        made = decode(unpack, out, room);
    return made;
}

size_t as_unpack_block(as_unpack *unpack, uint8_t **block)
{
    as_unpack *u = unpack;
    if (u->in_bytes == 0) { /* the blocks given are the caller's to release */
        u->holds = false;
        if (!refill(u))
            u->state.ended = true;
    }
    size_t bytes = u->in_bytes;
    *block = u->in;
    use(u, bytes);
    return bytes;
}

/* ---- life ---- */

static int start_decoder(as_unpack *u)
{
    static const uint8_t zstd_magic[4] = {0x28, 0xb5, 0x2f, 0xfd};
    while (u->in_bytes < AS_UNPACK_HEAD_BYTES && refill(u))
        ;
    u->head_bytes = u->in_bytes < AS_UNPACK_HEAD_BYTES ? u->in_bytes : AS_UNPACK_HEAD_BYTES;
    memcpy(u->head, u->in, u->head_bytes);
    if (u->in_bytes >= 2 && u->in[0] == 0x1f && u->in[1] == 0x8b) {
        u->compression = AS_COMPRESSION_GZIP;
        u->gzip_ready = inflateInit2(&u->gzip, 16 + MAX_WBITS) == Z_OK;
        u->in_frame = true;
        return u->gzip_ready ? 0 : -ENOMEM;
    }
    bool skippable = u->in_bytes >= 4 && (u->in[0] & 0xf0) == 0x50 && memcmp(u->in + 1, "\x2a\x4d\x18", 3) == 0;
    if (u->in_bytes >= 4 && (skippable || memcmp(u->in, zstd_magic, 4) == 0)) {
        u->compression = AS_COMPRESSION_ZSTD;
        u->zstd = ZSTD_createDStream();
        u->in_frame = true;
        if (!u->zstd)
            return -ENOMEM;
        ZSTD_DCtx_setParameter(u->zstd, ZSTD_d_windowLogMax, AS_UNPACK_ZSTD_WINDOW_LOG);
    }
    return 0;
}

int as_unpack_open(as_file_reader *file, as_unpack **unpack)
{
    as_unpack *u = calloc(1, sizeof *u);
    if (!u)
        return -ENOMEM;
    u->file = file;
    u->in = u->head; /* a place without bytes: memcpy wants one */
    if (start_decoder(u) < 0) {
        as_unpack_close(u);
        return -ENOMEM;
    }
    *unpack = u;
    return 0;
}

void as_unpack_close(as_unpack *unpack)
{
    if (!unpack)
        return;
    if (unpack->gzip_ready)
        inflateEnd(&unpack->gzip);
    ZSTD_freeDStream(unpack->zstd);
    free(unpack);
}

as_compression as_unpack_compression(const as_unpack *unpack)
{
    return unpack->compression;
}

const as_unpack_state *as_unpack_state_get(const as_unpack *unpack)
{
    return &unpack->state;
}

const uint8_t *as_unpack_head(const as_unpack *unpack, size_t *bytes)
{
    *bytes = unpack->head_bytes;
    return unpack->head;
}
