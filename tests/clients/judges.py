"""SAML metadata as another library reads it: samael, in a Rust program of its own (judges/)."""

import base64
import json
import ssl
import subprocess
import urllib.request
from pathlib import Path

from world import TOOL_SECONDS, expect


def cases(program):
    def samael_finds_our_signers_in_the_metadata(world):
        document = fetched(world, "/websso/SAML2/Metadata/vsphere.local")
        issuer = json.loads(fetched(world, "/openidconnect/vsphere.local/.well-known/openid-configuration"))["issuer"]
        entity = issuer.replace("/openidconnect/", "/websso/SAML2/Metadata/")
        keys = json.loads(fetched(world, "/openidconnect/vsphere.local/jwks"))["keys"]
        signers = [written(world, f"signer-{place}.der", key["x5c"][0]) for place, key in enumerate(keys)]
        good = judged(program, document, entity, *signers)
        expect(good.returncode == 0, good.stderr)
        stranger = written(world, "stranger.der", base64.b64encode(ssl.PEM_cert_to_DER_cert(Path(world.ca).read_text())))
        for arguments in [(entity + "/", *signers), (entity, stranger), (entity, *signers, stranger), (entity,)]:
            expect(judged(program, document, *arguments).returncode != 0, f"accepted {arguments}")
        return f"{entity}, {good.stdout.strip()}"

    return [samael_finds_our_signers_in_the_metadata]


def judged(program, document, *arguments):
    return subprocess.run([program, *arguments], input=document, capture_output=True, text=True, timeout=TOOL_SECONDS)


def fetched(world, path):
    trust = ssl.create_default_context(cafile=world.ca)
    with urllib.request.urlopen(world.url + path, timeout=TOOL_SECONDS, context=trust) as answer:
        return answer.read().decode()


def written(world, name, text):
    path = Path(world.work, name)
    path.write_bytes(base64.b64decode(text))
    return str(path)
