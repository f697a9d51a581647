/*
 * XML, bounded: a whole document in memory, read as a stream of elements and text (SAX, by expat).
 *
 * A document type declaration is refused, and with it every entity that a document could bring along: what is left are
 * the five of XML and characters by number, so no text grows. Namespaces are resolved. Encodings are those that expat
 * knows: UTF-8, UTF-16, ISO-8859-1, US-ASCII; what the handlers get is always UTF-8.
 *
 * Threads: one at a time. Memory: expat's own, a small multiple of the document, reused from one document to the next.
 * Limits: AS_NEWS_DOCUMENT_BYTES, AS_XML_DEPTH_MAX. No recursion. Time: linear.
 */
#ifndef AS_FEEDS_NEWS_XML_H
#define AS_FEEDS_NEWS_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"

enum { AS_XML_DEPTH_MAX = 32, AS_XML_TEXT_BYTES = 160 };

typedef enum as_xml_result {
    AS_XML_OK = 0,
    AS_XML_STOPPED = 1,   /* by a handler */
    AS_XML_TOO_LONG = -1, /* more than AS_NEWS_DOCUMENT_BYTES */
    AS_XML_SYNTAX = -2,   /* not well formed, or cut */
    AS_XML_DTD = -3,      /* a document type declaration */
    AS_XML_DEPTH = -4,    /* nested deeper than AS_XML_DEPTH_MAX */
    AS_XML_ENCODING = -5, /* an encoding that is not known */
    AS_XML_MEMORY = -6,
    AS_XML_ROOT = -7 /* another kind of document: given by the decoders on top of this */
} as_xml_result;

typedef struct as_xml_element {
    const char *uri; /* of the namespace, uri_bytes of it, "" if it has none; not zero-terminated */
    size_t uri_bytes;
    const char *name;              /* without prefix, zero-terminated */
    const char *const *attributes; /* expat's: name, value, ..., NULL; NULL at the end of an element */
    unsigned depth;                /* the root is 1 */
} as_xml_element;

typedef struct as_xml_handlers {
    void (*begin)(void *ctx, const as_xml_element *element);
    void (*end)(void *ctx, const as_xml_element *element);
    void (*text)(void *ctx, const char *text, size_t text_bytes); /* a piece of it; markup resolved */
} as_xml_handlers;

/* Where and why a document was refused. */
typedef struct as_xml_fault {
    uint64_t line, column;        /* from 1 */
    char text[AS_XML_TEXT_BYTES]; /* "mismatched tag", ... */
} as_xml_fault;

typedef struct as_xml as_xml;

/* 0 or -ENOMEM. */
int as_xml_new(as_xml **xml);
void as_xml_free(as_xml *xml); /* NULL is allowed */

/* Read a document. *fault is written if the result is negative. A handler that is NULL is not called. */
as_xml_result as_xml_parse(as_xml *xml, const void *document, size_t document_bytes, const as_xml_handlers *handlers,
                           void *ctx, as_xml_fault *fault);

/* For handlers: read no further. The result is AS_XML_STOPPED. */
void as_xml_stop(as_xml *xml);

/* For handlers: the line of the document that is being read, from 1. */
uint64_t as_xml_line(const as_xml *xml);

/* Is it this element of this namespace ("" for none)? */
bool as_xml_is(const as_xml_element *element, const char *uri, const char *name);

/* Value of an attribute without namespace; NULL if there is none. */
const char *as_xml_attribute(const as_xml_element *element, const char *name);

/* Name of the document's root: read no further than that. */
as_xml_result as_xml_root(as_xml *xml, const void *document, size_t document_bytes, char *name, size_t name_bytes,
                          as_xml_fault *fault);

/* "ok" "stopped" "document_too_long" "bad_xml" "dtd" ... */
const char *as_xml_result_name(as_xml_result result);

#endif
