#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""serve.py DIRECTORY PORT [ADDRESS]: files by HTTP, as `python3 -m http.server` gives them, which first asks DNS for its
own name: in a namespace where nothing answers that takes longer than a test waits."""
import functools
import http.server
import socket
import socketserver
import sys


class Server(http.server.ThreadingHTTPServer):
    def server_bind(self):
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]


directory, port, address = (sys.argv[1:] + ["0.0.0.0"])[:3]
if ":" in address:
    Server.address_family = socket.AF_INET6
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=directory)
Server((address, int(port)), handler).serve_forever()
