"""The whole Security Token Service from its description alone: zeep makes the stubs of `…?wsdl`, signxml signs and judges. Runs in the venv; `run` calls it."""

import base64
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

import requests
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml import DigestAlgorithm, SignatureMethod, XMLSigner, XMLVerifier, methods
from signxml.algorithms import CanonicalizationMethod
from zeep import Client, Transport
from zeep.exceptions import Fault
from zeep.wsse.utils import get_security_header

from world import PASSWORD, TOOL_SECONDS, World, expect, play

WST = "http://docs.oasis-open.org/ws-sx/ws-trust/200512"
WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
WSSE, WSU = WSS + "wssecurity-secext-1.0.xsd", WSS + "wssecurity-utility-1.0.xsd"
X509, BASE64 = WSS + "x509-token-profile-1.0#X509v3", WSS + "soap-message-security-1.0#Base64Binary"
DS, SAML2 = "http://www.w3.org/2000/09/xmldsig#", "urn:oasis:names:tc:SAML:2.0:assertion"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
NAMES = {"ds": DS, "saml2": SAML2, "rsa": "http://www.rsa.com/names/2009/12/std-ext/SAML2.0"}


class Security:
    """The security header: a Timestamp, a login, a certificate with its signature over Timestamp and Body."""

    def __init__(self, login=None, certificate=None):
        self.login, self.certificate = login, certificate

    def apply(self, envelope, headers):
        header = get_security_header(envelope)
        put(header, WSU, "Timestamp", id="time", children=[(WSU, "Created", time()), (WSU, "Expires", time(5))])
        if self.login:
            name, password = self.login
            put(header, WSSE, "UsernameToken", children=[(WSSE, "Username", name), (WSSE, "Password", password)])
        if self.certificate:
            der = base64.b64encode(certificate_of(self.certificate[0]).public_bytes(Encoding.DER)).decode()
            put(header, WSSE, "BinarySecurityToken", der, "certificate", ValueType=X509, EncodingType=BASE64)
            envelope.find(f"{{{SOAP}}}Body").set(f"{{{WSU}}}Id", "body")
            header.append(self.signature(envelope))
        return envelope, headers

    def signature(self, envelope):
        info = etree.Element(f"{{{DS}}}KeyInfo")
        reference = etree.SubElement(info, f"{{{WSSE}}}SecurityTokenReference", nsmap={"wsse": WSSE})
        etree.SubElement(reference, f"{{{WSSE}}}Reference", URI="#certificate", ValueType=X509)
        signer = XMLSigner(
            method=methods.detached,
            signature_algorithm=SignatureMethod.RSA_SHA256,
            digest_algorithm=DigestAlgorithm.SHA256,
            c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
        )
        key = Path(self.certificate[1]).read_bytes()
        return signer.sign(envelope, key=key, key_info=info, reference_uri=["#time", "#body"])

    def verify(self, envelope):
        return envelope


def the_description_leads_back_to_the_service(world):
    port = stubs(world).wsdl.services["STSService"].ports["STSService_Port"]
    expect(port.binding_options["address"] == world.url + "/sts/STSService/vsphere.local", port.binding_options)
    names = sorted(port.binding._operations)
    expect(names == ["Cancel", "Challenge", "Issue", "Renew", "Validate"], names)
    return ", ".join(names)


def a_password_gets_a_bearer_token(world):
    token = issue(world, Security(login=("alice@vsphere.local", PASSWORD)), KeyType=WST + "/Bearer")
    judge(world, token, "alice@VSPHERE.LOCAL", "bearer")
    expect(validate(world, token) == "valid", "the token is not valid")
    return f"{len(etree.tostring(token))} bytes, its signature holds and is of the lab CA"


def a_wrong_password_is_a_fault_that_says_so(world):
    try:
        issue(world, Security(login=("carol@vsphere.local", "wrong")), KeyType=WST + "/Bearer")
    except Fault as fault:
        expect(fault.code.endswith(":FailedAuthentication") and fault.message == "Invalid credentials", fault.code)
        return f"{fault.code} {fault.message}"
    raise AssertionError("a token was issued")


def a_certificate_gets_a_token_that_is_renewed_looked_at_and_taken_back(world):
    robot = Security(certificate=world.robot())
    old = issue(world, robot, KeyType=WST + "/PublicKey")
    judge(world, old, "ci-robot@VSPHERE.LOCAL", "holder-of-key", world.robot()[0])
    new = renew(world, robot, old)
    judge(world, new, "ci-robot@VSPHERE.LOCAL", "holder-of-key", world.robot()[0])
    expect(new.get("ID") != old.get("ID"), "the same token")
    seen = [validate(world, old), validate(world, new)]
    answer = stub(world, robot).Cancel(RequestType=WST + "/Cancel", CancelTarget={"_value_1": new})
    expect(answer.Status is None and answer.RequestedSecurityToken is None, answer)
    seen += [validate(world, old), validate(world, new)]
    expect(seen == ["valid", "valid", "valid", "invalid"], seen)
    return "old and new: " + ", ".join(seen)


def a_user_gets_a_token_for_a_key_of_his_own(world):
    both = Security(("alice@vsphere.local", PASSWORD), (world.user_cert, world.user_key))
    token = issue(world, both, KeyType=WST + "/PublicKey")
    judge(world, token, "alice@VSPHERE.LOCAL", "holder-of-key", world.user_cert)
    return "Holder-of-Key"


def another_key_renews_nothing(world):
    both = Security(("alice@vsphere.local", PASSWORD), (world.user_cert, world.user_key))
    token = issue(world, both, KeyType=WST + "/PublicKey")
    renew(world, Security(certificate=(world.user_cert, world.user_key)), token)
    try:
        renew(world, Security(certificate=world.robot()), token)
    except Fault as fault:
        expect(fault.code.endswith(":FailedAuthentication"), fault.code)
        return fault.code
    raise AssertionError("somebody else's token was renewed")


def a_token_that_was_changed_is_not_valid(world):
    token = issue(world, Security(login=("alice@vsphere.local", PASSWORD)), KeyType=WST + "/Bearer")
    token.find(".//saml2:Subject/saml2:NameID", NAMES).text = "carol@VSPHERE.LOCAL"
    expect(validate(world, token) == "invalid", "it is valid")
    return "invalid"


def a_token_says_what_it_was_asked_to_say(world):
    said = {"Name": "urn:cost-centre", "FriendlyName": "Cost <centre>", "AttributeValue": ["4711", "<&>"]}
    advice = {"Advice": [{"AdviceSource": "urn:lab", "Attribute": [said]}]}
    service = stub(world, Security(login=("alice@vsphere.local", PASSWORD)))
    answer = service.Issue(RequestType=WST + "/Issue", AdviceSet=advice, Context="urn:1")
    token = answer.RequestedSecurityToken._value_1
    judge(world, token, "alice@VSPHERE.LOCAL", "bearer")
    [carried] = token.findall("saml2:Advice/rsa:RSAAdvice/saml2:Attribute", NAMES)
    values = [value.text for value in carried]
    expect((carried.get("Name"), values) == ("urn:cost-centre", ["4711", "<&>"]), etree.tostring(carried))
    [echoed] = answer.AdviceSet.Advice
    expect((echoed.AdviceSource, echoed.Attribute[0].AttributeValue, answer.Context) == ("urn:lab", values, "urn:1"), answer)
    return values


def issue(world, security, **wish):
    """The token; zeep takes the one response out of its collection."""
    lifetime = {"Created": time(), "Expires": time(10)}
    answer = stub(world, security).Issue(RequestType=WST + "/Issue", TokenType=SAML2, Lifetime=lifetime, **wish)
    return answer.RequestedSecurityToken._value_1


def renew(world, security, token):
    lifetime = {"Created": time(), "Expires": time(20)}
    service = stub(world, security)
    answer = service.Renew(RequestType=WST + "/Renew", Lifetime=lifetime, RenewTarget={"_value_1": token})
    expect(answer.Renewing.Allow is True, answer.Renewing)
    return answer.RequestedSecurityToken._value_1


def validate(world, token):
    answer = stub(world, Security()).Validate(RequestType=WST + "/Validate", ValidateTarget={"_value_1": token})
    expect(answer.TokenType == WST + "/RSTR/Status", answer.TokenType)
    return answer.Status.Code.rsplit("/", 1)[1]


def judge(world, token, subject, confirmation, certificate=None):
    """What signxml and cryptography say of a token: its signature, whose it is, and whom it is about."""
    alone = etree.fromstring(etree.tostring(token))
    signer = der(alone.find("ds:Signature/ds:KeyInfo/ds:X509Data/ds:X509Certificate", NAMES).text)
    signer.verify_directly_issued_by(certificate_of(world.ca))
    signed = XMLVerifier().verify(alone, x509_cert=signer, id_attribute="ID").signed_xml
    expect(signed.find("saml2:Subject/saml2:NameID", NAMES).text == subject, etree.tostring(signed))
    method = signed.find("saml2:Subject/saml2:SubjectConfirmation", NAMES).get("Method")
    expect(method.endswith(":" + confirmation), method)
    if certificate:
        confirmed = signed.find("saml2:Subject//ds:X509Certificate", NAMES).text
        expect(der(confirmed) == certificate_of(certificate), confirmed)


def stub(world, security):
    client = stubs(world)
    client.wsse = security
    return client.service


def stubs(world):
    """zeep reads the description, which imports nothing."""
    session = requests.Session()
    session.verify = world.ca
    session.trust_env = False
    return Client(world.url + "/sts/STSService?wsdl", transport=Transport(session=session, timeout=TOOL_SECONDS))


def put(parent, namespace, local, text=None, id=None, children=(), **attributes):
    element = etree.SubElement(parent, f"{{{namespace}}}{local}", attributes)
    element.text = text
    if id:
        element.set(f"{{{WSU}}}Id", id)
    for child in children:
        put(element, *child)


def time(minutes=0):
    return (datetime.now(timezone.utc) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def der(text):
    return x509.load_der_x509_certificate(base64.b64decode(text))


def certificate_of(path):
    return x509.load_pem_x509_certificate(Path(path).read_bytes())


CASES = [
    the_description_leads_back_to_the_service,
    a_password_gets_a_bearer_token,
    a_wrong_password_is_a_fault_that_says_so,
    a_certificate_gets_a_token_that_is_renewed_looked_at_and_taken_back,
    a_user_gets_a_token_for_a_key_of_his_own,
    another_key_renews_nothing,
    a_token_that_was_changed_is_not_valid,
    a_token_says_what_it_was_asked_to_say,
]

if __name__ == "__main__":
    play("sts", World.from_environment(), CASES)
