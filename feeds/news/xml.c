#include "feeds/news/xml.h"

#include <errno.h>
#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Between a namespace and a name; expat refuses namespaces that hold it. */
enum { SEPARATOR = '\t' };

struct as_xml {
    XML_Parser parser;
    const as_xml_handlers *handlers;
    void *ctx;
    unsigned depth;
    as_xml_result stop; /* why a handler stopped it; AS_XML_OK: none did */
};

const char *as_xml_result_name(as_xml_result result)
{
    static const char *const name[] = {"stopped",  "ok",           "document_too_long", "bad_xml",     "dtd",
                                       "too_deep", "bad_encoding", "out_of_memory",     "unknown_root"};
    int at = 1 - (int)result;
    return at >= 0 && at < (int)(sizeof name / sizeof *name) ? name[at] : "?";
}

int as_xml_new(as_xml **xml)
{
    as_xml *made = calloc(1, sizeof *made);
    if (!made)
        return -ENOMEM;
    made->parser = XML_ParserCreateNS(NULL, SEPARATOR);
    if (!made->parser) {
        free(made);
        return -ENOMEM;
    }
    *xml = made;
    return 0;
}

void as_xml_free(as_xml *xml)
{
    if (!xml)
        return;
    XML_ParserFree(xml->parser);
    free(xml);
}

static void stop(as_xml *xml, as_xml_result why)
{
    if (xml->stop != AS_XML_OK)
        return;
    xml->stop = why;
    XML_StopParser(xml->parser, XML_FALSE);
}

void as_xml_stop(as_xml *xml)
{
    stop(xml, AS_XML_STOPPED);
}

uint64_t as_xml_line(const as_xml *xml)
{
    return XML_GetCurrentLineNumber(xml->parser);
}

/* ---- expat's callbacks: some may still come after a stop ---- */

static as_xml_element element_of(const char *full, const char **attributes, unsigned depth)
{
    const char *separator = strrchr(full, SEPARATOR);
    return (as_xml_element){.uri = full,
                            .uri_bytes = separator ? (size_t)(separator - full) : 0,
                            .name = separator ? separator + 1 : full,
                            .attributes = attributes,
                            .depth = depth};
}

static void XMLCALL on_begin(void *ctx, const char *name, const char **attributes)
{
    as_xml *xml = ctx;
    if (xml->stop != AS_XML_OK)
        return;
    if (++xml->depth > AS_XML_DEPTH_MAX) {
        stop(xml, AS_XML_DEPTH);
        return;
    }
    as_xml_element element = element_of(name, attributes, xml->depth);
    if (xml->handlers->begin)
        xml->handlers->begin(xml->ctx, &element);
}

static void XMLCALL on_end(void *ctx, const char *name)
{
    as_xml *xml = ctx;
    if (xml->stop != AS_XML_OK)
        return;
    as_xml_element element = element_of(name, NULL, xml->depth);
    if (xml->handlers->end)
        xml->handlers->end(xml->ctx, &element);
    xml->depth--;
}

static void XMLCALL on_text(void *ctx, const char *text, int text_bytes)
{
    as_xml *xml = ctx;
    if (xml->stop == AS_XML_OK && xml->handlers->text)
        xml->handlers->text(xml->ctx, text, (size_t)text_bytes);
}

static void XMLCALL on_doctype(void *ctx, const char *name, const char *system_id, const char *public_id, int internal)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)internal;
    stop(ctx, AS_XML_DTD);
}

/* ---- documents ---- */

static as_xml_result failure(const as_xml *xml, as_xml_fault *fault)
{
    enum XML_Error error = XML_GetErrorCode(xml->parser);
    as_xml_result result = xml->stop;
    const char *text = XML_ErrorString(error);
    if (result == AS_XML_OK)
        result = error == XML_ERROR_NO_MEMORY                                                   ? AS_XML_MEMORY
                 : error == XML_ERROR_UNKNOWN_ENCODING || error == XML_ERROR_INCORRECT_ENCODING ? AS_XML_ENCODING
                                                                                                : AS_XML_SYNTAX;
    if (result == AS_XML_DTD)
        text = "a document type declaration; none is allowed";
    else if (result == AS_XML_DEPTH)
        text = "elements are nested too deeply; allowed: 32";
    fault->line = XML_GetCurrentLineNumber(xml->parser);
    fault->column = XML_GetCurrentColumnNumber(xml->parser) + 1;
    snprintf(fault->text, sizeof fault->text, "%s", text ? text : "?");
    return result;
}

as_xml_result as_xml_parse(as_xml *xml, const void *document, size_t document_bytes, const as_xml_handlers *handlers,
                           void *ctx, as_xml_fault *fault)
{
    _Static_assert(AS_XML_DEPTH_MAX == 32, "the message says so");
    xml->handlers = handlers;
    xml->ctx = ctx;
    xml->depth = 0;
    xml->stop = AS_XML_OK;
    if (document_bytes > AS_NEWS_DOCUMENT_BYTES) {
        *fault = (as_xml_fault){.line = 1, .column = 1};
        snprintf(fault->text, sizeof fault->text, "%zu bytes; allowed: %d", document_bytes, AS_NEWS_DOCUMENT_BYTES);
        return AS_XML_TOO_LONG;
    }
    if (!XML_ParserReset(xml->parser, NULL))
        return AS_XML_MEMORY;
    XML_SetUserData(xml->parser, xml);
    XML_SetElementHandler(xml->parser, on_begin, on_end);
    XML_SetCharacterDataHandler(xml->parser, on_text);
    XML_SetStartDoctypeDeclHandler(xml->parser, on_doctype);
    if (XML_Parse(xml->parser, document, (int)document_bytes, XML_TRUE) == XML_STATUS_OK && xml->stop == AS_XML_OK)
        return AS_XML_OK;
    return xml->stop == AS_XML_STOPPED ? AS_XML_STOPPED : failure(xml, fault);
}

/* ---- elements ---- */

bool as_xml_is(const as_xml_element *element, const char *uri, const char *name)
{
    return strcmp(element->name, name) == 0 && strlen(uri) == element->uri_bytes &&
           memcmp(element->uri, uri, element->uri_bytes) == 0;
}

const char *as_xml_attribute(const as_xml_element *element, const char *name)
{
    for (const char *const *pair = element->attributes; pair && pair[0]; pair += 2)
        if (strcmp(pair[0], name) == 0)
            return pair[1];
    return NULL;
}

typedef struct root_reader {
    as_xml *xml;
    char *name;
    size_t name_bytes;
} root_reader;

static void begin_root(void *ctx, const as_xml_element *element)
{
    root_reader *reader = ctx;
    snprintf(reader->name, reader->name_bytes, "%s", element->name);
    as_xml_stop(reader->xml);
}

as_xml_result as_xml_root(as_xml *xml, const void *document, size_t document_bytes, char *name, size_t name_bytes,
                          as_xml_fault *fault)
{
    static const as_xml_handlers handlers = {.begin = begin_root};
    root_reader reader = {xml, name, name_bytes};
    name[0] = 0;
    as_xml_result result = as_xml_parse(xml, document, document_bytes, &handlers, &reader, fault);
    return result == AS_XML_STOPPED ? AS_XML_OK : result;
}
