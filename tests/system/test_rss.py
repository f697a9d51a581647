"""RSS and Atom from servers that misbehave, and files of news: each headline reaches the desk once per revision.

The servers are Python's own, one of them behind TLS with an authority made here; the daemon is the real one; what
reached the desk is read from its journal.
"""

import gzip
import http.server
import json
import sys
import threading
import time
from datetime import datetime, timezone
from email.utils import format_datetime
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.support import daemon as ast  # noqa: E402  pylint: disable=wrong-import-position
from tests.support import news_server as news  # noqa: E402  pylint: disable=wrong-import-position

HEADLINE = "Meta plans to sell excess AI compute through a new cloud business, people familiar say"
DOCUMENT_BYTES = 4 << 20
T0 = 1_782_898_200  # 1 July 2026, 09:30 UTC


# ---- documents ----

def stamp(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc)


def atom(*entries):
    """Entries are (id, title, published, updated)."""
    body = "".join(f"<entry><id>{ident}</id><title type='html'>{title}</title><link href='http://x/{ident}'/>"
                   f"<published>{stamp(published).isoformat()}</published>"
                   f"<updated>{stamp(updated).isoformat()}</updated></entry>"
                   for ident, title, published, updated in entries)
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>An Atom feed</title>{body}</feed>".encode()


def rss(*items):
    """Items are (id, title, published)."""
    body = "".join(f"<item><guid>{ident}</guid><title>{title}</title>"
                   f"<pubDate>{format_datetime(stamp(published), usegmt=True)}</pubDate></item>"
                   for ident, title, published in items)
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>W</title>{body}</channel></rss>".encode()


# ---- the server ----

class Gone(Exception):
    """The client has hung up."""


class Server:
    """http.server on a free port; paths: {path: [answer, ..]}, the last of which is given again and again.

    An answer is called with the handler, having sent nothing yet. What was asked is in .asked: (path, headers).
    """

    def __init__(self, paths, context=None):
        self.paths = {path: list(answers) for path, answers in paths.items()}
        self.asked, self.lock = [], threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):  # pylint: disable=invalid-name
                with outer.lock:
                    outer.asked.append((self.path, dict(self.headers)))
                    answers = outer.paths.get(self.path)
                    answer = answers[0] if answers else status(404)
                    if answers and len(answers) > 1:
                        answers.pop(0)
                try:
                    answer(self)
                except (BrokenPipeError, ConnectionError, Gone):
                    self.close_connection = True

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self.http = Quiet(("127.0.0.1", 0), Handler)
        self.port = self.http.server_address[1]
        if context is not None:
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.http.shutdown()
        self.http.server_close()
        self.thread.join(10)

    def count(self, path):
        with self.lock:
            return sum(asked == path for asked, _ in self.asked)

    def at_last(self, path):
        with self.lock:
            return len(self.paths[path]) == 1


def send(handler, code, body=b"", headers=()):
    handler.send_response(code)
    for name, value in headers:
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def document(body, etag=None):
    """A document with an ETag: 304 if the client has it."""
    def answer(handler):
        if etag is not None and handler.headers.get("If-None-Match") == etag:
            send(handler, 304, headers=[("ETag", etag)])
            return
        send(handler, 200, body, [("ETag", etag)] if etag else [])
    return answer


def zipped(body):
    return lambda handler: send(handler, 200, gzip.compress(body), [("Content-Encoding", "gzip")])


def status(code, **headers):
    return lambda handler: send(handler, code, b"oops", [(k.replace("_", "-"), v) for k, v in headers.items()])


def chunked(pieces):
    def answer(handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for piece in pieces():
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        handler.wfile.write(b"0\r\n\r\n")
    return answer


def feed(name, port, path, **keys):
    return {"name": name, "source": f"http://127.0.0.1:{port}{path}", "format": "rss", "poll": "100ms", **keys}


def said(daemon):
    return [(h["source"], h["id"], h["text"]) for h in news.journal_headlines(daemon.journal())]


def resident_bytes(daemon):
    text = Path(f"/proc/{daemon.process.pid}/status").read_text(encoding="ascii")
    return int(text.split("VmRSS:")[1].split()[0]) * 1024


# ---- live ----

def each_revision_of_an_atom_feed_over_tls_comes_once():
    one, late = ("1", HEADLINE, T0, T0), ("1", HEADLINE + ", update", T0, T0 + 60)
    two, three = ("2", "Meta &amp;amp; Oracle: &lt;b&gt;talks&lt;/b&gt; on compute", T0 + 10, T0 + 10), \
        ("3", "Nvidia falls", T0 + 90, T0 + 90)
    first, second, third = document(atom(two, one), '"1"'), document(atom(late, two), '"2"'), \
        document(atom(three, late, two), 'W/"3"')
    script = [first, first, first,                            # twice 304
              status(500), document(atom(three)[:-9]),        # broken: half a document, with something new in it
              document(b"<html><body>login</body></html>"),
              second, second,                                 # an update, and 304
              document(atom(one, two)),                       # older than what has come
              status(503, Retry_After="0"),
              zipped(atom(three, late, two)), third, third, third]
    with ast.folder() as where, Server({"/feed?x=y": script}, news.certificates(where)) as server:
        wire = {**feed("wire", 0, ""), "source": f"https://localhost:{server.port}/feed?x=y",
                "ca": str(where / "ca.pem"), "capture": str(where / "wire.pcapng")}
        config = ast.live_config(where, feeds=[wire])
        with ast.Daemon(config) as daemon:
            ast.wait_for(lambda: f"the end of the script: {len(server.asked)} {daemon.log}", 60,
                         lambda: server.at_last("/feed?x=y"))
            time.sleep(0.5)
            code, log = daemon.stop()
            assert code == 0, log
            got = news.journal_headlines(daemon.journal())
            done = ast.replay(config, daemon.journal(), "--verify", daemon.journal())
            assert done.returncode == 0, done.stderr
        done = ast.run("aftershock", "convert", where / "wire.pcapng", "-o", where / "wire.ndjson")
        assert done.returncode == 0, done.stderr
        recorded = [json.loads(line) for line in (where / "wire.ndjson").read_text(encoding="utf-8").splitlines()]
    assert [(h["src"], h["id"], h["rev"], h["text"], h["r"]) for h in recorded] == \
        [(h["source"], h["id"], h["revision"], h["text"], h["ts_recv"]) for h in got], (recorded, got)
    assert [(h["source"], h["id"], h["text"], h["revision"]) for h in got] == [
        ("wire", "1", HEADLINE, 1), ("wire", "2", "Meta & Oracle: talks on compute", 1),
        ("wire", "1", HEADLINE + ", update", 60_001), ("wire", "3", "Nvidia falls", 1)], got
    assert got[0]["url"] == "http://x/1" and got[0]["ts_event"] == T0 * ast.SECOND, got[0]
    known = [headers.get("If-None-Match") for _, headers in server.asked]
    assert known[:4] == [None, '"1"', '"1"', '"1"'], known
    assert known[5:7] == [None, None], known         # what was broken is not known
    assert '"2"' in known and 'W/"3"' in known, known
    for word in ("status 500", "status 503", "bad_xml", "<html>"):
        assert word in log, (word, log)


def bad_servers_do_no_harm_to_themselves_or_to_others():
    def slow(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(400):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.1)

    def endless():
        while True:
            yield b"<item/>" * 9000

    huge = rss(("h", "Huge", T0))[:-16] + b" " * DOCUMENT_BYTES + b"</channel></rss>"
    bomb = gzip.compress(b"<rss>" + b" " * (64 << 20) + b"</rss>", 9)
    items = rss(*[(f"{n}", f"Meta item {n}", T0 + n) for n in range(50, 0, -1)])
    paths = {"/slow": [slow], "/endless": [chunked(endless)], "/huge": [document(huge)],
             "/bomb": [lambda handler: send(handler, 200, bomb, [("Content-Encoding", "gzip")])],
             "/away": [status(302, Location="http://127.0.0.1:1/feed")],
             "/here": [status(301, Location="/good?moved")], "/good?moved": [document(rss(("m", "Moved", T0)))],
             "/good": [document(items)], "/dtd": [document(b"<!DOCTYPE rss [<!ENTITY a 'b'>]><rss>&a;</rss>")]}
    with ast.folder() as where, Server(paths) as server:
        config = ast.live_config(where, feeds=[feed(path[1:5].replace("?", ""), server.port, path)
                                               for path in paths if path != "/good?moved"])
        with ast.Daemon(config) as daemon:
            ast.wait_for(lambda: f"the slow server is given up: {daemon.log}", 30,
                         lambda: "feed slow: the answer takes too long" in daemon.log and server.count("/slow") >= 2)
            polls = server.count("/good")
            memory = resident_bytes(daemon)
            code, log = daemon.stop()
            assert code == 0, log
            got = said(daemon)
    assert polls >= 20, polls  # the others go on while one is slow
    assert memory < 512 << 20, memory
    assert got.count(("here", "m", "Moved")) == 1, got
    assert [text for source, _, text in got if source == "good"] == [f"Meta item {n}" for n in range(1, 51)], got
    assert len(got) == 51, got
    for line in ("feed away: redirected (status 302) to", "feed dtd: the document is not right: dtd",
                 *(f"feed {name}: the answer is not right: body_too_long" for name in ("endl", "huge", "bomb"))):
        assert line in log, (line, log)


def a_server_that_cannot_be_trusted_is_not_read():
    with ast.folder() as where:
        stranger = news.certificates(where, authority="other", server="stranger")
        misnamed = news.certificates(where, server="misnamed", names="DNS:elsewhere")
        with Server({"/": [document(rss(("1", "x", T0)))]}, stranger) as one, \
                Server({"/": [document(rss(("2", "y", T0)))]}, misnamed) as two:
            feeds = [{**feed(name, 0, ""), "source": f"https://localhost:{server.port}/", "ca": str(where / "ca.pem")}
                     for name, server in (("stranger", one), ("misnamed", two))]
            with ast.Daemon(ast.live_config(where, feeds=feeds)) as daemon:
                daemon.wait_log("feed stranger: ")
                daemon.wait_log("feed misnamed: ")
                code, log = daemon.stop()
                assert code == 0 and said(daemon) == [], log
            assert one.asked == [] and two.asked == [], (one.asked, two.asked)
    assert log.count("certificate") >= 2, log


# ---- files ----

def inspect(path, *arguments):
    return ast.run("aftershock", "inspect", "--format", "json", path, *arguments)


def report(path, data):
    path.write_bytes(data)
    done = inspect(path)
    assert done.returncode == 0, done.stderr
    (answer,) = json.loads(done.stdout)["inputs"]
    return answer, done.stderr


def files_of_news_are_inspected_and_replayed():
    newsml = """<newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><itemSet><newsItem guid="a" version="2">
<itemMeta>
<versionCreated>2026-07-01T09:30:00Z</versionCreated></itemMeta><contentMeta><headline>Meta A</headline></contentMeta>
</newsItem><newsItem guid="b"><itemMeta><embargoed/></itemMeta></newsItem></itemSet></newsMessage>"""
    alpaca = {"id": 1, "headline": HEADLINE, "created_at": "2026-07-01T09:30:00Z", "updated_at": "2026-07-01T09:30:00Z",
              "symbols": ["META"], "source": "benzinga"}
    vantage = {"items": "1", "feed": [{"title": HEADLINE, "time_published": "20260701T093000", "source": "Benzinga",
                                       "ticker_sentiment": [{"ticker": "META"}]}]}
    once = rss(("1", HEADLINE, T0), ("2", "Meta two", T0 + 1), ("1", HEADLINE, T0))
    with ast.folder() as where:
        files = (("a.xml", once, "rss", {"item": 3}), ("a.xml.gz", gzip.compress(once), "rss", {"item": 3}),
                 ("b.xml", atom(("1", HEADLINE, T0, T0)), "atom", {"entry": 1}),
                 ("c.xml", newsml.encode(), "newsml", {"newsItem": 2, "held": 1}),
                 ("d.json", json.dumps({"news": [alpaca], "next_page_token": None}).encode(), "alpaca", {"article": 1}),
                 ("e.json", json.dumps([alpaca, alpaca], indent=1).encode(), "alpaca", {"article": 2}),
                 ("f.json", json.dumps(vantage, indent=1).encode(), "alphavantage", {"article": 1}))
        for name, data, form, types in files:
            answer, _ = report(where / name, data)
            assert (answer["format"], answer["by_type"]) == (form, types), (name, answer)
            assert answer["messages"] == max(types.values()) and answer["errors"] == {}, (name, answer)
        config = ast.write_config(where)
        done = ast.replay(config, *[where / name for name, *_ in files])
        assert done.returncode == 0, done.stderr
        answer, messages = report(where / "bad.xml", rss(("1", "x", T0)).replace(b"2026", b"MMXXVI", 1)
                                  + b"<!-- the end -->")
        assert answer["errors"] == {"bad_time": 1} and "bad.xml:1: bad_time" in messages, (answer, messages)


def foreign_documents_exit_2_and_say_what_they_are():
    with ast.folder() as where:
        for data, words in ((b"<html/>", ("<html>", "newsMessage")), (b"<!DOCTYPE rss><rss/>", ("dtd",)),
                            (b'{\n"Information": "limit", "x": 1}', ("Information, x", '"feed"')),
                            (b'[{"px":1,"qty":2}]', ("px, qty", "created_at")), (b"<rss><chan", ("bad_xml", ":1:")),
                            (b"<rss/>" + b" " * DOCUMENT_BYTES, ("4194304",))):
            path = where / "x"
            path.write_bytes(data)
            done = inspect(path)
            assert done.returncode == 2, (data[:20], done)
            for word in (str(path), *words):
                assert word in done.stderr, (data[:20], word, done.stderr)


sys.exit(ast.run_tests(
    each_revision_of_an_atom_feed_over_tls_comes_once,
    bad_servers_do_no_harm_to_themselves_or_to_others,
    a_server_that_cannot_be_trusted_is_not_read,
    files_of_news_are_inspected_and_replayed,
    foreign_documents_exit_2_and_say_what_they_are,
))
