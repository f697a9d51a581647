#include "ipc/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"

/* ---- Z85 ---- */

static const char alphabet[86] =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

size_t as_z85_encode(const uint8_t *bytes, size_t byte_count, char *text)
{
    AS_ASSERT(byte_count % 4 == 0);
    size_t used = 0;
    for (size_t i = 0; i < byte_count; i += 4) {
        uint32_t value = (uint32_t)bytes[i] << 24 | (uint32_t)bytes[i + 1] << 16 | (uint32_t)bytes[i + 2] << 8 |
                         (uint32_t)bytes[i + 3];
        for (size_t digit = 5; digit-- > 0; value /= 85)
            text[used + digit] = alphabet[value % 85];
        used += 5;
    }
    text[used] = '\0';
    return used;
}

/* The value of a character, -1 if it has none. */
static int digit_of(char c)
{
    const char *at = c ? strchr(alphabet, c) : NULL;
    return at ? (int)(at - alphabet) : -1;
}

int as_z85_decode(const char *text, size_t char_count, uint8_t *bytes)
{
    if (char_count % 5 != 0)
        return -EINVAL;
    for (size_t i = 0; i < char_count; i += 5, bytes += 4) {
        uint64_t value = 0;
        for (size_t k = i; k < i + 5; k++) {
            int digit = digit_of(text[k]);
            if (digit < 0)
                return -EINVAL;
            value = value * 85 + (uint64_t)digit;
        }
        if (value > UINT32_MAX) /* 85^5 is more than 2^32 */
            return -EINVAL;
        bytes[0] = (uint8_t)(value >> 24);
        bytes[1] = (uint8_t)(value >> 16);
        bytes[2] = (uint8_t)(value >> 8);
        bytes[3] = (uint8_t)value;
    }
    return 0;
}

int as_key_from_text(const char *text, uint8_t key[AS_KEY_BYTES])
{
    uint8_t out[AS_KEY_BYTES];
    if (strlen(text) != AS_KEY_TEXT_BYTES - 1 || as_z85_decode(text, AS_KEY_TEXT_BYTES - 1, out) < 0)
        return -EINVAL;
    memcpy(key, out, sizeof out);
    sodium_memzero(out, sizeof out);
    return 0;
}

void as_key_to_text(const uint8_t key[AS_KEY_BYTES], char text[AS_KEY_TEXT_BYTES])
{
    as_z85_encode(key, AS_KEY_BYTES, text);
}

/* ---- pairs ---- */

int as_keys_generate(as_key_pair *pair)
{
    _Static_assert(AS_KEY_BYTES == crypto_box_PUBLICKEYBYTES && AS_KEY_BYTES == crypto_box_SECRETKEYBYTES,
                   "curve25519");
    if (sodium_init() < 0 || crypto_box_keypair(pair->public_key, pair->secret_key) != 0)
        return as_error_set(-EIO, "libsodium cannot make a key pair: no randomness");
    return 0;
}

void as_keys_forget(as_key_pair *pair)
{
    sodium_memzero(pair, sizeof *pair);
}

/* ---- writing ---- */

static int write_whole(int fd, const char *text, size_t text_bytes)
{
    while (text_bytes > 0) {
        ssize_t put = write(fd, text, text_bytes);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -errno;
        text += put;
        text_bytes -= (size_t)put;
    }
    return fsync(fd) < 0 ? -errno : 0;
}

/* A file that did not exist before, whole or not at all. */
static int create(const char *path, mode_t mode, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0 && errno == EEXIST)
        return as_error_set(-EEXIST, "%s: exists; it is not overwritten", path);
    if (fd < 0)
        return as_error_set(-errno, "%s: cannot be made: %s", path, strerror(errno));
    int rc = write_whole(fd, text, strlen(text));
    if (close(fd) < 0 && rc == 0)
        rc = -errno;
    if (rc < 0) {
        unlink(path);
        return as_error_set(rc, "%s: cannot be written: %s", path, strerror(-rc));
    }
    return 0;
}

static int write_file(const char *path, mode_t mode, const char *text, bool replace)
{
    char fresh[4096];
    if (!replace)
        return create(path, mode, text);
    if ((size_t)snprintf(fresh, sizeof fresh, "%s.%ld.new", path, (long)getpid()) >= sizeof fresh)
        return as_error_set(-ENAMETOOLONG, "%s: the path is too long", path);
    int rc = create(fresh, mode, text);
    if (rc == 0 && rename(fresh, path) < 0) {
        rc = as_error_set(-errno, "%s: cannot be replaced: %s", path, strerror(errno));
        unlink(fresh);
    }
    return rc;
}

int as_keys_write_secret(const char *path, const char *name, const as_key_pair *pair, bool replace)
{
    char text[1024], public_text[AS_KEY_TEXT_BYTES], secret_text[AS_KEY_TEXT_BYTES];
    as_key_to_text(pair->public_key, public_text);
    as_key_to_text(pair->secret_key, secret_text);
    snprintf(text, sizeof text,
             "#   Aftershock CURVE key pair of \"%.64s\": secret, keep it to yourself\n\n"
             "metadata\n    name = \"%.64s\"\ncurve\n    public-key = \"%s\"\n    secret-key = \"%s\"\n",
             name, name, public_text, secret_text);
    int rc = write_file(path, 0600, text, replace);
    sodium_memzero(text, sizeof text);
    sodium_memzero(secret_text, sizeof secret_text);
    return rc;
}

int as_keys_write_public(const char *path, const char *name, const uint8_t public_key[AS_KEY_BYTES], bool replace)
{
    char text[1024], public_text[AS_KEY_TEXT_BYTES];
    as_key_to_text(public_key, public_text);
    snprintf(text, sizeof text,
             "#   Aftershock CURVE public key of \"%.64s\": give it to whom you talk to\n\n"
             "metadata\n    name = \"%.64s\"\ncurve\n    public-key = \"%s\"\n",
             name, name, public_text);
    return write_file(path, 0644, text, replace);
}

/* ---- reading ---- */

typedef struct found {
    as_key_pair pair;
    int public_line, secret_line; /* 0: not there */
} found;

/* A value: blanks and quotes at its ends taken off, in place. */
static char *trim(char *text)
{
    static const char edge[] = " \t\r\n\"'";
    text += strspn(text, edge);
    size_t used = strlen(text);
    while (used > 0 && strchr(edge, text[used - 1]))
        used--;
    text[used] = '\0';
    return text;
}

/* One line; a key's value is never part of a message. */
static int read_line(const char *path, int line, char *text, found *f)
{
    static const char public_word[] = "public-key", secret_word[] = "secret-key";
    enum { WORD_BYTES = sizeof public_word - 1 };
    text += strspn(text, " \t");
    bool is_public = strncmp(text, public_word, WORD_BYTES) == 0;
    if (!is_public && strncmp(text, secret_word, WORD_BYTES) != 0)
        return 0; /* a comment, metadata, a section */
    const char *word = is_public ? public_word : secret_word;
    int *seen = is_public ? &f->public_line : &f->secret_line;
    char *value = text + WORD_BYTES;
    value += strspn(value, " \t");
    if (*value != '=')
        return as_error_set(-EINVAL, "%s:%d: %s without '='; allowed: %s = \"KEY\"", path, line, word, word);
    if (*seen)
        return as_error_set(-EINVAL, "%s:%d: %s twice, first on line %d; allowed once", path, line, word, *seen);
    *seen = line;
    value = trim(value + 1);
    if (as_key_from_text(value, is_public ? f->pair.public_key : f->pair.secret_key) < 0)
        return as_error_set(-EINVAL, "%s:%d: %s: found %zu characters that are no key; allowed: 40 of Z85", path, line,
                            word, strlen(value));
    return 0;
}

static int read_text(const char *path, char *text, found *f)
{
    int rc = 0, line = 0;
    for (char *next; rc == 0 && text; text = next) {
        next = strchr(text, '\n');
        if (next)
            *next++ = '\0';
        rc = read_line(path, ++line, text, f);
    }
    if (rc == 0 && f->secret_line) {
        uint8_t derived[AS_KEY_BYTES];
        if (crypto_scalarmult_base(derived, f->pair.secret_key) != 0 ||
            (f->public_line && memcmp(derived, f->pair.public_key, sizeof derived) != 0))
            rc = as_error_set(-EINVAL, "%s:%d: the public key does not belong to the secret key of line %d", path,
                              f->public_line, f->secret_line);
        memcpy(f->pair.public_key, derived, sizeof derived);
    }
    return rc;
}

static ssize_t read_whole(int fd, char *text, size_t room_bytes)
{
    size_t done = 0;
    while (done < room_bytes) {
        ssize_t got = read(fd, text + done, room_bytes - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

static int check_mode(const char *path, mode_t mode)
{
    if ((mode & (S_IRWXG | S_IRWXO)) == 0)
        return 0;
    return as_error_set(-EACCES,
                        "%s: holds a secret key and has mode %04o: others can reach it; allowed: 0600 (chmod 600 it)",
                        path, (unsigned)mode & 07777u);
}

static int read_file(const char *path, found *f)
{
    char text[AS_KEY_FILE_BYTES + 1];
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not hang us */
    if (fd < 0)
        return as_error_set(-errno, "%s: cannot be opened: %s", path, strerror(errno));
    ssize_t got = fstat(fd, &info) < 0 ? -errno : S_ISREG(info.st_mode) ? read_whole(fd, text, sizeof text) : -EINVAL;
    close(fd);
    if (got == -EINVAL)
        return as_error_set(-EINVAL, "%s: not a file; allowed: a key file of `aftershock keygen`", path);
    if (got < 0)
        return as_error_set((int)got, "%s: cannot be read: %s", path, strerror((int)-got));
    if (got > AS_KEY_FILE_BYTES)
        return as_error_set(-EFBIG, "%s: found more than %d bytes; allowed: a key file of `aftershock keygen`", path,
                            AS_KEY_FILE_BYTES);
    text[got] = '\0';
    int rc = read_text(path, text, f);
    sodium_memzero(text, sizeof text);
    if (rc == 0 && f->secret_line)
        rc = check_mode(path, info.st_mode);
    return rc;
}

int as_keys_read_secret(const char *path, as_key_pair *pair)
{
    found f = {0};
    int rc = read_file(path, &f);
    if (rc == 0 && !f.secret_line)
        rc = as_error_set(-EINVAL, "%s: has no secret-key; allowed: NAME.key of `aftershock keygen`", path);
    if (rc == 0)
        *pair = f.pair;
    sodium_memzero(&f, sizeof f);
    return rc;
}

int as_keys_read_public(const char *path, uint8_t public_key[AS_KEY_BYTES])
{
    found f = {0};
    int rc = read_file(path, &f);
    if (rc == 0 && !f.public_line && !f.secret_line)
        rc = as_error_set(-EINVAL, "%s: has no public-key; allowed: a key file of `aftershock keygen`", path);
    if (rc == 0)
        memcpy(public_key, f.pair.public_key, AS_KEY_BYTES);
    sodium_memzero(&f, sizeof f);
    return rc;
}
