//! The URIs that assertions speak with (`clients.md` §0.2, §4).

/// Bearer confirmation.
pub const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
/// Holder-of-Key confirmation.
pub const HOLDER_OF_KEY: &str = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key";
/// `NameID` format of subjects.
pub const UPN: &str = "http://schemas.xmlsoap.org/claims/UPN";
/// `Issuer` format.
pub const ENTITY: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity";
/// `NameFormat` of every attribute.
pub const URI: &str = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri";
/// The `xsi:type` of Holder-of-Key confirmation data, literally.
pub const KEY_INFO_TYPE: &str = "saml2:KeyInfoConfirmationDataType";
/// The `xsi:type` of a renewal condition, literally: its prefix may not be covered by the signature, so the text
/// decides (`attacks.md` R12).
pub const RENEW_TYPE: &str = "rsa:RenewRestrictionType";
/// The `xsi:type` of a delegation condition, literally.
pub const DELEGATION_TYPE: &str = "del:DelegationRestrictionType";
/// Namespace of delegation conditions.
pub const DEL: &str = "urn:oasis:names:tc:SAML:2.0:conditions:delegation";
/// Namespace of renewal conditions.
pub const RSA: &str = "http://www.rsa.com/names/2009/12/std-ext/SAML2.0";

/// Attribute: the groups of the subject.
pub const GROUPS: &str = "http://rsa.com/schemas/attr-names/2009/01/GroupIdentity";
/// Attribute: given name.
pub const GIVEN_NAME: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname";
/// Attribute: surname.
pub const SURNAME: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname";
/// Attribute: whether the subject is a solution user.
pub const IS_SOLUTION: &str = "http://vmware.com/schemas/attr-names/2011/07/isSolution";
/// Attribute: the subject once more, for who asks for it.
pub const USER_PRINCIPAL_NAME: &str = "http://schemas.xmlsoap.org/claims/UPN";
/// Attribute: mail address, for who asks for it.
pub const EMAIL: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress";

/// Authentication by password.
pub const PASSWORD_CLASS: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
/// Authentication by a signature with a registered certificate.
pub const SIGNATURE_CLASS: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:XMLDSig";
/// Authentication by an earlier token.
pub const PREVIOUS_SESSION_CLASS: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PreviousSession";
/// Authentication by Kerberos, and by NTLM too (`sts.md` §5.4).
pub const KERBEROS_CLASS: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:Kerberos";
/// The classes that our own tokens name.
pub const CLASSES: [&str; 4] = [PASSWORD_CLASS, SIGNATURE_CLASS, PREVIOUS_SESSION_CLASS, KERBEROS_CLASS];
