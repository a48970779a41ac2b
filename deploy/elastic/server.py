# SPDX-License-Identifier: BSD-3-Clause
"""HTTP with Elasticsearch, OpenSearch, Kibana and OpenSearch Dashboards; whatever goes wrong is a sentence."""
import http.client
import json
import socket
import ssl
import urllib.error
import urllib.parse
import urllib.request

SECONDS = 60


class Problem(Exception):
    """A sentence: what is wrong, and what to do."""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Credentials go to nobody else."""

    def redirect_request(self, *_):
        return None


class Server:
    def __init__(self, url, authorization, ca_file=None):
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Problem(f"{url} is no address: expected http://HOST:PORT or https://HOST:PORT")
        if parts.username or parts.password:
            raise Problem("a password in an address can be read by others: --user and --password-file")
        if ca_file and parts.scheme == "http":
            raise Problem(f"--ca-file is for https, and {url} is not")
        self.url = url.rstrip("/")
        self.headers = {"Authorization": authorization} if authorization else {}
        try:
            context = ssl.create_default_context(cafile=ca_file)
        except OSError as error:
            raise Problem(f"{ca_file} is no certificate in PEM form that can be read: {error}") from error
        self.opener = urllib.request.build_opener(NoRedirect, urllib.request.HTTPSHandler(context=context))

    def exchange(self, method, path, body, headers):
        """Status and bytes of an answer."""
        request = urllib.request.Request(self.url + path, data=body, method=method, headers=self.headers | headers)
        try:
            with self.opener.open(request, timeout=SECONDS) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            if 300 <= error.code < 400:
                raise Problem(f"{self.url} sends elsewhere, to {error.headers.get('Location')}: give the address that it means") \
                    from error
            return error.code, error.read()
        except urllib.error.URLError as error:
            raise Problem(self.unreachable(error.reason)) from error
        except (http.client.HTTPException, ConnectionError) as error:
            raise Problem(f"{self.url} does not answer in HTTP ({error or type(error).__name__}): is it https://, or another port?") \
                from error
        except (TimeoutError, socket.timeout) as error:
            raise Problem(f"{self.url} did not answer within {SECONDS} s: run again when it is less busy") from error

    def unreachable(self, reason):
        if isinstance(reason, ssl.SSLCertVerificationError):
            return f"the certificate of {self.url} is not trusted ({reason.verify_message}): --ca-file FILE of who signed it"
        if isinstance(reason, ssl.SSLError):
            return f"{self.url} speaks no TLS ({reason.reason or reason}): is it http://?"
        if isinstance(reason, (TimeoutError, socket.timeout)):
            return f"{self.url} did not answer within {SECONDS} s: run again when it is less busy"
        return f"{self.url} cannot be reached ({reason}): is it running, and is the address right?"

    def ask(self, method, path, body=None, **instead):
        """The JSON that it answers. absent, refused: what is returned instead of a Problem when it has no such thing, or takes
        no such thing."""
        data = None if body is None else json.dumps(body).encode()
        return self.judge(f"{method} {path}", *self.exchange(method, path, data, {"Content-Type": "application/json"}), **instead)

    def judge(self, what, status, text, **instead):
        """JSON of a good answer, or what was asked for instead, or a Problem."""
        if status == 404 and "absent" in instead:
            return instead["absent"]
        if status in (400, 405) and "refused" in instead:
            return instead["refused"]
        try:
            answer = json.loads(text)
        except ValueError:
            answer = None
        if status in (401, 403):
            raise Problem(self.forbidden(what, status, answer))
        if status in (429, 502, 503, 504):
            raise Problem(f"{self.url} is overloaded or not ready ({what}: status {status}): run again when it is")
        if not isinstance(answer, dict):
            raise Problem(f"{self.url} does not answer in JSON ({what}: status {status}, {text[:60]!r}): is it the right address, and"
                          " no proxy's?")
        if status >= 300:
            raise Problem(f"{self.url} refused {what} with status {status}: {reason_of(answer)}")
        return answer

    def forbidden(self, what, status, answer):
        if status == 401 and not self.headers:
            return f"{self.url} wants to know who asks: --api-key-file FILE, or --user NAME and --password-file FILE"
        if status == 401:
            return f"{self.url} does not accept this API key, or this user and password: {reason_of(answer)}"
        return (f"{self.url} does not allow {what} to this user or API key: {reason_of(answer)}; docs/elastic.md, Security, has what"
                " it needs")


def reason_of(answer):
    """The reason that an answer gives, in its own words."""
    error = answer.get("error", answer.get("message", answer)) if isinstance(answer, dict) else "no reason given"
    if isinstance(error, dict):
        cause = error.get("caused_by", {})
        deep = cause.get("caused_by", cause).get("reason")
        error = str(error.get("reason", error)) + (f" ({deep})" if deep else "")
    return str(error)[:400]
