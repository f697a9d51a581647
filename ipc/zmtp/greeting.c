#include "ipc/zmtp/greeting.h"

#include <string.h>

enum { SIGNATURE_END = 9, MAJOR = 10, MINOR = 11, MECHANISM = 12, MECHANISM_BYTES = 20, AS_SERVER = 32 };

static const char name[][MECHANISM_BYTES] = {[AS_ZMTP_NULL] = "NULL", [AS_ZMTP_CURVE] = "CURVE"};

void as_zmtp_greeting_encode(as_zmtp_mechanism mechanism, uint8_t out[AS_ZMTP_GREETING_BYTES])
{
    memset(out, 0, AS_ZMTP_GREETING_BYTES);
    out[0] = 0xff;
    out[SIGNATURE_END] = 0x7f;
    out[MAJOR] = 3;
    out[MINOR] = 1;
    memcpy(out + MECHANISM, name[mechanism], MECHANISM_BYTES);
    out[AS_SERVER] = mechanism == AS_ZMTP_CURVE;
}

const char *as_zmtp_greeting_check(as_zmtp_mechanism mechanism, const uint8_t *greeting, size_t bytes)
{
    if (bytes > 0 && greeting[0] != 0xff)
        return "no ZMTP signature (not ZeroMQ, or ZMTP 1.0)";
    if (bytes > SIGNATURE_END && greeting[SIGNATURE_END] != 0x7f)
        return "no ZMTP signature (not ZeroMQ, or ZMTP 1.0)";
    if (bytes > MAJOR && greeting[MAJOR] < 3)
        return "ZMTP before 3.0; 3.0 and later are allowed";
    if (bytes >= MECHANISM + MECHANISM_BYTES && memcmp(greeting + MECHANISM, name[mechanism], MECHANISM_BYTES) != 0)
        return mechanism == AS_ZMTP_CURVE ? "another mechanism than CURVE" : "another mechanism than NULL";
    if (bytes > AS_SERVER && mechanism == AS_ZMTP_CURVE && greeting[AS_SERVER])
        return "a CURVE server, not a client";
    return NULL;
}
