#!/usr/bin/env python3
"""A bot that only writes down what it hears: bot.py ENDPOINT [PREFIX...], one JSON object a message on stdout."""

import json
import sys
import time

import msgpack
import zmq


def main():
    socket = zmq.Context().socket(zmq.SUB)
    socket.setsockopt(zmq.RCVHWM, 0)
    for prefix in sys.argv[2:] or [""]:
        socket.setsockopt(zmq.SUBSCRIBE, prefix.encode())
    socket.connect(sys.argv[1])
    while True:
        topic, payload = socket.recv_multipart()
        print(json.dumps({"topic": topic.decode(), "at": time.monotonic(), "body": msgpack.unpackb(payload)}),
              flush=True)


if __name__ == "__main__":
    main()
