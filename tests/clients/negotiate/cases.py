#!/usr/bin/env python3
"""The cases: cases.py ACCEPTOR. Prints a line for each and, last, `N passed, N failed, N skipped`."""

import base64
import hashlib
import os
import random
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.dont_write_bytecode = True

import gssapi
import spnego
from gssapi.raw import ChannelBindings, set_neg_mechs
from kdc import PASSWORD, REALM, log_in, realm
from spnego.channel_bindings import AddressType, GssChannelBindings
from world import expect, play

HOST = "vcsso.lab.test"
SPNEGO = gssapi.OID.from_int_seq("1.3.6.1.5.5.2")
KERBEROS = gssapi.OID.from_int_seq("1.2.840.113554.1.2.2")
NTLMSSP = gssapi.OID.from_int_seq("1.3.6.1.4.1.311.2.2.10")
TARGET = gssapi.Name(f"HTTP@{HOST}", gssapi.NameType.hostbased_service)
NT_HASH = "709d04a7d662836466d4413b65272258"  # of PASSWORD
CERTIFICATE_HASH = hashlib.sha256(b"a certificate").hexdigest()
MUTATIONS = int(os.environ.get("MUTATIONS", "20000"))


@dataclass
class Lab:
    program: str
    folder: Path

    @contextmanager
    def acceptor(self, *more, kerberos=True, ntlm=True, host=HOST, keytab=None):
        arguments = [self.program, *more]
        if kerberos:
            service = f"HTTP/{host}@{REALM}"
            arguments += ["--keytab", str(keytab or self.folder / "keytab"), "--service", service, "--realm", REALM]
        if ntlm:
            arguments += ["--user", f"alice:{PASSWORD}"]
        process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            yield Acceptor(process)
        finally:
            process.stdin.close()
            process.wait(10)


class Acceptor:
    def __init__(self, process):
        self.process = process

    def new(self):
        self.process.stdin.write("new\n")
        return self

    def say(self, token):
        """The acceptor's answer to a token: its words, with the last one decoded where it is a token."""
        self.process.stdin.write(base64.b64encode(token).decode() + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline().rstrip("\n")
        expect(line, "the acceptor stopped")
        word, _, rest = line.partition(" ")
        if word == "refused":
            return Answer(word, reason=rest)
        if word == "continue":
            return Answer(word, token=base64.b64decode(rest))
        mechanism, user, domain, key, token = rest.split(" ")
        return Answer(word, (mechanism, user, domain), key, None if token == "-" else base64.b64decode(token))


@dataclass
class Answer:
    word: str
    who: tuple = ()
    key: str = ""
    token: bytes = None
    reason: str = ""


def through(acceptor, step, first=None, change=lambda leg, token: token):
    """Runs an exchange until the acceptor is done; the answer, the tokens sent, and how many were received."""
    sent, answer = [], None
    token = first if first is not None else step(None)
    for leg in range(1, 6):
        token = change(leg, token)
        sent.append(token)
        answer = acceptor.say(token)
        expect(answer.word != "refused", answer.reason)
        if answer.token:
            token = step(answer.token)
        if answer.word == "done":
            return answer, sent
    raise AssertionError("no end")


def refusal(acceptor, *tokens):
    answers = [acceptor.say(token) for token in tokens]
    expect(answers[-1].word == "refused", f"{answers[-1]}")
    return answers[-1].reason


def refused_with(reason, wanted):
    expect(wanted in reason, reason)
    return f"refused: {reason}"


def mit(lab, user="alice", mech=KERBEROS, host=HOST, enctype=None, binding=None, flags=None):
    """MIT's library as a client."""
    cache = log_in(lab.folder, user, enctype)
    name = gssapi.Name(f"HTTP@{host}", gssapi.NameType.hostbased_service)
    credentials = gssapi.Credentials(usage="initiate", store={"ccache": f"FILE:{cache}"})
    if flags is None:
        flags = gssapi.RequirementFlag.mutual_authentication | gssapi.RequirementFlag.integrity
    return gssapi.SecurityContext(
        name=name, creds=credentials, mech=mech, flags=flags, channel_bindings=binding, usage="initiate"
    )


def only_ntlm():
    """A client that has an NT hash and so nothing to offer but NTLM."""
    return pyspnego("negotiate", [spnego.NTLMHash("alice", nt_hash=NT_HASH)])


def pyspnego(protocol, credentials=None, **options):
    credentials = credentials or [spnego.Password("alice", PASSWORD)]
    return spnego.client(credentials, hostname=HOST, service="HTTP", protocol=protocol, **options)


def sizes(sent):
    return "tokens of " + "/".join(str(len(token)) for token in sent) + " bytes"


# What must be accepted.


def NTLM_raw(lab):
    client = pyspnego("ntlm")
    with lab.acceptor() as acceptor:
        answer, sent = through(acceptor, client.step)
    expect(answer.who == ("ntlm", "alice", ""), answer)
    expect(client.complete, "the client is not through")
    expect(answer.key == hashlib.sha256(client.session_key).hexdigest(), "the keys differ")
    return sizes(sent)


def NTLM_in_SPNEGO(lab):
    client = only_ntlm()
    with lab.acceptor(kerberos=False) as acceptor:
        answer, sent = through(acceptor, client.step)
    expect(answer.who == ("ntlm", "alice", ""), answer)
    expect(client.complete and client.negotiated_protocol == "ntlm", "the client is not through")
    return sizes(sent) + ", our signature of the mechanisms accepted"


def NTLM_of_another_client_in_SPNEGO(lab):
    return gss_ntlmssp(lab, SPNEGO)


def NTLM_of_another_client_raw_where_a_MIC_is_optional(lab):
    return gss_ntlmssp(lab, NTLMSSP, "--mic-optional")


def gss_ntlmssp(lab, mech, *more):
    """gss-ntlmssp under MIT's SPNEGO; its credential is a file."""
    ntlm_user(lab)
    name = gssapi.Name("LAB\\alice", gssapi.NameType.user)
    credentials = gssapi.Credentials(name=name, mechs=[NTLMSSP], usage="initiate")
    if mech == SPNEGO:
        credentials = gssapi.Credentials(name=name, mechs=[SPNEGO], usage="initiate")
        set_neg_mechs(credentials, [NTLMSSP])
    flags = gssapi.RequirementFlag.integrity
    client = gssapi.SecurityContext(name=TARGET, creds=credentials, mech=mech, flags=flags, usage="initiate")
    with lab.acceptor(*more, kerberos=False) as acceptor:
        answer, sent = through(acceptor, client.step)
    expect(answer.who == ("ntlm", "alice", "LAB"), answer)
    expect(client.complete, "the client is not through")
    return sizes(sent)


def ntlm_user(lab):
    """Alice's password where gss-ntlmssp looks for it."""
    users = lab.folder / "ntlm-users"
    users.write_text(f"LAB:alice:{PASSWORD}\n")
    os.environ["NTLM_USER_FILE"] = str(users)


def Kerberos_raw_with_an_answer_that_the_client_accepts(lab):
    client = mit(lab)
    with lab.acceptor() as acceptor:
        answer, sent = through(acceptor, client.step)
    expect(answer.who == ("kerberos", "alice", REALM), answer)
    expect(client.complete and answer.token, "the client is not through")
    return sizes(sent)


def Kerberos_raw_without_an_answer(lab):
    client = mit(lab, flags=gssapi.RequirementFlag.integrity)
    with lab.acceptor() as acceptor:
        answer, sent = through(acceptor, client.step)
    expect(answer.who == ("kerberos", "alice", REALM) and not answer.token and client.complete, answer)
    return sizes(sent)


def Kerberos_in_SPNEGO_with_an_answer_that_the_client_accepts(lab):
    client = mit(lab, mech=SPNEGO)
    with lab.acceptor() as acceptor:
        answer, sent = through(acceptor, client.step)
    expect(answer.who == ("kerberos", "alice", REALM), answer)
    expect(client.complete, "the client is not through")
    return sizes(sent)


def Kerberos_by_pyspnego_in_SPNEGO(lab):
    cache = log_in(lab.folder, "alice")
    client = pyspnego("negotiate", [spnego.KerberosCCache(f"FILE:{cache}", principal=f"alice@{REALM}")])
    with lab.acceptor() as acceptor:
        answer, sent = through(acceptor, client.step)
    expect(answer.who == ("kerberos", "alice", REALM), answer)
    expect(client.complete and client.negotiated_protocol == "kerberos", "the client is not through")
    expect(answer.key == hashlib.sha256(client.session_key).hexdigest(), "the keys differ")
    return sizes(sent)


def Kerberos_first_made_NTLM_where_only_that_is_accepted(lab):
    cache = log_in(lab.folder, "alice")
    kerberos = spnego.KerberosCCache(f"FILE:{cache}", principal=f"alice@{REALM}")
    client = pyspnego("negotiate", [kerberos, spnego.Password("alice", PASSWORD)])
    with lab.acceptor(kerberos=False) as acceptor:
        answer, sent = through(acceptor, client.step)
    expect(answer.who == ("ntlm", "alice", ""), answer)
    expect(client.complete and client.negotiated_protocol == "ntlm", "the client is not through")
    return f"{len(sent)} legs, {sizes(sent)}"


def Kerberos_that_is_not_the_first_choice(lab):
    ntlm_user(lab)
    os.environ["KRB5CCNAME"] = f"FILE:{log_in(lab.folder, 'alice')}"
    credentials = gssapi.Credentials(mechs=[SPNEGO], usage="initiate")
    set_neg_mechs(credentials, [NTLMSSP, KERBEROS])
    flags = gssapi.RequirementFlag.mutual_authentication | gssapi.RequirementFlag.integrity
    client = gssapi.SecurityContext(name=TARGET, creds=credentials, mech=SPNEGO, flags=flags, usage="initiate")
    with lab.acceptor(ntlm=False) as acceptor:
        answer, sent = through(acceptor, client.step)
    expect(answer.who == ("kerberos", "alice", REALM), answer)
    expect(client.complete and len(sent) == 3, f"the client is not through after {len(sent)}")
    return f"{len(sent)} legs, signatures of the mechanisms on both sides"


def A_second_token_without_negState(lab):
    stripped = []

    def change(leg, token):
        if leg == 1:
            return token
        stripped.append(token)
        return without_neg_state(token)

    client = only_ntlm()
    with lab.acceptor(kerberos=False) as acceptor:
        answer, _ = through(acceptor, client.step, change=change)
    expect(answer.who == ("ntlm", "alice", "") and client.complete, answer)
    had = field(sequence(stripped[0]), 0xA0) is not None
    return f"negState {'taken out' if had else 'was not there'}"


def AES128_session_keys(lab):
    return by_enctype(lab, HOST, "aes128-cts-hmac-sha1-96")


def AES128_tickets(lab):
    return by_enctype(lab, "aes128.lab.test", None)


def AES256_with_SHA384_tickets_and_session_keys(lab):
    return by_enctype(lab, "sha2.lab.test", "aes256-cts-hmac-sha384-192")


def AES128_with_SHA256_tickets_and_session_keys(lab):
    return by_enctype(lab, "sha2-128.lab.test", "aes128-cts-hmac-sha256-128")


def by_enctype(lab, host, enctype):
    allowed = f"{enctype} aes256-cts-hmac-sha1-96" if enctype else None
    client = mit(lab, host=host, enctype=allowed)
    with lab.acceptor(host=host) as acceptor:
        answer, sent = through(acceptor, client.step)
    expect(answer.who == ("kerberos", "alice", REALM) and client.complete, answer)
    return sizes(sent)


def Channel_bindings_of_the_same_connection(lab):
    with lab.acceptor("--binding", CERTIFICATE_HASH, "--require-binding") as acceptor:
        client = mit(lab, binding=gss_binding(CERTIFICATE_HASH))
        answer, _ = through(acceptor, client.step)
        expect(answer.who[0] == "kerberos", answer)
        client = pyspnego("ntlm", channel_bindings=spnego_binding(CERTIFICATE_HASH))
        answer, _ = through(acceptor.new(), client.step)
        expect(answer.who[0] == "ntlm", answer)
    return "Kerberos and NTLM"


def A_clock_that_is_off_by_less_than_the_tolerance(lab):
    for offset in ("-590", "590"):
        with lab.acceptor("--offset", offset) as acceptor:
            answer, _ = through(acceptor, lambda _: None, first=mit(lab).step(None))
            expect(answer.who[0] == "kerberos", answer)
    return "590 s to either side"


# What must be refused.


def A_principal_of_two_components_is_not_its_first(lab):
    client = mit(lab, user="alice/evil")
    with lab.acceptor() as acceptor:
        answer, _ = through(acceptor, client.step)
    expect(answer.who == ("kerberos", "*alice/evil", REALM), answer)
    return "comes out as two components and no user"


def A_replayed_AP_REQ_on_a_fresh_exchange(lab):
    for mech in (KERBEROS, SPNEGO):
        token = mit(lab, mech=mech).step(None)
        with lab.acceptor() as acceptor:
            expect(acceptor.say(token).word == "done", "the first was refused")
            reason = refusal(acceptor.new(), token)
    return refused_with(reason, "used before")


def Bytes_after_a_token(lab):
    for mech in (KERBEROS, SPNEGO):
        with lab.acceptor() as acceptor:
            reason = refusal(acceptor, mit(lab, mech=mech).step(None) + b"\0")
    return refused_with(reason, "1 bytes after")


def A_wrong_key(lab):
    entry = (lab.folder / "keytab").read_bytes()
    wrong = lab.folder / "wrong.keytab"
    wrong.write_bytes(with_other_keys(entry))
    with lab.acceptor(keytab=wrong) as acceptor:
        return refused_with(refusal(acceptor, mit(lab).step(None)), "does not open")


def A_ticket_for_another_service_of_the_keytab(lab):
    with lab.acceptor() as acceptor:
        return refused_with(refusal(acceptor, mit(lab, host="other.lab.test").step(None)), "HTTP/other.lab.test")


def A_clock_that_is_off_by_more_than_the_tolerance(lab):
    for offset in ("-610", "610"):
        with lab.acceptor("--offset", offset) as acceptor:
            reason = refusal(acceptor, mit(lab).step(None))
    return refused_with(reason, "600 s are tolerated")


def A_wrong_password_and_an_unknown_user(lab):
    with lab.acceptor() as acceptor:
        for user, password in (("alice", "Secret!24"), ("mallory", PASSWORD), ("guest", "")):
            client = pyspnego("ntlm", [spnego.Password(user, password)])
            challenge = acceptor.new().say(client.step(None)).token
            reason = refusal(acceptor, client.step(challenge))
            expect("does not hold" in reason, reason)
    return refused_with(reason, "proof")


def A_forged_AUTHENTICATE_without_MIC(lab):
    with lab.acceptor() as acceptor:
        for change in (random_proof, without_mic, lambda token: without_mic(random_proof(token))):
            client = pyspnego("ntlm")
            challenge = acceptor.new().say(client.step(None)).token
            reason = refusal(acceptor, change(client.step(challenge)))
            expect("does not hold" in reason, reason)
    return refused_with(reason, "NTLM")


def A_client_that_sends_no_MIC(lab):
    try:
        gss_ntlmssp(lab, NTLMSSP)
    except AssertionError as refusal:
        return refused_with(str(refusal), "without a MIC")
    raise AssertionError("it was believed")


def A_stripped_mechListMIC(lab):
    client = only_ntlm()
    with lab.acceptor(kerberos=False) as acceptor:
        challenge = acceptor.say(client.step(None)).token
        token = rebuilt(client.step(challenge), drop=0xA3)
        return refused_with(refusal(acceptor, token), "is not signed")


def An_offer_that_was_shortened_on_the_way(lab):
    cache = log_in(lab.folder, "alice")
    kerberos = spnego.KerberosCCache(f"FILE:{cache}", principal=f"alice@{REALM}")
    client = pyspnego("negotiate", [kerberos, spnego.Password("alice", PASSWORD)])
    with lab.acceptor(kerberos=False) as acceptor:
        # Somebody answers the client's offer of both, and makes one of NTLM alone of what it sends then.
        negotiate = client.step(acceptor.say(client.step(None)).token)
        middle = acceptor.new().say(only_ntlm_with(negotiate))
        return refused_with(refusal(acceptor, client.step(middle.token)), "signature of the list")


def Channel_bindings_of_another_connection_and_none_where_required(lab):
    other = hashlib.sha256(b"another certificate").hexdigest()
    with lab.acceptor("--binding", CERTIFICATE_HASH) as acceptor:
        reason = refusal(acceptor, mit(lab, binding=gss_binding(other)).step(None))
        expect("another connection" in reason, reason)
        client = pyspnego("ntlm", channel_bindings=spnego_binding(other))
        challenge = acceptor.new().say(client.step(None)).token
        reason = refusal(acceptor, client.step(challenge))
        expect("another connection" in reason, reason)
    with lab.acceptor("--binding", CERTIFICATE_HASH, "--require-binding") as acceptor:
        return refused_with(refusal(acceptor, mit(lab).step(None)), "one is required")


def Changed_tokens_of_real_clients_and_no_panic(lab):
    chance, words = random.Random(1), {}
    with lab.acceptor() as acceptor:
        first = [mit(lab).step(None), mit(lab, mech=SPNEGO).step(None)]
        first += [pyspnego("ntlm").step(None), only_ntlm().step(None)]
        for number in range(MUTATIONS):
            answer = acceptor.new().say(mutated(chance, first[number % len(first)]))
            expect(answer.word in ("continue", "done", "refused"), answer)
            expect("program fail" not in answer.reason, answer.reason)
            words[answer.word] = words.get(answer.word, 0) + 1
    return ", ".join(f"{word} {count}" for word, count in sorted(words.items()))


# Helpers.


def gss_binding(certificate_hash):
    data = b"tls-server-end-point:" + bytes.fromhex(certificate_hash)
    return ChannelBindings(initiator_address_type=0, acceptor_address_type=0, application_data=data)


def spnego_binding(certificate_hash):
    data = b"tls-server-end-point:" + bytes.fromhex(certificate_hash)
    return GssChannelBindings(AddressType.unspecified, None, AddressType.unspecified, None, data)


def with_other_keys(keytab):
    """The same keytab with one bit of every key turned: the byte before the last four, which are the version."""
    changed, at = bytearray(keytab), 2
    while at < len(keytab):
        at += 4 + int.from_bytes(keytab[at : at + 4], "big")
        changed[at - 5] ^= 1
    return bytes(changed)


def random_proof(token):
    at = int.from_bytes(token[24:28], "little")
    return token[:at] + random.Random(2).randbytes(16) + token[at + 16 :]


def without_mic(token):
    return token[:72] + bytes(16) + token[88:]


def elements(data):
    """Tag, contents and whole of each element of DER."""
    found = []
    while data:
        length, start = data[1], 2
        if length & 0x80:
            start = 2 + (length & 0x7F)
            length = int.from_bytes(data[2:start], "big")
        found.append((data[0], data[start : start + length], data[: start + length]))
        data = data[start + length :]
    return found


def element(tag, contents):
    length = len(contents)
    if length < 0x80:
        return bytes([tag, length]) + contents
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + contents


def sequence(response):
    """The fields of a NegTokenResp."""
    (_, choice, _) = elements(response)[0]
    (_, fields, _) = elements(choice)[0]
    return elements(fields)


def field(fields, tag):
    return next((contents for found, contents, _ in fields if found == tag), None)


def rebuilt(response, drop):
    fields = b"".join(whole for tag, _, whole in sequence(response) if tag != drop)
    return element(0xA1, element(0x30, fields))


def without_neg_state(response):
    return rebuilt(response, drop=0xA0)


def only_ntlm_with(response):
    """A NegTokenInit that offers NTLM alone, with the NTLM token of a NegTokenResp."""
    (_, token, _) = elements(field(sequence(response), 0xA2))[0]
    mechanism = element(0x06, bytes.fromhex("2b06010401823702020a"))
    fields = element(0xA0, element(0x30, mechanism)) + element(0xA2, element(0x04, token))
    return element(0x60, element(0x06, bytes.fromhex("2b0601050502")) + element(0xA0, element(0x30, fields)))


def mutated(chance, token):
    token = bytearray(token)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(token))
        match chance.randrange(4):
            case 0:
                del token[at : at + chance.randrange(8)]
            case 1:
                token[at:at] = token[at : at + chance.randrange(8)]
            case 2:
                token[at] ^= 1 << chance.randrange(8)
            case _:
                token[at] = chance.choice((0, 0x7F, 0x80, 0x81, 0x82, 0xFF, chance.randrange(256)))
        token = token or bytearray(b"\x60")
    return bytes(token)


CASES = [
    NTLM_raw,
    NTLM_in_SPNEGO,
    NTLM_of_another_client_raw_where_a_MIC_is_optional,
    NTLM_of_another_client_in_SPNEGO,
    Kerberos_raw_with_an_answer_that_the_client_accepts,
    Kerberos_raw_without_an_answer,
    Kerberos_in_SPNEGO_with_an_answer_that_the_client_accepts,
    Kerberos_by_pyspnego_in_SPNEGO,
    Kerberos_first_made_NTLM_where_only_that_is_accepted,
    Kerberos_that_is_not_the_first_choice,
    A_second_token_without_negState,
    AES128_session_keys,
    AES128_tickets,
    AES256_with_SHA384_tickets_and_session_keys,
    AES128_with_SHA256_tickets_and_session_keys,
    Channel_bindings_of_the_same_connection,
    A_clock_that_is_off_by_less_than_the_tolerance,
    A_principal_of_two_components_is_not_its_first,
    A_replayed_AP_REQ_on_a_fresh_exchange,
    Bytes_after_a_token,
    A_wrong_key,
    A_ticket_for_another_service_of_the_keytab,
    A_clock_that_is_off_by_more_than_the_tolerance,
    A_wrong_password_and_an_unknown_user,
    A_forged_AUTHENTICATE_without_MIC,
    A_client_that_sends_no_MIC,
    A_stripped_mechListMIC,
    An_offer_that_was_shortened_on_the_way,
    Channel_bindings_of_another_connection_and_none_where_required,
    Changed_tokens_of_real_clients_and_no_panic,
]


def main(program):
    with realm() as folder:
        total = play("negotiate", Lab(program, folder), CASES)
    print(f"{total['PASS']} passed, {total['FAIL']} failed, {total['SKIP']} skipped")
    return total["FAIL"] > 0 or total["PASS"] == 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
