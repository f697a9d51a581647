/*
 * JSON, bounded: one object, read where it lies.
 *
 * as_json_object checks a whole text against RFC 8259 and lists the object's members as slices of it: nothing is
 * copied, converted or allocated. Strings are checked to be UTF-8 (no overlong forms, no surrogates) with
 * well-formed escapes; numbers stay text, so that a price is never rounded through a double. Strict: a repeated
 * key, anything after the object, a control character in a string, a lone surrogate, a leading zero are errors.
 * Keys of nested objects are not compared with each other.
 *
 * Threads: any (pure functions). Memory: the caller's array. Time: linear; no recursion.
 */
#ifndef AS_FEEDS_DECODE_JSON_H
#define AS_FEEDS_DECODE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    AS_JSON_MEMBER_MAX = 64, /* members of the object */
    AS_JSON_DEPTH_MAX = 16   /* the object itself is 1 */
};

typedef enum as_json_result {
    AS_JSON_OK = 0,
    AS_JSON_SYNTAX = -1,     /* not JSON, or cut */
    AS_JSON_NOT_OBJECT = -2, /* the text does not begin with '{' */
    AS_JSON_UTF8 = -3,       /* not UTF-8, or half of a surrogate pair */
    AS_JSON_DEPTH = -4,
    AS_JSON_DUPLICATE = -5, /* a key is repeated */
    AS_JSON_TRAILING = -6,  /* something follows the object */
    AS_JSON_MEMBERS = -7    /* more than AS_JSON_MEMBER_MAX members */
} as_json_result;

typedef enum as_json_type {
    AS_JSON_NULL,
    AS_JSON_FALSE,
    AS_JSON_TRUE,
    AS_JSON_NUMBER,
    AS_JSON_STRING,
    AS_JSON_ARRAY,
    AS_JSON_OBJECT
} as_json_type;

/* A value's text: without the quotes for a string (escapes still in it), with the brackets for a container. */
typedef struct as_json_value {
    const char *text;
    uint32_t text_bytes;
    uint8_t type; /* as_json_type */
    bool escaped; /* a string that holds escapes */
} as_json_value;

typedef struct as_json_member {
    as_json_value key; /* AS_JSON_STRING */
    as_json_value value;
} as_json_member;

/* Check the text and list the members (room for AS_JSON_MEMBER_MAX). *count is written on OK only. */
as_json_result as_json_object(const char *text, size_t text_bytes, as_json_member *member, uint32_t *count);

/*
 * Check a whole text to be one value of any type, for interfaces whose messages are arrays; *value is written on OK
 * only. Depth counts as for an object. Keys are not compared: each object of an array goes through as_json_object.
 */
as_json_result as_json_check(const char *text, size_t text_bytes, as_json_value *value);

/* The value of a key, NULL if there is none. name has no escapes. */
const as_json_value *as_json_find(const as_json_member *member, uint32_t count, const char *name);

/* Is the string value exactly this text (escapes resolved)? */
bool as_json_string_is(const as_json_value *value, const char *text);

/*
 * Resolve a string's escapes into out, zero-terminated; a character that would not fit whole is left out with all that
 * follows, and *cut (if not NULL) says so. U+0000 becomes a blank. Returns the bytes written without the zero.
 */
size_t as_json_string_copy(const as_json_value *value, char *out, size_t out_bytes, bool *cut);

/* Walk an array that as_json_object or as_json_check has checked. *at begins with 0. False at the end. */
bool as_json_array_next(const as_json_value *array, uint32_t *at, as_json_value *item);

/*
 * Write text as the inside of a JSON string: quotes, backslashes and control characters escaped, UTF-8 as it is.
 * Returns the bytes written (no zero), or SIZE_MAX if out_bytes are too few.
 */
size_t as_json_escape(const char *text, size_t text_bytes, char *out, size_t out_bytes);

/* Bytes of the UTF-8 character at p (1..4), 0 if it is not well formed or cut by end. */
unsigned as_utf8_length(const char *p, const char *end);

#endif
