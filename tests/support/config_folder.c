#include "tests/support/config_folder.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"

static char folder[] = "/tmp/as_test_config_XXXXXX";

int ast_config_folder_make(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    ast_config_write("universe.csv",
                     "symbol,bucket,factor\nMETA,hyperscaler,SPY\nMSFT,hyperscaler,SPY\nCRWV,neocloud,SPY\n"
                     "SPY,index,\n");
    ast_config_write("playbook.yaml", "version: test\nevents:\n  compute_supply_entry:\n"
                                      "    phrases: [sells excess compute, leases spare capacity]\n"
                                      "    channels: {neocloud: [-0.9, 0.3, competitor], MSFT: [0.1]}\n"
                                      "  commentary: {phrases: [should you buy]}\n");
    return 0;
}

int ast_config_folder_remove(void **state)
{
    (void)state;
    DIR *listing = opendir(folder);
    for (struct dirent *entry; listing && (entry = readdir(listing));)
        if (entry->d_name[0] != '.')
            unlink(ast_config_path(entry->d_name));
    if (listing)
        closedir(listing);
    return rmdir(folder);
}

const char *ast_config_folder(void)
{
    return folder;
}

const char *ast_config_path(const char *name)
{
    static char path[4][512];
    static unsigned turn;
    char *out = path[turn++ % 4];
    snprintf(out, sizeof path[0], "%s/%s", folder, name);
    return out;
}

void ast_config_write(const char *name, const char *text)
{
    FILE *file = fopen(ast_config_path(name), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

int ast_config_load(const char *text, as_config **config)
{
    ast_config_write("a.yaml", text);
    *config = NULL;
    return as_config_load(ast_config_path("a.yaml"), config);
}

as_config *ast_config_good(const char *text)
{
    char whole[8192];
    as_config *config;
    snprintf(whole, sizeof whole, "%s%s", AST_CONFIG_FILES, text);
    if (ast_config_load(whole, &config))
        fail_msg("%s", as_error_message(0));
    return config;
}

void ast_config_refused(const char *text, const char *message)
{
    char expected[1024];
    as_config *config;
    assert_true(ast_config_load(text, &config) < 0);
    assert_null(config);
    snprintf(expected, sizeof expected, "%s/a.yaml:%s", folder, message);
    if (strcmp(as_error_message(0), expected) != 0)
        fail_msg("found    %s\nexpected %s", as_error_message(0), expected);
}
