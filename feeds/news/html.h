/*
 * HTML in news: the plain text of a fragment.
 *
 * Tags and comments go, with the whole of <script> and <style>; a tag that begins or ends a line (p, br, div, td, ...)
 * leaves a blank; character references become their characters: those of XML, the Latin ones and the marks that are
 * met in headlines by name, all others by number. A '<' that begins no tag and a '&' that begins no reference stay
 * what they are ("AT&T", "EPS < 3"). Runs of blanks become one, none is left at either end.
 *
 * Pure, linear, no allocation. Threads: any.
 */
#ifndef AS_FEEDS_NEWS_HTML_H
#define AS_FEEDS_NEWS_HTML_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Text of html into out (out_bytes >= 1), zero-terminated, cut at a whole character: *cut, if not NULL, says so. Bytes
 * that are not UTF-8 are left out. Returns the bytes written without the zero.
 */
size_t as_html_text(const char *html, size_t html_bytes, char *out, size_t out_bytes, bool *cut);

/*
 * The reference that begins at text with '&' ("&amp;" "&#233;" "&#x20ac;"): its UTF-8 into character and its bytes in
 * text into *used_bytes. Returns the bytes of the character, 0 if there is no reference here. U+0000, surrogates and
 * numbers beyond Unicode become U+FFFD.
 */
unsigned as_html_reference(const char *text, size_t text_bytes, char character[4], size_t *used_bytes);

#endif
