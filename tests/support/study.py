"""A folder to study: universe, playbook, configuration and daily closes, and the program run on them."""

import json
import os
import subprocess
import tempfile

PROGRAM = os.path.join(os.environ.get("AFTERSHOCK_BIN", "build/dev"), "aftershock")
CONFIG = """universe: universe.csv
playbook: playbook.yaml
inputs:
  - name: daily
    match: {columns: [date, symbol, adj_close]}
    format: csv
    kind: bar
    columns: {symbol: symbol, close: adj_close}
    time: {column: date, layout: "%Y-%m-%d", stamps: session_close}
"""
PLAYBOOK = "version: study\nevents: {}\n"


class Study:
    """names: rows of universe.csv less the empty columns, (symbol, bucket, factor, calendar)."""

    def __init__(self, names, playbook=PLAYBOOK):
        self.folder = tempfile.TemporaryDirectory(prefix="as_study_")
        self.write("universe.csv", "symbol,name,bucket,factor,calendar,currency,qty_exp,aliases\n" + "".join(
            f"{symbol},{symbol},{bucket},{factor},{calendar},USD,0,\n" for symbol, bucket, factor, calendar in names))
        self.write("playbook.yaml", playbook)
        self.config = self.write("aftershock.yaml", CONFIG)

    def write(self, name, text):
        path = os.path.join(self.folder.name, name)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)
        return path

    def closes(self, rows, name="daily.csv"):
        """rows: (date, symbol, price as text or number)."""
        return self.write(name, "date,symbol,adj_close\n" + "".join(f"{d},{s},{p}\n" for d, s, p in rows))

    def events(self, rows, name="events.csv"):
        return self.write(name, "date_or_ts,symbol,type\n" + "".join(",".join(row) + "\n" for row in rows))

    def run(self, *arguments):
        return subprocess.run([PROGRAM, "study", "--config", self.config, *arguments], capture_output=True, text=True,
                              timeout=100, check=False)

    def json(self, *arguments):
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done
        answer = json.loads(done.stdout)
        assert answer["schema"] == 1, answer
        return answer
