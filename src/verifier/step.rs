//! The steps of a report: one closed list, each with its stable identifier, the clause it comes from, what it means
//! and what to look at when it fails. `docs/STEPS.md` is written from it.

/// Declares the list once: the enum, the identifiers and the texts cannot drift apart.
macro_rules! steps {
    ($($name:ident $id:literal $clause:literal $meaning:literal $hint:literal;)*) => {
        /// One check. Tests and tools rely on [`StepId::as_str`]; it never changes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum StepId { $(#[doc = concat!("`", $id, "`")] $name,)* }

        impl StepId {
            /// Every step, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable identifier.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// Where the rule comes from.
            #[must_use]
            pub const fn clause(self) -> &'static str {
                match self { $(Self::$name => $clause,)* }
            }

            /// What the step checks.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)* }
            }

            /// What to look at when it fails.
            #[must_use]
            pub const fn hint(self) -> &'static str {
                match self { $(Self::$name => $hint,)* }
            }
        }
    };
}

steps! {
    XmlSize "xml.size" "XML 1.0" "The document is within the byte limit." "Is something embedded that does not belong in the message?";
    XmlEncoding "xml.encoding" "XML 1.0 §2.2, §4.3.3" "UTF-8, only characters XML allows, XML 1.0." "Look for a wrong charset or control characters.";
    XmlDoctype "xml.doctype" "SOAP 1.1 §3" "There is no document type declaration." "Remove the DOCTYPE; entities are never expanded.";
    XmlSyntax "xml.syntax" "XML 1.0, Namespaces in XML 1.0" "The document is well-formed, namespaces included." "The offset says where reading stopped.";
    XmlDepth "xml.depth" "resource limit" "Elements are not nested deeper than the limit." "No real message nests this deep.";
    XmlNodes "xml.nodes" "resource limit" "There are not more elements and texts than the limit." "No real message has this many.";
    XmlAttributes "xml.attributes" "resource limit" "No element has more attributes than the limit." "No real message has this many on one element.";
    XmlIdentifiers "xml.identifiers" "XML Signature §4.4.3.1" "Identifiers are names, and each is used once, whatever its attribute is called." "Two elements with one ID are how signature wrapping begins.";
    SoapVersion "soap.version" "SOAP 1.1 §4" "The root is a SOAP 1.1 envelope." "vSphere speaks SOAP 1.1 only.";
    SoapStructure "soap.structure" "SOAP 1.1 §4" "At most one header, then exactly one body, nothing else." "Is something beside or after the Body?";
    SoapMustUnderstand "soap.must-understand" "SOAP 1.1 §4.2.3" "No header demands to be understood that is not." "Remove the header, or its mustUnderstand.";
    MessageSecurityHeader "message.security-header" "WSS 1.1.1 §5" "There is exactly one Security header, with known children, each at most once." "The token belongs in soap:Header/wsse:Security, not in an HTTP header (pyVmomi: tokenType='saml').";
    MessageTimestamp "message.timestamp" "WSS 1.1.1 §10" "The Timestamp is readable and its period, widened by the clock tolerance, contains now." "Compare the clocks of client and server; a client reports this as a time problem.";
    MessageSignatureShape "message.signature-shape" "XML Signature §4" "The message signature keeps to the profile: exclusive canonicalisation, RSA with SHA-2." "Look at the algorithms the client signs with.";
    MessageKeyReference "message.key-reference" "WSS 1.1.1 §7" "The signature's KeyInfo names a token of this header by SecurityTokenReference." "KeyInfo must hold a SecurityTokenReference to the BinarySecurityToken or the assertion.";
    MessageSignature "message.signature" "XML Signature §3.2.2" "The signature value fits SignedInfo and the named key." "Is the private key the one of the certificate that was sent?";
    MessageReferences "message.references" "XML Signature §4.4.3" "Every reference names an identifier of this document with one exclusive canonicalisation." "Transforms and external references are not followed.";
    MessageCoverage "message.coverage" "WSS 1.1.1 §8" "The Timestamp of this header and the Body of this envelope are both signed, and nothing that is elsewhere." "Sign the Timestamp and the Body; a moved Body is not the Body.";
    MessageDigest "message.digest" "XML Signature §3.2.1" "The digest of every signed part is the signed one." "Was the message changed after signing, or an element re-written with other white space?";
    AssertionPresent "assertion.present" "SAML Token Profile 1.1" "The header holds an assertion." "No token came with the request.";
    AssertionShape "assertion.shape" "SAML Core §5.4" "One signature, directly after the Issuer, within its fixed grammar." "A token must be passed on byte by byte; a pretty printer breaks it.";
    AssertionIssuer "assertion.issuer" "SAML Core §2.2.5" "The issuer is one whose signing certificates are trusted." "Was the token issued by this service, and under the name it has now?";
    AssertionSigner "assertion.signer" "SAML Core §5.4.5" "The signer is a trusted certificate of that issuer, and in force." "Was the signing key rotated or retired?";
    AssertionSignature "assertion.signature" "XML Signature §3.2.2" "The signature value fits SignedInfo and the trusted key." "The token was signed by somebody else, or its SignedInfo changed.";
    AssertionReference "assertion.reference" "SAML Core §5.4.2" "The one reference is to this assertion, enveloped, exclusively canonicalised." "The signature covers something other than this assertion.";
    AssertionDigest "assertion.digest" "XML Signature §3.2.1" "The digest of the assertion is the signed one." "The token was changed after signing: tampered with, or re-written on the way.";
    AssertionClaims "assertion.claims" "SAML Core §2" "The signed content is an assertion of vCenter's profile, without unknown conditions." "The reason names the element.";
    AssertionInForce "assertion.in-force" "SAML Core §2.5.1.2" "Now lies within NotBefore and NotOnOrAfter, widened by the clock tolerance." "Get a fresh token; bearer tokens live for minutes.";
    AssertionAudience "assertion.audience" "SAML Core §2.5.1.4" "Every audience restriction allows this service." "The token was issued for another service.";
    PossessionConfirmation "possession.confirmation" "SAML Token Profile 1.1 §3.5" "The token's confirmation method is one this door takes." "A bearer token cannot authenticate to the STS.";
    PossessionSignature "possession.signature" "SAML Token Profile 1.1 §3.5.1" "A Holder-of-Key token comes with a signature over the message." "Sign the request with the key the token was issued for.";
    PossessionKey "possession.key" "SAML Token Profile 1.1 §3.5.1" "The message is signed with the key the token confirms." "The request was signed with another key than the one in the token.";
    CredentialPresent "credential.present" "WS-Trust 1.3 §4" "The request carries something that can authenticate it." "Send a UsernameToken, a signed certificate, or a Holder-of-Key token with a signature.";
    CredentialMethod "credential.method" "vCenter SSO: AuthnPolicy" "The way to authenticate is one that is allowed." "vcsso policy list shows policy.authentication.";
    CredentialRate "credential.rate" "resource limit" "Not too many passwords wait from an address that had many wrong ones." "Somebody at this address is guessing. policy.lockout.address_failures says how many are too many.";
    CredentialPassword "credential.password" "UsernameToken Profile 1.1" "The user exists, may act, and the password is right." "Unknown user, wrong or expired password, disabled or locked: the client is told only 'Invalid credentials'.";
    CredentialCertificate "credential.certificate" "X.509 Token Profile 1.1" "The signing certificate is registered for an active solution user, and in force." "Register the certificate: vcsso solution add.";
    CredentialAgreement "credential.agreement" "WS-Trust 1.3 §4" "Everything that authenticated in one request is the same principal." "User name and certificate belong to different principals. govc: unset GOVC_USERNAME to use the certificate alone.";
    RequestTenant "request.tenant" "vCenter STS" "The path names the domain of this service." "Use /sts/STSService or /sts/STSService/<domain>.";
    RequestShape "request.shape" "WS-Trust 1.3 §4.1" "The body is one readable RequestSecurityToken of the operation." "The reason names the element.";
    RequestTarget "request.target" "WS-Trust 1.3 §5, §6, §7" "The request holds the one token it is about, and presents no other." "RenewTarget, ValidateTarget and CancelTarget hold one assertion; then none belongs in the header.";
    RequestActAs "request.act-as" "WS-Trust 1.4 §4.1" "The token in ActAs is good by itself, and its subject and delegates may act." "The steps that follow are those of that token.";
    RequestDelegation "request.delegation" "vCenter STS" "The requester may act for the subject, and the token may be delegated once more." "Is the requester a direct member of ActAsUsers, and was the subject's token issued with Delegatable=true?";
    RequestRenewal "request.renewal" "WS-Trust 1.3 §5" "The token may be renewed once more." "A delegate renews as often as the token says; get a new one.";
    RequestConfirmation "request.confirmation" "WS-Trust 1.3 §4.2" "KeyType, UseKey and signature agree." "UseKey/@Sig must be the Id of the message signature.";
    RequestLifetime "request.lifetime" "WS-Trust 1.3 §4.1" "The wanted period can be granted." "Compare the clocks of client and server, and look at the signing certificate.";
    RequestParameters "request.parameters" "vSphere Web Services API" "The call's parameters are readable and complete." "The reason names the parameter.";
    AdmissionIssuer "admission.issuer" "vCenter SSO" "An external issuer speaks for the users of the domain it is trusted with, without delegates; its tokens log in and get a token, and are good for nothing else." "The domain of the NameID must be the one of [[external_issuer]].";
    AdmissionSubject "admission.subject" "vCenter SSO" "The token's subject is known here, and active." "Was the account removed, disabled or locked after the token was issued?";
    AdmissionDelegate "admission.delegate" "vCenter SSO" "Every delegate of the token is known here and active, and the last one presents it." "Was a delegate removed, disabled or locked after the token was issued?";
    AdmissionGroups "admission.groups" "vCenter SSO" "The groups in the token are those its subject has now." "Get a new token after a change of membership.";
    AdmissionRevoked "admission.revoked" "vCenter SSO" "The token is not revoked. A revoked key is no trusted signer: assertion.signer." "Get a new token.";
    AdmissionReplay "admission.replay" "WSS 1.1.1 §13" "The signed message was not seen before." "A signed message is good for one use; sign again with a new Timestamp.";
    AdmissionPermission "admission.permission" "vSphere API: NoPermission" "The principal has a permission on some object." "Add it to Administrators, or give it a permission.";
    NegotiateEnabled "negotiate.enabled" "vSphere API: NotSupported" "Logins by SSPI are switched on." "Set [sspi] keytab for Kerberos, or ntlm = true.";
    NegotiateToken "negotiate.token" "vSphere API: LoginBySSPI" "The token is base64, and not longer than any is." "Send what the security library gave, in base64.";
    NegotiateExchange "negotiate.exchange" "resource limit" "The token begins an exchange or goes on with one that is pending, and there is room for it." "Answer a challenge within a minute, once, with the cookie or Context it came with; few exchanges of one address may be pending.";
    NegotiateProof "negotiate.proof" "RFC 4178, RFC 4120, MS-NLMP" "The tokens follow their mechanism and prove an identity." "Kerberos: compare clocks, service name and keytab. NTLM: the user must have asked for it before the password was set.";
    NegotiateBinding "negotiate.binding" "RFC 5929 §4" "The client is bound to this TLS connection, if it says so or must." "Somebody ends TLS between client and service, or the client sends no channel binding.";
    NegotiateAccount "negotiate.account" "vcsso" "The proven name is that of an active user of this domain." "Realms are mapped by [sspi] realms, other names by [sspi] principals.";
    NegotiateReplay "negotiate.replay" "RFC 4120 §3.2.3" "The proof was not used before." "An authenticator is good for one login; ask the security library for a new token.";
    SignHeader "sign.header" "vSphere Automation API" "The Authorization header is SIGN with a token, and with all parts of a signature or none." "The token is base64 of gzip; the reason names the parameter.";
    SignNonce "sign.nonce" "vSphere Automation API" "The request was signed now, within the clock tolerance." "Compare the clocks of client and server.";
    SignHost "sign.host" "vSphere Automation API" "The request was signed for a host that this service's certificate names." "Use one of those names, or set --advertise to the one that clients use.";
    SignBody "sign.body" "vSphere Automation API" "The body is the one whose hash was signed." "Was the body changed on the way?";
    SignSignature "sign.signature" "vSphere Automation API" "The signature fits method, path, host, port and body, and the key the token confirms." "The signed port is that of the URL, or 80 (or 443) where it names none; a proxy that changes the path breaks it.";
    JwtForm "jwt.form" "RFC 7515 §7.1" "The token has three segments, each in the one spelling of base64url, and is not longer than any is." "An assertion is no JSON Web Token; look at the type that was said, and at how the text was copied.";
    JwtHeader "jwt.header" "RFC 7515 §4, RFC 8725 §3" "The header names a known algorithm, a key and a kind, and nothing else." "Tokens of this house have alg, kid and typ; keys and addresses of keys in a token are not looked at.";
    JwtKey "jwt.key" "RFC 7517 §4.5, RFC 8725 §3.1" "The key is one of this house, in force, and good for that algorithm." "GET /openidconnect/<domain>/jwks lists the keys. Was the signing key rotated, retired or revoked?";
    JwtSignature "jwt.signature" "RFC 7515 §5.2" "The signature is the named key's over header and claims as they came." "The token was changed, or is put together from two.";
    JwtClaims "jwt.claims" "RFC 7519 §4, RFC 7800" "The claims that a token needs are there, once, and of their types." "The reason names the claim.";
    JwtIssuer "jwt.issuer" "RFC 7519 §4.1.1" "The issuer is this house, under the name it has now." "Names are compared letter by letter.";
    JwtInForce "jwt.in-force" "RFC 7519 §4.1.4" "Now lies within nbf and exp, widened by the clock tolerance." "Get a fresh token; they live for minutes.";
    JwtClass "jwt.class" "RFC 8725 §3.11" "The token is of the kind that is wanted: only an access token opens a session." "An identity token says who somebody is, to whom it was issued. Ask for requested_token_type=…:access_token.";
    JwtAudience "jwt.audience" "RFC 7519 §4.1.3" "The token was issued for this service." "Ask for it without an audience, or with the issuer's name.";
    JwtPossession "jwt.possession" "RFC 7800 §3" "The token holds no key that its presenter would have to show." "No door takes a token with hotk: nothing here signs with its key.";
    ExchangeRequest "exchange.request" "RFC 8693 §2.1" "The request is readable, complete, and asks for what is served." "The reason names the parameter.";
    ExchangeScope "exchange.scope" "RFC 6749 §3.3" "Every scope is known." "openid, id_groups and at_groups are.";
    ExchangeSubject "exchange.subject" "RFC 8693 §3" "The subject's token is written as its type says." "An assertion is sent in base64, the whole of it as it was issued.";
    ExchangeActor "exchange.actor" "RFC 8693 §2.1" "The actor's token is good by itself, and is the subject's own." "Nobody acts for another by an exchange: use ActAs at the Security Token Service.";
    RpcSecurityContext "rpc.security-context" "vSphere Automation API" "The security context of the call names one scheme and holds exactly what belongs to it." "The reason names the member; com.vmware.vapi.std.security has the schemes.";
    RpcTimestamp "rpc.timestamp" "vSphere Automation API" "The period of the signed call, widened by the clock tolerance, contains now." "Compare the clocks of client and server.";
    RpcSignature "rpc.signature" "vSphere Automation API" "The signature fits the canonical call and the key the token confirms." "Was the call changed after signing, or is the key that of another token?";
    SessionAnonymous "session.anonymous" "vSphere API: InvalidLogin" "The connection has no live session yet." "Log out first, or drop the cookie.";
    SessionLocale "session.locale" "vSphere API: InvalidLocale" "The locale is one this service has." "Use a form like en or en_US.";
    SessionTicket "session.ticket" "vSphere API: CloneSession" "The ticket was given out here, is not spent, and its session lives." "A ticket is good once, for a short time, and ends with the session it came from.";
    SessionTarget "session.target" "vSphere API: ImpersonateUser" "The user to become has a live session and may act." "Only somebody who is logged in can be impersonated.";
    SessionLimit "session.limit" "vCenter: maxSessionCount" "There is room for another session." "Log out what is not used, or raise max_sessions.";
    ExtensionClientCertificate "extension.client-certificate" "vSphere API: NoClientCertificate" "The connection has a client certificate." "Log in over a connection with a client certificate. A proxy that ends TLS drops it: use --tunnel.";
    ExtensionRegistered "extension.registered" "vSphere API: InvalidLogin" "The extension is registered." "Keys are compared as they are written. govc extension.info lists them.";
    ExtensionCertificate "extension.certificate" "vSphere API: InvalidLogin" "The client certificate is, byte by byte, the one that was set for the extension." "Set it: govc extension.setcert. A renewed certificate is another one.";
    ExtensionSubjectName "extension.subject-name" "vSphere API: NoSubjectName" "The extension is registered with a subject name." "Set subjectName by UpdateExtension, or log in by certificate.";
    ExtensionChain "extension.chain" "vSphere API: InvalidClientCertificate" "The lab CA issued the client certificate, for clients, and both are in force." "Issue one with ca.key of the key folder, or log in by certificate: that needs no CA.";
    ExtensionSubject "extension.subject" "RFC 4514" "The subject of the client certificate is the registered one, in either order of its parts." "Compare the registered subjectName with the certificate's subject.";
    OperatorToken "operator.token" "vcsso" "The token is the operator's." "It is in the file operator-token of the state folder of the replica that was asked.";
    OperatorAdministrator "operator.administrator" "vcsso" "The account has the role Admin on the root folder." "Add it to Administrators, or use the operator's token.";
    ServiceAvailable "service.available" "vcsso" "The service can decide and remember now." "Look at /readyz and the log.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_identifier_is_unique_and_well_formed() {
        let mut seen = std::collections::HashSet::new();
        for step in StepId::ALL {
            let id = step.as_str();
            assert!(seen.insert(id), "{id}");
            assert!(
                id.split_once('.').is_some()
                    && id.bytes().all(|b| b.is_ascii_lowercase() || b".-".contains(&b)),
                "{id}"
            );
        }
    }
}
