#include "ipc/auth.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/config.h"
#include "core/error.h"
#include "core/text_file.h"

enum { LIST_BYTES_MAX = 4 << 20 };

/* A list, immutable once it can be found. Grants in order of their keys. */
typedef struct grant_table {
    uint64_t generation;
    uint32_t count;
    uint32_t *by_name; /* places in grant, in order of names */
    as_grant *grant;
} grant_table;

struct as_auth {
    char allow_path[AS_PATH_BYTES];
    as_key_pair pair;
    _Atomic(const grant_table *) current;
    grant_table *all[AS_AUTH_RELOAD_MAX]; /* kept until the end: somebody may still look at one */
    uint32_t all_count;
};

/* ---- the list ---- */

typedef struct parser {
    const char *path;
    int line;
    grant_table *table;
    int *line_of; /* by grant, until they are sorted */
} parser;

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The next word of a line, zero-terminated; NULL: there is none. */
static char *next_word(char **cursor)
{
    char *word = *cursor;
    while (is_blank(*word))
        word++;
    if (!*word)
        return NULL;
    char *end = word;
    while (*end && !is_blank(*end))
        end++;
    *cursor = end;
    if (*end) {
        *end = '\0';
        *cursor = end + 1;
    }
    return word;
}

static int read_key(const parser *p, const char *word, as_grant *grant)
{
    if (as_key_from_text(word, grant->key) < 0)
        return as_error_set(-EINVAL, "%s:%d: public key: found '%.64s'; allowed: 40 characters of Z85", p->path,
                            p->line, word);
    for (uint32_t i = 0; i < p->table->count; i++)
        if (memcmp(p->table->grant[i].key, grant->key, AS_KEY_BYTES) == 0)
            return as_error_set(-EINVAL, "%s:%d: public key '%s' twice, first on line %d; allowed once", p->path,
                                p->line, word, p->line_of[i]);
    return 0;
}

bool as_grant_name_is_valid(const char *name)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    size_t bytes = strlen(name);
    return bytes > 0 && bytes < AS_GRANT_NAME_BYTES && strspn(name, allowed) == bytes;
}

static int read_name(const parser *p, const char *word, as_grant *grant)
{
    if (!word)
        return as_error_set(-EINVAL, "%s:%d: found a key alone; allowed: KEY NAME PREFIX[,PREFIX...]", p->path,
                            p->line);
    if (!as_grant_name_is_valid(word))
        return as_error_set(-EINVAL, "%s:%d: name: found '%.64s'; allowed: up to %d letters, digits, '_', '.', '-'",
                            p->path, p->line, word, AS_GRANT_NAME_BYTES - 1);
    for (uint32_t i = 0; i < p->table->count; i++)
        if (strcmp(p->table->grant[i].name, word) == 0)
            return as_error_set(-EINVAL, "%s:%d: name '%s' twice, first on line %d; allowed once", p->path, p->line,
                                word, p->line_of[i]);
    memcpy(grant->name, word, strlen(word) + 1);
    return 0;
}

/* Is there a topic that begins with prefix, or that prefix begins with? */
static bool is_topic(const char *prefix, size_t prefix_bytes)
{
    static const char *const kind[] = {"sig.", "shock.", "fact.", "feed.", "hb.", "sys."};
    for (unsigned i = 0; i < sizeof kind / sizeof *kind; i++) {
        size_t bytes = strlen(kind[i]);
        if (memcmp(kind[i], prefix, bytes < prefix_bytes ? bytes : prefix_bytes) == 0)
            return true;
    }
    return false;
}

/* Control characters and half encodings are in no topic, so a prefix with them would grant nothing. */
static bool is_encoded(const char *prefix)
{
    for (; *prefix; prefix++) {
        if ((unsigned char)*prefix < 0x20 || *prefix == 0x7f || *prefix == '*')
            return false;
        if (*prefix == '%' && strncmp(prefix, "%2E", 3) != 0 && strncmp(prefix, "%25", 3) != 0)
            return false;
    }
    return true;
}

static int read_prefix(const parser *p, const char *word, as_grant *grant)
{
    size_t bytes = strlen(word);
    if (grant->prefix_count == AS_GRANT_PREFIX_MAX)
        return as_error_set(-EINVAL, "%s:%d: found more than %d prefixes; allowed %d", p->path, p->line,
                            AS_GRANT_PREFIX_MAX, AS_GRANT_PREFIX_MAX);
    if (bytes == 0)
        return as_error_set(-EINVAL, "%s:%d: found an empty prefix; allowed: '*' for everything", p->path, p->line);
    if (strcmp(word, "*") == 0) {
        grant->prefix[grant->prefix_count++][0] = '\0';
        return 0;
    }
    if (bytes >= AS_TOPIC_BYTES)
        return as_error_set(-EINVAL, "%s:%d: prefix: found %zu bytes; allowed %d", p->path, p->line, bytes,
                            AS_TOPIC_BYTES - 1);
    if (!is_encoded(word))
        return as_error_set(
            -EINVAL,
            "%s:%d: prefix: found '%.64s'; allowed: '*' alone, else a topic's beginning, with %%2E for a "
            "dot and %%25 for a percent sign in a name",
            p->path, p->line, word);
    if (!is_topic(word, bytes))
        return as_error_set(-EINVAL,
                            "%s:%d: prefix: found '%.64s'; allowed: sig. shock. fact. feed. hb. sys., or longer",
                            p->path, p->line, word);
    memcpy(grant->prefix[grant->prefix_count++], word, bytes + 1);
    return 0;
}

static int read_prefixes(const parser *p, char *word, as_grant *grant)
{
    if (!word)
        return as_error_set(-EINVAL, "%s:%d: '%s' has no prefix; allowed: KEY NAME PREFIX[,PREFIX...]", p->path,
                            p->line, grant->name);
    int rc = 0;
    for (char *next; rc == 0 && word; word = next) {
        next = strchr(word, ',');
        if (next)
            *next++ = '\0';
        rc = read_prefix(p, word, grant);
    }
    return rc;
}

static int read_line(parser *p, char *text)
{
    char *key = next_word(&text);
    if (!key || *key == '#')
        return 0; /* no key begins so: five characters from '#' on are more than 32 bits */
    if (p->table->count == AS_GRANT_MAX)
        return as_error_set(-ENOSPC, "%s:%d: found more than %d clients; allowed %d", p->path, p->line, AS_GRANT_MAX,
                            AS_GRANT_MAX);
    as_grant *grant = &p->table->grant[p->table->count];
    memset(grant, 0, sizeof *grant);
    int rc = read_key(p, key, grant);
    if (rc == 0)
        rc = read_name(p, next_word(&text), grant);
    if (rc == 0)
        rc = read_prefixes(p, next_word(&text), grant);
    char *more = rc == 0 ? next_word(&text) : NULL;
    if (more)
        rc = as_error_set(-EINVAL,
                          "%s:%d: found '%.64s' after the prefixes; allowed: commas without blanks, then the end",
                          p->path, p->line, more);
    if (rc == 0)
        p->line_of[p->table->count++] = p->line;
    return rc;
}

static int read_lines(parser *p, char *text, size_t text_bytes)
{
    if (memchr(text, '\0', text_bytes))
        return as_error_set(-EINVAL, "%s: found a zero byte; allowed: text", p->path);
    int rc = 0;
    for (char *next; rc == 0 && text; text = next) {
        next = strchr(text, '\n');
        if (next)
            *next++ = '\0';
        p->line++;
        rc = read_line(p, text);
    }
    return rc;
}

static uint32_t count_lines(const char *text)
{
    uint32_t count = 1;
    while ((text = strchr(text, '\n')) != NULL) {
        text++;
        count++;
    }
    return count < AS_GRANT_MAX ? count : AS_GRANT_MAX;
}

/* ---- order ---- */

static int compare_keys(const void *a, const void *b)
{
    return memcmp(((const as_grant *)a)->key, ((const as_grant *)b)->key, AS_KEY_BYTES);
}

static int compare_names(const void *a, const void *b, void *grants)
{
    const as_grant *grant = grants;
    return strcmp(grant[*(const uint32_t *)a].name, grant[*(const uint32_t *)b].name);
}

static void sort_table(grant_table *table)
{
    qsort(table->grant, table->count, sizeof *table->grant, compare_keys);
    for (uint32_t i = 0; i < table->count; i++)
        table->by_name[i] = i;
    qsort_r(table->by_name, table->count, sizeof *table->by_name, compare_names, table->grant);
}

/* ---- tables ---- */

static void free_table(grant_table *table)
{
    if (!table)
        return;
    free(table->grant);
    free(table->by_name);
    free(table);
}

static int new_table(uint32_t room, grant_table **out)
{
    grant_table *table = calloc(1, sizeof *table);
    if (!table)
        return as_error_set(-ENOMEM, "allow-list: out of memory");
    table->grant = malloc(room * sizeof *table->grant);
    table->by_name = malloc(room * sizeof *table->by_name);
    if (!table->grant || !table->by_name) {
        free_table(table);
        return as_error_set(-ENOMEM, "allow-list: out of memory for %u clients", room);
    }
    *out = table;
    return 0;
}

/* A full table costs megabytes, and old ones are kept. */
static void shrink_table(grant_table *table)
{
    as_grant *grant = realloc(table->grant, (table->count ? table->count : 1) * sizeof *grant);
    if (grant)
        table->grant = grant;
}

/* Who may write the list may let himself in. */
static int check_mode(const char *path)
{
    struct stat info;
    if (stat(path, &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & (S_IWGRP | S_IWOTH)))
        return as_error_set(-EACCES, "%s: has mode %04o: others can write it; allowed: 0644 or less", path,
                            (unsigned)info.st_mode & 07777u);
    return 0;
}

static int load_table(const char *path, grant_table **out)
{
    char *text = NULL;
    size_t text_bytes = 0;
    grant_table *table = NULL;
    int line_of[AS_GRANT_MAX];
    int rc = check_mode(path);
    if (rc == 0)
        rc = as_text_file_read(path, LIST_BYTES_MAX, &text, &text_bytes);
    if (rc == 0)
        rc = new_table(count_lines(text), &table);
    if (rc == 0)
        rc = read_lines(&(parser){.path = path, .table = table, .line_of = line_of}, text, text_bytes);
    free(text);
    if (rc < 0) {
        free_table(table);
        return rc;
    }
    shrink_table(table);
    sort_table(table);
    *out = table;
    return 0;
}

/* ---- life ---- */

int as_auth_reload(as_auth *auth)
{
    if (auth->all_count == AS_AUTH_RELOAD_MAX)
        return as_error_set(-ENOSPC, "%s: %d readings are the most; restart instead", auth->allow_path,
                            AS_AUTH_RELOAD_MAX);
    grant_table *table;
    int rc = load_table(auth->allow_path, &table);
    if (rc < 0)
        return rc;
    if (table->count == 0 && auth->all_count == 0) {
        free_table(table);
        return as_error_set(
            -EINVAL,
            "%s: found no client; allowed: at least one line `KEY NAME PREFIXES`, as `aftershock keygen` "
            "prints it",
            auth->allow_path);
    }
    if (table->count == 0)
        as_warn("%s: allow-list: 0 clients (was %u): nobody can connect any more", auth->allow_path,
                auth->all[auth->all_count - 1]->count);
    auth->all[auth->all_count++] = table;
    table->generation = auth->all_count;
    atomic_store_explicit(&auth->current, table, memory_order_release); /* edge AU1 */
    return 0;
}

int as_auth_new(const char *server_key_path, const char *allow_path, as_auth **out)
{
    if (strlen(allow_path) >= AS_PATH_BYTES)
        return as_error_set(-ENAMETOOLONG, "allow-list: found a path of %zu bytes; allowed %d", strlen(allow_path),
                            AS_PATH_BYTES - 1);
    as_auth *auth = calloc(1, sizeof *auth);
    if (!auth)
        return as_error_set(-ENOMEM, "%s: out of memory", allow_path);
    memcpy(auth->allow_path, allow_path, strlen(allow_path) + 1);
    int rc = as_keys_read_secret(server_key_path, &auth->pair);
    if (rc == 0)
        rc = as_auth_reload(auth);
    if (rc < 0) {
        as_auth_free(auth);
        return rc;
    }
    *out = auth;
    return 0;
}

void as_auth_free(as_auth *auth)
{
    if (!auth)
        return;
    for (uint32_t i = 0; i < auth->all_count; i++)
        free_table(auth->all[i]);
    as_keys_forget(&auth->pair);
    free(auth);
}

/* ---- looking up ---- */

static const grant_table *current_table(const as_auth *auth)
{
    return atomic_load_explicit(&auth->current, memory_order_acquire); /* edge AU1 */
}

static int compare_key(const void *key, const void *grant)
{
    return memcmp(key, ((const as_grant *)grant)->key, AS_KEY_BYTES);
}

const as_grant *as_auth_find(const as_auth *auth, const uint8_t key[AS_KEY_BYTES])
{
    const grant_table *table = current_table(auth);
    return bsearch(key, table->grant, table->count, sizeof *table->grant, compare_key);
}

const as_grant *as_auth_find_name(const as_auth *auth, const char *name)
{
    const grant_table *table = current_table(auth);
    for (uint32_t low = 0, high = table->count; low < high;) {
        uint32_t middle = low + (high - low) / 2;
        const as_grant *grant = &table->grant[table->by_name[middle]];
        int order = strcmp(name, grant->name);
        if (order == 0)
            return grant;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

uint64_t as_auth_generation(const as_auth *auth)
{
    return current_table(auth)->generation;
}

const uint8_t *as_auth_secret_key(const as_auth *auth)
{
    return auth->pair.secret_key;
}

const uint8_t *as_auth_public_key(const as_auth *auth)
{
    return auth->pair.public_key;
}

bool as_grant_allows(const as_grant *grant, const char *prefix, size_t prefix_bytes)
{
    if (!grant || (prefix_bytes >= 3 && memcmp(prefix, "hb.", 3) == 0) ||
        (prefix_bytes >= 4 && memcmp(prefix, "sys.", 4) == 0))
        return true;
    for (uint32_t i = 0; i < grant->prefix_count; i++) {
        size_t bytes = strlen(grant->prefix[i]);
        if (prefix_bytes >= bytes && memcmp(prefix, grant->prefix[i], bytes) == 0)
            return true;
    }
    return false;
}
