"""vim25 calls by hand, one connection each: for tests that need many clients at once. Standard library only."""

import http.client
import re
import ssl
from xml.sax.saxutils import escape

from world import PASSWORD

KINDS = {"propertyCollector": "PropertyCollector", "VpxSettings": "OptionManager"}


class Caller:
    """One client: a connection that stays open, and the cookie of its session."""

    def __init__(self, host, port, ca):
        self.connection = http.client.HTTPSConnection(host, port, timeout=60, context=trusting(ca))
        self.cookie = None

    def call(self, method, parameters="", this="SessionManager"):
        """Status and body."""
        kind = KINDS.get(this, this)
        body = (
            '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>'
            f'<{method} xmlns="urn:vim25"><_this type="{kind}">{this}</_this>{parameters}</{method}></Body></Envelope>'
        )
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '"urn:vim25/8.0.2.0"'}
        if self.cookie:
            headers["Cookie"] = self.cookie
        self.connection.request("POST", "/sdk", body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        if answer.getheader("Set-Cookie"):
            self.cookie = answer.getheader("Set-Cookie").split(";")[0]
        return answer.status, text

    def must(self, method, parameters="", this="SessionManager"):
        status, text = self.call(method, parameters, this)
        if status != 200:
            raise AssertionError(f"{method}: {status} {text}")
        return text

    def login(self, user="alice"):
        return field(self.must("Login", f"<userName>{escape(user)}</userName><password>{PASSWORD}</password>"), "key")

    def ticket(self):
        return field(self.must("AcquireCloneTicket"), "returnval")

    def clone(self, ticket):
        return self.call("CloneSession", f"<cloneTicket>{ticket}</cloneTicket>")

    def logout(self):
        self.must("Logout")
        self.cookie = None

    def close(self):
        self.connection.close()


def field(text, name):
    return re.search(f"<{name}>(.*?)</{name}>", text).group(1)


_contexts = {}


def trusting(ca):
    if ca not in _contexts:
        _contexts[ca] = ssl.create_default_context(cafile=ca)
        _contexts[ca].check_hostname = False
    return _contexts[ca]
