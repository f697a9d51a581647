/*
 * aftershock keygen: CURVE key pairs for a daemon and its clients, and the lines of the allow-list.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/aftershock/commands.h"
#include "apps/common/exit_status.h"
#include "core/config.h"
#include "core/error.h"
#include "ipc/auth.h"
#include "ipc/keys.h"

static const char help[] =
    "usage: aftershock keygen [-o DIR] [-f] [--grant PREFIXES] NAME...\n"
    "       aftershock keygen --public FILE\n"
    "  NAME...            make a key pair for each: NAME.key (secret, mode 0600) and NAME.pub, as ZeroMQ certificates\n"
    "                     that czmq and pyzmq read; print the line of the allow-list that lets NAME in\n"
    "  -o, --out DIR      where the files go (default: here)\n"
    "  -f, --force        overwrite: whoever uses the old keys is locked out\n"
    "  --grant PREFIXES   topics in that line, with commas; * is everything (default sig.,shock.,fact.,feed.)\n"
    "  --public FILE      print the public key of a key file\n"
    "docs/SECURITY.md tells how a daemon and a bot use them.\n";

typedef struct options {
    const char *dir, *grant, *file;
    bool force;
} options;

static int parse(int argc, char **argv, options *o)
{
    static const struct option known[] = {
        {"out", required_argument, NULL, 'o'},   {"force", no_argument, NULL, 'f'},
        {"grant", required_argument, NULL, 'g'}, {"public", required_argument, NULL, 'p'},
        {"help", no_argument, NULL, 'h'},        {0},
    };
    *o = (options){.dir = ".", .grant = "sig.,shock.,fact.,feed."};
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "o:fh", known, NULL)) != -1;) {
        switch (c) {
        case 'o':
            o->dir = optarg;
            break;
        case 'f':
            o->force = true;
            break;
        case 'g':
            o->grant = optarg;
            if (!*optarg)
                return as_error_set(-EINVAL, "--grant: found nothing; allowed: topic prefixes with commas, or *");
            break;
        case 'p':
            o->file = optarg;
            break;
        case 'h':
            fputs(help, stdout);
            exit(0);
        default:
            return as_error_set(-EINVAL, "see `aftershock keygen --help`");
        }
    }
    if (o->file && optind < argc)
        return as_error_set(-EINVAL, "--public FILE takes no NAME; found '%s'", argv[optind]);
    if (!o->file && optind == argc)
        return as_error_set(-EINVAL, "found no NAME; allowed: one or more, or --public FILE");
    for (int i = optind; i < argc; i++)
        if (!as_grant_name_is_valid(argv[i]))
            return as_error_set(-EINVAL, "NAME: found '%s'; allowed: up to %d letters, digits, '_', '.', '-'", argv[i],
                                AS_GRANT_NAME_BYTES - 1);
    return 0;
}

static int print_public(const char *file)
{
    uint8_t key[AS_KEY_BYTES];
    char text[AS_KEY_TEXT_BYTES];
    int rc = as_keys_read_public(file, key);
    if (rc < 0)
        return rc;
    as_key_to_text(key, text);
    puts(text);
    return 0;
}

/* Both files, or none of them. */
static int write_files(const options *o, const char *name, const as_key_pair *pair)
{
    char secret[AS_PATH_BYTES], public[AS_PATH_BYTES];
    if ((size_t)snprintf(secret, sizeof secret, "%s/%s.key", o->dir, name) >= sizeof secret)
        return as_error_set(-ENAMETOOLONG, "--out: found a path of %zu bytes; allowed %zu", strlen(o->dir),
                            sizeof secret - AS_GRANT_NAME_BYTES - 5);
    snprintf(public, sizeof public, "%s/%s.pub", o->dir, name);
    if (!o->force && access(public, F_OK) == 0)
        return as_error_set(-EEXIST, "%s: exists; it is not overwritten", public);
    int rc = as_keys_write_secret(secret, name, pair, o->force);
    if (rc < 0)
        return rc;
    rc = as_keys_write_public(public, name, pair->public_key, o->force);
    if (rc < 0 && !o->force)
        unlink(secret);
    if (rc == 0)
        fprintf(stderr, "wrote %s (secret) and %s\n", secret, public);
    return rc;
}

static int make(const options *o, const char *name)
{
    as_key_pair pair;
    char text[AS_KEY_TEXT_BYTES];
    int rc = as_keys_generate(&pair);
    if (rc == 0)
        rc = write_files(o, name, &pair);
    if (rc == 0) {
        as_key_to_text(pair.public_key, text);
        printf("%s %s %s\n", text, name, o->grant);
    }
    as_keys_forget(&pair);
    if (rc == -EEXIST)
        as_error_add("--force overwrites, and locks out whoever uses the old keys");
    return rc;
}

int as_cmd_keygen(int argc, char **argv)
{
    options o;
    int rc = parse(argc, argv, &o);
    if (rc == 0 && o.file)
        rc = print_public(o.file);
    for (int i = optind; rc == 0 && !o.file && i < argc; i++)
        rc = make(&o, argv[i]);
    if (rc < 0)
        as_error_print(stderr, "aftershock keygen");
    return as_exit_status(rc);
}
