#include "apps/aftershockd/feed_agent.h"

#include "core/clock.h"
#include "core/error.h"

bool as_lane_stats(as_lane *lane, as_feed_stats *stats)
{
    pthread_mutex_lock(&lane->lock);
    if (lane->feed)
        as_feed_stats_get(lane->feed, stats);
    else
        *stats = lane->final;
    bool opened = lane->feed || lane->final.packets || lane->final.connects;
    pthread_mutex_unlock(&lane->lock);
    return opened;
}

void as_lane_set_desk(as_lane *lane, const as_desk *desk)
{
    pthread_mutex_lock(&lane->lock);
    if (lane->feed)
        as_feed_set_desk(lane->feed, desk);
    pthread_mutex_unlock(&lane->lock);
}

static void set_feed(as_lane *lane, as_feed *feed)
{
    pthread_mutex_lock(&lane->lock);
    if (lane->feed && !feed)
        as_feed_stats_get(lane->feed, &lane->final);
    lane->feed = feed;
    pthread_mutex_unlock(&lane->lock);
}

static void close_feeds(void *context)
{
    as_feed_agent *self = context;
    const as_config *config = self->setup->config;
    for (uint32_t i = self->first; i < config->feed_count; i += self->stride) {
        as_feed *feed = self->lane[i].feed;
        set_feed(&self->lane[i], NULL);
        as_feed_close(feed);
    }
    as_reactor_close(self->reactor);
    self->reactor = NULL;
}

static int open_feed(as_feed_agent *self, uint32_t idx)
{
    const as_config *config = self->setup->config;
    as_feed_options options = {
        .config = &config->feed[idx],
        .config_path = config->path,
        .universe = &self->setup->universe,
        .desk = self->setup->desk,
        .events = self->lane[idx].events,
        .headlines = self->lane[idx].headlines,
        .source = (uint16_t)idx,
        .session_date = config->session.date,
        .session_zone = config->session.zone,
    };
    as_feed *feed;
    int rc = as_feed_open(&options, self->reactor, &feed);
    if (rc == 0)
        set_feed(&self->lane[idx], feed);
    return rc;
}

static int start(void *context)
{
    as_feed_agent *self = context;
    const as_config *config = self->setup->config;
    as_histogram_init(&self->received);
    as_reactor_options options = {.backend = config->backend, .watch_max = 1024};
    int rc = as_reactor_open(&options, &self->reactor);
    if (rc < 0)
        return rc;
    as_note("aftershockd: io backend %s", as_reactor_backend_text(self->reactor));
    for (uint32_t i = self->first; rc == 0 && i < config->feed_count; i += self->stride)
        rc = open_feed(self, i);
    if (rc < 0)
        close_feeds(self);
    return rc;
}

/* The turn's own clock is read anyway: what came in this turn is in the ring now. */
static void measure(as_feed_agent *self, uint32_t idx, uint64_t now)
{
    uint64_t packet = as_feed_last_packet_ns(self->lane[idx].feed);
    if (packet == self->packet_ns[idx])
        return;
    self->packet_ns[idx] = packet;
    if (now >= packet) /* the wall clock may be set back */
        as_histogram_record(&self->received, now - packet);
}

static unsigned work(void *context, uint64_t wait_ns)
{
    as_feed_agent *self = context;
    const as_config *config = self->setup->config;
    for (uint32_t i = self->first; wait_ns && i < config->feed_count; i += self->stride) {
        uint64_t due = as_feed_wait_ns(self->lane[i].feed);
        wait_ns = due < wait_ns ? due : wait_ns;
    }
    int done = as_reactor_poll(self->reactor, wait_ns);
    uint64_t now = as_clock_now_ns();
    for (uint32_t i = self->first; i < config->feed_count; i += self->stride) {
        measure(self, i, now);
        done += as_feed_poll_idle(self->lane[i].feed, now);
    }
    return done > 0 ? (unsigned)done : 0;
}

as_agent as_feed_agent_of(as_feed_agent *self)
{
    return (as_agent){.name = "feeds", .self = self, .start = start, .work = work, .close = close_feeds};
}
