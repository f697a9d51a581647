#include "feeds/framing/soup_session.h"

#include <string.h>

#include "core/event.h"

void as_soup_session_init(as_soup_session *session, const char *wanted)
{
    *session = (as_soup_session){.aim = AS_SOUP_RESUME};
    memcpy(session->wanted, wanted, strnlen(wanted, AS_SOUP_SESSION_BYTES));
}

void as_soup_session_connected(as_soup_session *session)
{
    session->logged_in = false;
}

void as_soup_session_login(const as_soup_session *session, as_soup_login *login)
{
    const char *name = session->wanted;
    login->seq = session->aim == AS_SOUP_PROBE ? 0 : 1;
    if (session->aim == AS_SOUP_RESUME && session->session[0]) {
        name = session->session;
        login->seq = session->expected_seq;
    }
    memcpy(login->session, name, sizeof login->session);
}

static as_soup_turn accepted(as_soup_session *s, const as_soup_packet *packet)
{
    as_soup_accepted answer;
    if (!as_soup_accepted_decode(packet->payload, packet->payload_bytes, &answer) || answer.seq == 0 ||
        answer.session[0] == '\0')
        return AS_SOUP_BAD_ANSWER;
    bool first = s->session[0] == '\0';
    bool other = strcmp(answer.session, s->session) != 0;
    uint64_t asked = first || other ? 1 : s->expected_seq;
    if (answer.seq > asked && answer.seq - asked > AS_SOUP_JUMP_MAX)
        return AS_SOUP_BAD_ANSWER;
    if (other && !first && s->aim != AS_SOUP_FRESH && (s->aim == AS_SOUP_PROBE || answer.seq > 1)) {
        s->aim = AS_SOUP_FRESH; /* a new one, which is wanted from its first message */
        return AS_SOUP_AGAIN;
    }
    s->restarted = other && !first;
    s->restarts += s->restarted;
    if (other || first) {
        memcpy(s->session, answer.session, sizeof s->session);
        s->expected_seq = 1;
    }
    if (answer.seq > s->expected_seq) {
        s->gap_from = s->expected_seq;
        s->gap_to = answer.seq;
        s->gaps++;
        s->lost += answer.seq - s->expected_seq;
        s->expected_seq = answer.seq;
    }
    s->next_seq = answer.seq;
    s->aim = AS_SOUP_RESUME;
    s->logged_in = s->late = true;
    s->quiet = false;
    return AS_SOUP_WELCOME;
}

static as_soup_turn rejected(as_soup_session *s, const as_soup_packet *packet)
{
    s->reason = packet->payload_bytes > 0 ? packet->payload[0] : 0;
    bool resumed = s->aim == AS_SOUP_RESUME && s->session[0] && !s->wanted[0];
    if (s->reason != AS_SOUP_NO_SESSION || !resumed)
        return AS_SOUP_REFUSED;
    s->aim = AS_SOUP_FRESH; /* a server that has begun another one */
    return AS_SOUP_AGAIN;
}

static as_soup_turn sequenced(as_soup_session *s)
{
    if (s->next_seq == UINT64_MAX)
        return AS_SOUP_BAD_ANSWER;
    if (s->next_seq++ < s->expected_seq) {
        s->duplicates++;
        return AS_SOUP_NOTHING;
    }
    s->expected_seq++;
    s->quiet = false;
    return AS_SOUP_MESSAGE;
}

as_soup_turn as_soup_session_take(as_soup_session *session, const as_soup_packet *packet)
{
    bool login = packet->type == AS_SOUP_ACCEPTED || packet->type == AS_SOUP_REJECTED;
    bool data = packet->type == AS_SOUP_SEQUENCED || packet->type == AS_SOUP_END;
    session->restarted = false;
    session->gap_from = session->gap_to = 0;
    if ((login && session->logged_in) || (data && !session->logged_in))
        return AS_SOUP_OUT_OF_TURN;
    switch (packet->type) {
    case AS_SOUP_ACCEPTED:
        return accepted(session, packet);
    case AS_SOUP_REJECTED:
        return rejected(session, packet);
    case AS_SOUP_SEQUENCED:
        return sequenced(session);
    case AS_SOUP_END:
        session->ends++;
        session->aim = AS_SOUP_PROBE;
        return AS_SOUP_OVER;
    case AS_SOUP_SERVER_HEARTBEAT:
        session->heartbeats++;
        session->late = session->late && !session->quiet;
        session->quiet = true;
        return AS_SOUP_NOTHING;
    case AS_SOUP_DEBUG:
        return AS_SOUP_NOTHING;
    default:
        return AS_SOUP_UNKNOWN;
    }
}

bool as_soup_session_is_late(as_soup_session *session, uint64_t ts_event, uint64_t ts_recv)
{
    uint64_t apart = ts_recv > ts_event ? ts_recv - ts_event : ts_event - ts_recv;
    if (session->late && apart < AS_SOUP_LATE_MS * AS_NS_PER_MS)
        session->late = false;
    return session->late;
}
