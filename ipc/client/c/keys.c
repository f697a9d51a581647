#include "keys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char z85[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

bool asc_key_check(const char *key)
{
    return strlen(key) == ASC_KEY_BYTES - 1 && strspn(key, z85) == ASC_KEY_BYTES - 1;
}

/* The key of a line that begins with word, NULL if it does not. The line is cut. */
static char *value_of(char *line, const char *word)
{
    line += strspn(line, " \t");
    size_t bytes = strlen(word);
    if (strncmp(line, word, bytes) != 0)
        return NULL;
    line += bytes;
    line += strspn(line, " \t");
    if (*line != '=')
        return NULL;
    line++;
    line += strspn(line, " \t");
    bool quoted = *line == '"';
    line += quoted;
    line[strcspn(line, quoted ? "\"\r\n" : " \t\r\n")] = '\0';
    return line;
}

static bool take(char *line, const char *word, char *key)
{
    const char *value = value_of(line, word);
    if (!value || !asc_key_check(value))
        return false;
    memcpy(key, value, ASC_KEY_BYTES);
    return true;
}

bool asc_keys_read(const char *path, asc_keys *keys, char *error, size_t error_bytes)
{
    struct stat about;
    char line[256];
    bool public_found = false, secret_found = false;
    FILE *file = fopen(path, "r");
    if (!file || fstat(fileno(file), &about) != 0) {
        (void)snprintf(error, error_bytes, "%s: %s", path, strerror(errno));
        if (file)
            (void)fclose(file);
        return false;
    }
    if (!S_ISREG(about.st_mode) || (about.st_mode & 077) != 0) {
        (void)snprintf(error, error_bytes, "%s: mode %04o; a secret key's file is for its owner only, 0600", path,
                       (unsigned)about.st_mode & 07777);
        (void)fclose(file);
        return false;
    }
    while (fgets(line, sizeof line, file)) {
        public_found |= take(line, "public-key", keys->public_key);
        secret_found |= take(line, "secret-key", keys->secret_key);
    }
    memset(line, 0, sizeof line);
    (void)fclose(file);
    if (!public_found || !secret_found)
        (void)snprintf(error, error_bytes, "%s: no %s = \"40 characters of Z85\"", path,
                       public_found ? "secret-key" : "public-key");
    return public_found && secret_found;
}
