#include "ipc/zmtp/curve.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "core/error.h"
#include "ipc/zmtp/command.h"

_Static_assert(crypto_box_PUBLICKEYBYTES == 32 && crypto_box_SECRETKEYBYTES == 32 && crypto_box_BEFORENMBYTES == 32 &&
                   crypto_box_MACBYTES == 16 && crypto_box_NONCEBYTES == 24 && crypto_secretbox_NONCEBYTES == 24,
               "the sizes of RFC 26");

enum {
    KEY = 32,
    MAC = 16,
    HELLO_BYTES = 200,
    HELLO_KEY = 80, /* name, version, 72 bytes against amplification */
    HELLO_NONCE = 112,
    HELLO_BOX = 120,
    COOKIE_BYTES = 16 + MAC + 2 * KEY,
    INITIATE_COOKIE = 9,
    INITIATE_NONCE = INITIATE_COOKIE + COOKIE_BYTES,
    INITIATE_BOX = INITIATE_NONCE + 8,
    VOUCH_BYTES = 16 + MAC + 2 * KEY,
    INITIATE_BYTES_MIN = INITIATE_BOX + MAC + KEY + VOUCH_BYTES,
    INITIATE_BYTES_MAX = 2048
};

static const char wrong[] = "a box that our keys do not open";
static const char replayed[] = "a nonce that does not rise";

int as_zmtp_curve_start(void)
{
    return sodium_init() < 0 ? as_error_set(-ENOSYS, "libsodium finds no random numbers") : 0;
}

void as_zmtp_curve_fini(as_zmtp_curve *curve)
{
    sodium_memzero(curve, sizeof *curve);
}

/* A prefix of 16 bytes and a counter, or of 8 and 16 random bytes. */
static void make_nonce(uint8_t nonce[24], const char *prefix, const uint8_t *rest)
{
    size_t prefix_bytes = strlen(prefix);
    memcpy(nonce, prefix, prefix_bytes);
    memcpy(nonce + prefix_bytes, rest, 24 - prefix_bytes);
}

static void make_counted_nonce(uint8_t nonce[24], const char *prefix, uint64_t counter)
{
    uint8_t big_endian[8];
    for (unsigned i = 0; i < 8; i++)
        big_endian[i] = (uint8_t)(counter >> (56 - 8 * i));
    make_nonce(nonce, prefix, big_endian);
}

/* The peer's counter at bytes: does it rise? */
static bool nonce_rises(as_zmtp_curve *curve, const uint8_t *bytes)
{
    uint64_t counter = 0;
    for (unsigned i = 0; i < 8; i++)
        counter = counter << 8 | bytes[i];
    if (counter <= curve->nonce_in)
        return false;
    curve->nonce_in = counter;
    return true;
}

/* S', the cookie and their box. */
static bool make_welcome(as_zmtp_curve *curve, const uint8_t key[KEY], uint8_t welcome[AS_ZMTP_WELCOME_BYTES])
{
    uint8_t nonce[24], transient_secret[KEY], kept[2 * KEY], plain[KEY + COOKIE_BYTES];
    uint8_t *cookie = plain + KEY;
    crypto_box_keypair(plain, transient_secret);
    randombytes_buf(curve->cookie_key, sizeof curve->cookie_key);
    randombytes_buf(cookie, 16);
    memcpy(kept, curve->client_transient, KEY);
    memcpy(kept + KEY, transient_secret, KEY);
    make_nonce(nonce, "COOKIE--", cookie);
    crypto_secretbox_easy(cookie + 16, kept, sizeof kept, nonce, curve->cookie_key);
    memcpy(welcome, "\7WELCOME", 8);
    randombytes_buf(welcome + 8, 16);
    make_nonce(nonce, "WELCOME-", welcome + 8);
    bool made = crypto_box_easy_afternm(welcome + 24, plain, sizeof plain, nonce, key) == 0;
    sodium_memzero(transient_secret, sizeof transient_secret);
    sodium_memzero(kept, sizeof kept);
    sodium_memzero(plain, sizeof plain);
    return made;
}

const char *as_zmtp_curve_hello(as_zmtp_curve *curve, const uint8_t secret_key[32], const uint8_t *command,
                                size_t command_bytes, uint8_t welcome[AS_ZMTP_WELCOME_BYTES])
{
    uint8_t nonce[24], key[KEY], zero[64];
    if (command_bytes != HELLO_BYTES || memcmp(command, "\5HELLO\1\0", 8) != 0)
        return "no HELLO of CURVE 1.0";
    if (!nonce_rises(curve, command + HELLO_NONCE))
        return replayed;
    memcpy(curve->client_transient, command + HELLO_KEY, KEY);
    make_nonce(nonce, "CurveZMQHELLO---", command + HELLO_NONCE);
    bool good = crypto_box_beforenm(key, curve->client_transient, secret_key) == 0 &&
                crypto_box_open_easy_afternm(zero, command + HELLO_BOX, HELLO_BYTES - HELLO_BOX, nonce, key) == 0 &&
                sodium_is_zero(zero, sizeof zero) && make_welcome(curve, key, welcome);
    sodium_memzero(key, sizeof key);
    return good ? NULL : wrong;
}

/* The cookie gives s' back. */
static bool open_cookie(as_zmtp_curve *curve, const uint8_t *cookie, uint8_t transient_secret[KEY])
{
    uint8_t nonce[24], kept[2 * KEY];
    make_nonce(nonce, "COOKIE--", cookie);
    bool good = crypto_secretbox_open_easy(kept, cookie + 16, COOKIE_BYTES - 16, nonce, curve->cookie_key) == 0 &&
                sodium_memcmp(kept, curve->client_transient, KEY) == 0;
    if (good)
        memcpy(transient_secret, kept + KEY, KEY);
    sodium_memzero(kept, sizeof kept);
    sodium_memzero(curve->cookie_key, sizeof curve->cookie_key);
    return good;
}

/* C vouches for C' and for S: nobody else can have sent it, and to nobody else. */
static bool check_vouch(const as_zmtp_curve *curve, const uint8_t *vouch, const uint8_t public_key[KEY],
                        const uint8_t transient_secret[KEY])
{
    uint8_t nonce[24], vouched[2 * KEY];
    make_nonce(nonce, "VOUCH---", vouch);
    return crypto_box_open_easy(vouched, vouch + 16, VOUCH_BYTES - 16, nonce, curve->client, transient_secret) == 0 &&
           sodium_memcmp(vouched, curve->client_transient, KEY) == 0 &&
           sodium_memcmp(vouched + KEY, public_key, KEY) == 0;
}

const char *as_zmtp_curve_initiate(as_zmtp_curve *curve, const uint8_t public_key[32], const uint8_t *command,
                                   size_t command_bytes, uint8_t *metadata, size_t metadata_max, size_t *metadata_bytes)
{
    uint8_t nonce[24], transient_secret[KEY], plain[INITIATE_BYTES_MAX];
    if (command_bytes < INITIATE_BYTES_MIN || command_bytes > sizeof plain ||
        command_bytes - INITIATE_BYTES_MIN > metadata_max || memcmp(command, "\10INITIATE", 9) != 0)
        return "no INITIATE";
    if (!nonce_rises(curve, command + INITIATE_NONCE))
        return replayed;
    if (!open_cookie(curve, command + INITIATE_COOKIE, transient_secret))
        return "a cookie that is not ours";
    make_nonce(nonce, "CurveZMQINITIATE", command + INITIATE_NONCE);
    bool good = crypto_box_beforenm(curve->shared, curve->client_transient, transient_secret) == 0 &&
                crypto_box_open_easy_afternm(plain, command + INITIATE_BOX, command_bytes - INITIATE_BOX, nonce,
                                             curve->shared) == 0;
    if (good) {
        memcpy(curve->client, plain, KEY);
        good = check_vouch(curve, plain + KEY, public_key, transient_secret);
        *metadata_bytes = command_bytes - INITIATE_BYTES_MIN;
        memcpy(metadata, plain + KEY + VOUCH_BYTES, *metadata_bytes);
    }
    sodium_memzero(transient_secret, sizeof transient_secret);
    sodium_memzero(plain, sizeof plain);
    return good ? NULL : wrong;
}

size_t as_zmtp_curve_ready(as_zmtp_curve *curve, const uint8_t *metadata, size_t metadata_bytes, uint8_t *out)
{
    uint8_t nonce[24];
    make_counted_nonce(nonce, "CurveZMQREADY---", ++curve->nonce_out);
    memcpy(out, "\5READY", 6);
    memcpy(out + 6, nonce + 16, 8);
    crypto_box_easy_afternm(out + 14, metadata, metadata_bytes, nonce, curve->shared);
    return 14 + MAC + metadata_bytes;
}

const char *as_zmtp_curve_open(as_zmtp_curve *curve, const uint8_t *command, size_t command_bytes, uint8_t *flags,
                               uint8_t *body, size_t *body_bytes)
{
    uint8_t nonce[24];
    const uint8_t *box = command + 16;
    if (command_bytes < AS_ZMTP_BOX_BYTES || memcmp(command, "\7MESSAGE", 8) != 0)
        return "no MESSAGE of CURVE";
    if (!nonce_rises(curve, command + 8))
        return replayed;
    make_nonce(nonce, "CurveZMQMESSAGEC", command + 8);
    if (crypto_box_open_easy_afternm(body, box, command_bytes - 16, nonce, curve->shared) != 0)
        return wrong;
    *flags = body[0];
    *body_bytes = command_bytes - AS_ZMTP_BOX_BYTES;
    memmove(body, body + 1, *body_bytes);
    return NULL;
}

size_t as_zmtp_curve_seal(as_zmtp_curve *curve, uint8_t flags, const void *body, size_t body_bytes, uint8_t *out)
{
    uint8_t nonce[24], *plain = out + 32;
    make_counted_nonce(nonce, "CurveZMQMESSAGES", ++curve->nonce_out);
    memcpy(out, "\7MESSAGE", 8);
    memcpy(out + 8, nonce + 16, 8);
    plain[0] = flags;
    memcpy(plain + 1, body, body_bytes);
    crypto_box_detached_afternm(plain, out + 16, plain, body_bytes + 1, nonce, curve->shared);
    return body_bytes + AS_ZMTP_BOX_BYTES;
}
