#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/playbook.h"

enum { META, CRWV, MU, SNDK, ORCL, MSFT, SPY, LONE };

static as_universe universe;

static int load_universe(void **state)
{
    (void)state;
    static const char rows[] = "symbol,bucket\nMETA,hyperscaler\nCRWV,neocloud\nMU,memory\nSNDK,memory\nORCL,cloud\n"
                               "MSFT,hyperscaler\nSPY,index\nLONE,\n";
    static const char links[] = "issuer,relation,symbol,weight\nMU,customer,MSFT,0.5\nMU,supplier,LONE,2\n"
                                "MU,supplier,SNDK,1\n";
    char folder[] = "/tmp/as_test_playbook_XXXXXX", path[64], links_path[64];
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/universe.csv", folder);
    snprintf(links_path, sizeof links_path, "%s/links.csv", folder);
    FILE *file = fopen(path, "w"), *links_file = fopen(links_path, "w");
    if (!file || !links_file)
        return -1;
    fputs(rows, file);
    fputs(links, links_file);
    fclose(file);
    fclose(links_file);
    int rc = as_universe_load(&universe, path, NULL, 0);
    unlink(path);
    unlink(links_path);
    rmdir(folder);
    return rc;
}

static int free_universe(void **state)
{
    (void)state;
    as_universe_fini(&universe);
    return 0;
}

static as_playbook *compile(const char *text)
{
    as_playbook *playbook = NULL;
    if (as_playbook_compile("p.yaml", text, strlen(text), &universe, 7, &playbook))
        fail_msg("%s", as_error_message(0));
    return playbook;
}

static const char full[] =
    "version: \"0.1\"\n"
    "sources:\n"
    "  Bloomberg: {class: press, tier: 1}\n"
    "  SEC: {class: official}\n"
    "  X: {class: social, tier: 4}\n"
    "controls:\n"
    "  ai_supply_glut: {members: [ORCL, MSFT, AMZN, META], q: [1.0, 0.5, 0.25, 0.75], needs: 2}\n"
    "status_gate: {RUMOUR_T2: 0.4, DENIED: 0.1}\n"
    "thresholds: {os_open: 2.5, horizon_days: 3}\n"
    "events:\n"
    "  compute_supply_entry:\n"
    "    default_M: 4\n"
    "    signed: true\n"
    "    object: excess_ai_compute\n"
    "    control: ai_supply_glut\n"
    "    phrases: [sell excess compute, \"lease out * capacity\"]\n"
    "    channels:\n"
    "      neocloud: [-0.90, 0.30, competitor+customer_loss]\n"
    "      memory: {w: -0.08, s: 0.10, why: none}\n"
    "      ORCL: [-0.20, 0.20, competitor]\n"
    "      SPY: [0]\n"
    "      nowhere: [1, 1, x]\n"
    "  earnings_guidance:\n"
    "    fade: false\n"
    "    channels: {winner: [1.0, 0.2, own], same_bucket: [0.40, 0.25, information], supplier: [0.30, 0.25, "
    "customer],\n"
    "      customer: [0.10, 0.20, information], memory: [0.05, 0.1, x], hyperscaler: [-0.3, 0.1, y]}\n"
    "  zz_own_family: {}\n";

static void a_full_playbook_is_compiled(void **state)
{
    (void)state;
    unsigned warnings = as_warn_count();
    as_playbook *p = compile(full);
    assert_int_equal(as_warn_count() - warnings, 2); /* AMZN and nowhere */
    assert_int_equal(p->generation, 7);
    assert_string_equal(p->version, "0.1");
    assert_int_equal(p->text_bytes, sizeof full - 1);
    assert_memory_equal(p->text, full, sizeof full);
    const as_event_family *entry = &p->family[as_event_type_find("compute_supply_entry")];
    assert_true(entry->used && entry->fade && entry->is_signed);
    assert_true(entry->default_m == 4.0);
    assert_string_equal(entry->object, "excess_ai_compute");
    assert_int_equal(entry->control, 0);
    assert_int_equal(entry->order, 0);
    assert_int_equal(entry->phrase_count, 2);
    assert_string_equal(entry->phrase[1], "lease out * capacity");
    assert_int_equal(entry->symbol_count, 2);
    assert_int_equal(entry->symbol[0].instrument, ORCL);
    assert_string_equal(entry->bucket[as_universe_bucket(&universe, "neocloud")].why, "competitor+customer_loss");
    const as_event_family *guidance = &p->family[as_event_type_find("earnings_guidance")];
    assert_false(guidance->fade || guidance->is_signed);
    assert_true(guidance->default_m == 2.0);
    assert_int_equal(guidance->control, -1);
    assert_int_equal(guidance->order, 1);
    assert_true(p->family[as_event_type_find("zz_own_family")].used);
    assert_false(p->family[as_event_type_find("tariff")].used);
    as_playbook_free(p);
}

static void an_unknown_channel_is_warned_about_once(void **state)
{
    (void)state;
    unsigned warnings = as_warn_count();
    as_playbook *p = compile("version: x\nevents:\n  capex_cut: {channels: {nowhere: [1], elsewhere: [1]}}\n"
                             "  capex_raise: {channels: {nowhere: [1]}}\n");
    assert_int_equal(as_warn_count() - warnings, 2);
    as_playbook_free(p);
}

static void controls_keep_the_members_that_are_there(void **state)
{
    (void)state;
    as_playbook *p = compile(full);
    const as_control *control = &p->control[0];
    assert_int_equal(p->control_count, 1);
    assert_string_equal(control->name, "ai_supply_glut");
    assert_int_equal(control->member_count, 3);
    assert_int_equal(control->member[2], META);
    assert_true(control->q[0] == 1.0 && control->q[1] == 0.5 && control->q[2] == 0.75);
    assert_int_equal(control->needs, 2);
    as_playbook_free(p);
}

static void families_that_name_no_control_take_the_first(void **state)
{
    (void)state;
    as_playbook *p = compile("version: x\ncontrols: {a: {members: [MU], needs: 1}, b: {members: [ORCL], needs: 1}}\n"
                             "events: {zz_first: {}, zz_second: {}}\n");
    assert_int_equal(p->family[as_event_type_find("zz_first")].control, 0);
    assert_int_equal(p->family[as_event_type_find("zz_second")].control, 0);
    as_playbook_free(p);
    p = compile("version: x\ncontrols: {a: {members: [MU], needs: 1}, b: {members: [ORCL], needs: 1}}\n"
                "events: {zz_first: {}, zz_second: {control: b}}\n");
    assert_int_equal(p->family[as_event_type_find("zz_first")].control, -1);
    assert_int_equal(p->family[as_event_type_find("zz_second")].control, 1);
    as_playbook_free(p);
}

static void sources_are_found_without_case(void **state)
{
    (void)state;
    as_playbook *p = compile(full);
    const as_news_source *source = as_playbook_source(p, "bloomberg");
    assert_non_null(source);
    assert_int_equal(source->source_class, AS_CLASS_PRESS);
    assert_int_equal(source->tier, 1);
    assert_int_equal(as_playbook_source(p, "SEC")->tier, 1);
    assert_int_equal(as_playbook_source(p, "SEC")->source_class, AS_CLASS_OFFICIAL);
    assert_null(as_playbook_source(p, "Reuters"));
    as_playbook_free(p);
}

static void gates_and_thresholds_have_the_published_defaults(void **state)
{
    (void)state;
    as_playbook *p = compile(full);
    assert_true(p->gate.rumour[1] == 0.6 && p->gate.rumour[2] == 0.4);
    assert_true(p->gate.rumour[3] == 0.2 && p->gate.rumour[4] == 0.2);
    assert_true(p->gate.developing == 0.8 && p->gate.confirmed == 1.0 && p->gate.denied == 0.1);
    const as_thresholds *t = &p->thresholds;
    assert_true(t->os_open == 2.5 && t->horizon_days == 3.0); /* from the file */
    assert_true(t->lambda_vol == 0.94 && t->beta_half_life_days == 60 && t->h_floor == 0.02 && t->m_max == 6);
    assert_true(t->os_close == 1.0 && t->breadth_gate == 0.3 && t->k_min == 8.4 && t->rho_breadth == 0.45);
    assert_true(t->warmup_sessions == 40 && t->weak_w == 0.10 && t->under_ratio == 0.5 && t->bar_stale_days == 2);
    as_thresholds standard;
    as_thresholds_default(&standard);
    assert_true(standard.os_open == 2.0 && standard.horizon_days == 5.0);
    as_playbook_free(p);
}

static void assert_channel(const as_playbook *p, const char *event, uint32_t issuer, uint32_t instrument, double w,
                           double s)
{
    as_channel c = as_playbook_channel(p, &universe, (uint16_t)as_event_type_find(event), issuer, instrument);
    assert_true(c.set);
    if (c.w != w || c.s != s)
        fail_msg("%s %u -> %u: w %g s %g", event, issuer, instrument, c.w, c.s);
}

static void assert_no_channel(const as_playbook *p, const char *event, uint32_t issuer, uint32_t instrument)
{
    assert_false(as_playbook_channel(p, &universe, (uint16_t)as_event_type_find(event), issuer, instrument).set);
}

static void the_most_specific_channel_wins(void **state)
{
    (void)state;
    as_playbook *p = compile(full);
    assert_channel(p, "compute_supply_entry", META, CRWV, -0.90, 0.30);
    assert_channel(p, "compute_supply_entry", META, MU, -0.08, 0.10);
    assert_channel(p, "compute_supply_entry", META, ORCL, -0.20, 0.20); /* by symbol */
    assert_channel(p, "compute_supply_entry", META, SPY, 0, 0);
    assert_no_channel(p, "compute_supply_entry", META, MSFT);
    assert_no_channel(p, "compute_supply_entry", META, LONE);
    assert_no_channel(p, "compute_supply_entry", META, META);
    assert_no_channel(p, "tariff", META, CRWV);
    assert_no_channel(p, "zz_own_family", META, CRWV);
    assert_channel(p, "earnings_guidance", META, META, 1.0, 0.2);       /* winner: the issuer */
    assert_channel(p, "earnings_guidance", META, MSFT, 0.40, 0.25);     /* same bucket beats bucket */
    assert_channel(p, "earnings_guidance", ORCL, MSFT, -0.3, 0.1);      /* another's bucket */
    assert_channel(p, "earnings_guidance", MU, MSFT, 0.10 * 0.5, 0.20 * 0.5); /* customer beats bucket */
    assert_channel(p, "earnings_guidance", MU, LONE, 0.30 * 2, 0.25 * 2);
    assert_channel(p, "earnings_guidance", MU, SNDK, 0.30, 0.25);       /* supplier beats same bucket */
    assert_channel(p, "earnings_guidance", META, SNDK, 0.05, 0.1);
    assert_no_channel(p, "earnings_guidance", META, LONE);
    assert_false(as_playbook_channel(p, &universe, AS_EVENT_TYPE_MAX, META, MU).set);
    assert_false(as_playbook_channel(p, &universe, 1, META, 99).set);
    as_playbook_free(p);
}

static void assert_refused(const char *text, const char *message)
{
    as_playbook *playbook = NULL;
    assert_int_equal(as_playbook_compile("p.yaml", text, strlen(text), &universe, 0, &playbook), -EINVAL);
    assert_null(playbook);
    if (strcmp(as_error_message(0), message) != 0)
        fail_msg("found    %s\nexpected %s", as_error_message(0), message);
}

#define V "version: x\n"
#define E V "events:\n  capex_cut: "

static void what_is_wrong_is_said_with_line_and_key(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "p.yaml:1: found nothing, allowed a map"},
        {"- a\n", "p.yaml:1: found a list, allowed a map"},
        {"events: {}\n", "p.yaml:1: key 'version': found nothing, allowed a text of 1 to 31 bytes"},
        {V, "p.yaml:1: key 'events': found nothing, allowed a map of event families"},
        {V "event: {}\n", "p.yaml:2: key 'event': found an unknown key, allowed version, sources, events, controls, "
                          "pairs, status_gate, thresholds (did you mean 'events'?)"},
        {V "events: [a]\n", "p.yaml:2: key 'events': found a list, allowed a map"},
        {V "events: {Capex: {}}\n", "p.yaml:2: key 'events.Capex': found the name 'Capex', allowed 1 to 31 of a-z, 0-9 "
                                    "and _, not 'other'"},
        {V "events: {other: {}}\n", "p.yaml:2: key 'events.other': found the name 'other', allowed 1 to 31 of a-z, 0-9 "
                                    "and _, not 'other'"},
        {E "{default_M: high}\n",
         "p.yaml:3: key 'events.capex_cut.default_M': found 'high', allowed a number from 0 to "
         "20"},
        {E "{fade: no}\n", "p.yaml:3: key 'events.capex_cut.fade': found 'no', allowed true, false"},
        {E "{object: a|b}\n", "p.yaml:3: key 'events.capex_cut.object': found 'a|b', allowed a text without |, which "
                              "parts the fact's key"},
        {E "{control: glut}\n",
         "p.yaml:3: key 'events.capex_cut.control': found 'glut', allowed a group of 'controls'"},
        {E "{phrases: cut}\n", "p.yaml:3: key 'events.capex_cut.phrases': found 'cut', allowed a list"},
        {E "{phrases: [a, \"\"]}\n",
         "p.yaml:3: key 'events.capex_cut.phrases[1]': found '' in quotes, allowed a text of 1 to 1023 bytes"},
        {E "{channels: {memory: -0.5}}\n",
         "p.yaml:3: key 'events.capex_cut.channels.memory': found '-0.5', allowed [w, s, why] or {w, s, why}"},
        {E "{channels: {memory: [-0.5, wide]}}\n",
         "p.yaml:3: key 'events.capex_cut.channels.memory[1]': found 'wide', allowed a number from 0 to 10"},
        {E "{channels: {memory: []}}\n",
         "p.yaml:3: key 'events.capex_cut.channels.memory.w': found nothing, allowed a number from -10 to 10"},
        {E "{channels: {memory: {w: -11}}}\n",
         "p.yaml:3: key 'events.capex_cut.channels.memory.w': found '-11', allowed a number from -10 to 10"},
        {E "{channels: {memory: {w: 1, sd: 1}}}\n",
         "p.yaml:3: key 'events.capex_cut.channels.memory.sd': found an unknown key, allowed w, s, why (did you mean "
         "'s'?)"},
        {E "{channels: {memory: [1], memory: [2]}}\n",
         "p.yaml:3: key 'events.capex_cut.channels.memory': found twice (first on line 3), allowed once"},
        {V "sources: {A: {tier: 1}}\n",
         "p.yaml:2: key 'sources.A.class': found nothing, allowed official, press, aggregator, social"},
        {V "sources: {A: {class: wire}}\n",
         "p.yaml:2: key 'sources.A.class': found 'wire', allowed official, press, aggregator, social"},
        {V "sources: {A: {class: press, tier: 5}}\n",
         "p.yaml:2: key 'sources.A.tier': found '5', allowed a whole number from 1 to 4"},
        {V "sources:\n  Ab: {class: press}\n  aB: {class: press}\n",
         "p.yaml:4: key 'sources.aB': found 'aB' again (names are compared without case), allowed once"},
        {V "controls: {g: {q: [1]}}\n", "p.yaml:2: key 'controls.g.members': found nothing, allowed a list of symbols"},
        {V "controls: {g: {members: [MU], q: [1, 2], needs: 1}}\n",
         "p.yaml:2: key 'controls.g.q': found 2 weights, allowed 1: one a member"},
        {V "controls: {g: {members: [MU, MU], needs: 1}}\n",
         "p.yaml:2: key 'controls.g.members[1]': found 'MU' twice, allowed once"},
        {V "controls: {g: {members: [MU]}}\n",
         "p.yaml:2: key 'controls.g': found needs 3 with 1 members, allowed at most as many"},
        {V "status_gate: {RUMOR_T1: 0.5}\n",
         "p.yaml:2: key 'status_gate.RUMOR_T1': found an unknown key, allowed RUMOUR_T1, RUMOUR_T2, RUMOUR_T3, "
         "DEVELOPING, CONFIRMED, DENIED (did you mean 'RUMOUR_T1'?)"},
        {V "status_gate: {DENIED: 1.5}\n",
         "p.yaml:2: key 'status_gate.DENIED': found '1.5', allowed a number from 0 to 1"},
        {V "thresholds: {breadth_gate: 30%}\n",
         "p.yaml:2: key 'thresholds.breadth_gate': found '30%', allowed a number from 0 to 1"},
        {V "thresholds: {os_open: 0.5}\n",
         "p.yaml:2: key 'thresholds.os_open': found os_close 1 above os_open 0.5, allowed at most as high"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(cases[i].text, cases[i].message);
}

static void a_broken_playbook_leaves_no_name_behind(void **state)
{
    (void)state;
    assert_refused(V "events: {zz_never: {}, zz_broken: {fade: 1}}\n",
                   "p.yaml:2: key 'events.zz_broken.fade': found '1', allowed true, false");
    assert_int_equal(as_event_type_find("zz_never"), -1);
}

static void a_missing_file_is_named(void **state)
{
    (void)state;
    as_playbook *playbook = NULL;
    assert_int_equal(as_playbook_load("/nowhere/p.yaml", &universe, 0, &playbook), -ENOENT);
    assert_string_equal(as_error_message(0), "/nowhere/p.yaml: cannot be opened: No such file or directory");
    as_playbook_free(NULL);
}

static void an_index_means_the_same_in_every_generation(void **state)
{
    (void)state;
    as_playbook *first = compile(V "events: {zz_one: {}, zz_two: {}}\n");
    int one = as_event_type_find("zz_one"), two = as_event_type_find("zz_two");
    as_playbook *second = compile(V "events: {zz_three: {}, zz_two: {}}\n");
    assert_int_equal(as_event_type_find("zz_one"), one);
    assert_int_equal(as_event_type_find("zz_two"), two);
    assert_true(first->family[one].used && !second->family[one].used && second->family[two].used);
    assert_true(first->hash != second->hash);
    as_playbook_free(first);
    as_playbook_free(second);
}

/* Last: it fills the table for the life of the process. */
static void the_table_of_names_is_bounded(void **state)
{
    (void)state;
    char name[AS_EVENT_NAME_BYTES];
    for (unsigned i = as_event_type_count(); i < AS_EVENT_TYPE_MAX; i++) {
        snprintf(name, sizeof name, "zz_%u", i);
        assert_int_equal(as_event_type_intern(name), i);
    }
    assert_int_equal(as_event_type_intern("zz_over"), UINT16_MAX);
    assert_refused(V "events: {zz_over: {}}\n",
                   "p.yaml:2: key 'events.zz_over': found more than 64 names of families since "
                   "the start, allowed 64");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_playbook_is_compiled),
        cmocka_unit_test(an_unknown_channel_is_warned_about_once),
        cmocka_unit_test(controls_keep_the_members_that_are_there),
        cmocka_unit_test(families_that_name_no_control_take_the_first),
        cmocka_unit_test(sources_are_found_without_case),
        cmocka_unit_test(gates_and_thresholds_have_the_published_defaults),
        cmocka_unit_test(the_most_specific_channel_wins),
        cmocka_unit_test(what_is_wrong_is_said_with_line_and_key),
        cmocka_unit_test(a_broken_playbook_leaves_no_name_behind),
        cmocka_unit_test(a_missing_file_is_named),
        cmocka_unit_test(an_index_means_the_same_in_every_generation),
        cmocka_unit_test(the_table_of_names_is_bounded),
    };
    return cmocka_run_group_tests(tests, load_universe, free_universe);
}
