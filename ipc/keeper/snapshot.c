#include "ipc/keeper/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/error.h"
#include "ipc/keeper/answer.h"

typedef struct frozen {
    as_snapshot shown;
    as_prefixes prefixes;
    as_kept **kept; /* room for all entries of the state */
    uint32_t *begin;
    uint32_t count;
    uint64_t version; /* of the state */
    uint64_t bytes;
    uint64_t made_at, used_at;
} frozen;

struct as_snapshots {
    frozen *frozen[AS_SNAPSHOTS_MAX];
    uint32_t count, part_bytes;
    uint64_t bytes, made;
};

int as_snapshots_new(uint32_t part_bytes, as_snapshots **out)
{
    as_snapshots *snapshots = calloc(1, sizeof *snapshots);
    if (!snapshots)
        return as_error_set(-ENOMEM, "server: out of memory for snapshots");
    snapshots->part_bytes = part_bytes;
    *out = snapshots;
    return 0;
}

static void free_frozen(frozen *f)
{
    if (!f)
        return;
    for (uint32_t i = 0; i < f->count; i++)
        as_kept_release(f->kept[i]);
    free(f->kept);
    free(f->begin);
    free(f);
}

static void drop(as_snapshots *snapshots, uint32_t i)
{
    snapshots->bytes -= snapshots->frozen[i]->bytes;
    free_frozen(snapshots->frozen[i]);
    snapshots->frozen[i] = snapshots->frozen[--snapshots->count];
}

void as_snapshots_free(as_snapshots *snapshots)
{
    if (!snapshots)
        return;
    while (snapshots->count)
        drop(snapshots, 0);
    free(snapshots);
}

void as_snapshots_expire(as_snapshots *snapshots, uint64_t now)
{
    for (uint32_t i = snapshots->count; i-- > 0;)
        if (now - snapshots->frozen[i]->used_at > AS_SNAPSHOT_KEEP_NS)
            drop(snapshots, i);
}

/* Those of one part first: nobody comes back for them. */
static void drop_least_used(as_snapshots *snapshots)
{
    uint32_t least = 0;
    for (uint32_t i = 1; i < snapshots->count; i++) {
        const frozen *a = snapshots->frozen[i], *b = snapshots->frozen[least];
        bool single_a = a->shown.parts == 1, single_b = b->shown.parts == 1;
        if (single_a != single_b ? single_a : a->used_at < b->used_at)
            least = i;
    }
    drop(snapshots, least);
}

/* ---- making one ---- */

static void hold(void *context, as_kept *kept)
{
    frozen *f = context;
    if (!as_prefixes_match(&f->prefixes, kept->bytes, kept->topic_bytes))
        return;
    kept->holders++;
    f->kept[f->count++] = kept;
    f->bytes += as_kept_bytes(kept);
}

static uint64_t draw_token(void)
{
    static uint64_t last; /* one thread's; only if the kernel has no random numbers */
    uint64_t token;
    if (getrandom(&token, sizeof token, 0) != sizeof token)
        token = ++last;
    return token & INT64_MAX;
}

/* Where parts begin, so that the messages of each fit into an answer. */
static bool cut(frozen *f, uint32_t part_bytes)
{
    uint32_t room = 0, parts = 0;
    uint64_t used = UINT64_MAX;
    for (uint32_t i = 0; i < f->count; i++) {
        uint64_t bytes = (uint64_t)f->kept[i]->topic_bytes + f->kept[i]->payload_bytes + AS_ANSWER_MESSAGE_BYTES;
        if (used == UINT64_MAX || used + bytes > part_bytes) {
            if (parts + 2 > room) {
                room = room ? 2 * room : 8;
                uint32_t *begin = realloc(f->begin, room * sizeof *begin);
                if (!begin)
                    return false;
                f->begin = begin;
            }
            f->begin[parts++] = i;
            used = 0;
        }
        used += bytes;
    }
    if (parts == 0) { /* nothing to tell is one part too */
        f->begin = calloc(2, sizeof *f->begin);
        parts = 1;
    }
    if (f->begin)
        f->begin[parts] = f->count;
    f->shown.parts = parts;
    return f->begin != NULL;
}

static bool digest(frozen *f)
{
    as_digest hash;
    if (as_digest_init(&hash) < 0)
        return false;
    for (uint32_t i = 0; i < f->count; i++)
        as_digest_update(&hash, f->kept[i]->bytes, (size_t)f->kept[i]->topic_bytes + f->kept[i]->payload_bytes);
    as_digest_final_hex(&hash, f->shown.hash);
    return true;
}

static frozen *make(as_snapshots *snapshots, as_state *state, const as_prefixes *prefixes, uint64_t now)
{
    frozen *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    as_prefixes_copy(&f->prefixes, prefixes);
    f->kept = malloc((as_state_count(state) + (size_t)1) * sizeof(as_kept *));
    if (!f->kept) {
        free_frozen(f);
        return NULL;
    }
    as_state_visit(state, hold, f);
    if (!cut(f, snapshots->part_bytes) || !digest(f)) {
        free_frozen(f);
        return NULL;
    }
    f->version = as_state_version(state);
    f->made_at = now;
    f->shown.token = draw_token();
    f->shown.count = f->count;
    f->shown.kept = (const as_kept *const *)f->kept;
    f->shown.begin = f->begin;
    f->shown.prefixes = &f->prefixes;
    return f;
}

/* ---- using them ---- */

static frozen *as_good(as_snapshots *snapshots, const as_state *state, const as_prefixes *prefixes, uint64_t gseq,
                       uint64_t at, uint64_t now)
{
    for (uint32_t i = 0; i < snapshots->count; i++) {
        frozen *f = snapshots->frozen[i];
        bool same = f->version == as_state_version(state) && f->shown.gseq == gseq;
        bool young = at > 0 && f->shown.gseq >= at && now - f->made_at <= AS_SNAPSHOT_SHARE_NS;
        if ((same || young) && as_prefixes_equal(&f->prefixes, prefixes))
            return f;
    }
    return NULL;
}

const as_snapshot *as_snapshots_take(as_snapshots *snapshots, as_state *state, const as_prefixes *prefixes,
                                     uint64_t gseq, bool halted, uint64_t at, uint64_t now)
{
    frozen *f = as_good(snapshots, state, prefixes, gseq, at, now);
    if (!f) {
        f = make(snapshots, state, prefixes, now);
        if (!f)
            return NULL;
        f->shown.gseq = gseq;
        f->shown.halted = halted;
        while (snapshots->count &&
               (snapshots->count == AS_SNAPSHOTS_MAX || snapshots->bytes + f->bytes > AS_SNAPSHOT_BYTES_MAX))
            drop_least_used(snapshots);
        snapshots->frozen[snapshots->count++] = f;
        snapshots->bytes += f->bytes;
        snapshots->made++;
    }
    f->used_at = now;
    return &f->shown;
}

const as_snapshot *as_snapshots_find(as_snapshots *snapshots, uint64_t token, uint64_t now)
{
    as_snapshots_expire(snapshots, now);
    for (uint32_t i = 0; i < snapshots->count; i++)
        if (snapshots->frozen[i]->shown.token == token) {
            snapshots->frozen[i]->used_at = now;
            return &snapshots->frozen[i]->shown;
        }
    return NULL;
}

uint64_t as_snapshots_made(const as_snapshots *snapshots)
{
    return snapshots->made;
}

uint32_t as_snapshots_count(const as_snapshots *snapshots)
{
    return snapshots->count;
}

uint64_t as_snapshots_bytes(const as_snapshots *snapshots)
{
    return snapshots->bytes;
}
