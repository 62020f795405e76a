//! What clients are known to do wrong: one closed list, each with its stable identifier and what to do about it. A mistake is
//! named only when it explains what was seen: `diagnosis` makes it itself and gets the client's bytes.

/// Declares the list once.
macro_rules! mistakes {
    ($($name:ident $id:literal $advice:literal;)*) => {
        /// One of them. Tests and tools rely on [`Mistake::as_str`]; it never changes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Mistake { $(#[doc = concat!("`", $id, "`")] $name,)* }

        impl Mistake {
            /// Every mistake, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable identifier.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// What happened, and what to do.
            #[must_use]
            pub const fn advice(self) -> &'static str {
                match self { $(Self::$name => $advice,)* }
            }
        }
    };
}

mistakes! {
    InclusiveForm "form.inclusive" "Inclusive canonicalisation was used and exclusive was said. Sign with http://www.w3.org/2001/10/xml-exc-c14n#.";
    PrefixListUnsaid "form.prefix-list-unsaid" "Prefixes were canonicalised inclusively, and InclusiveNamespaces does not say so. Write the PrefixList, or do without.";
    PrefixListUnused "form.prefix-list-unused" "InclusiveNamespaces lists prefixes, and the canonicalisation did not follow it. Hand the PrefixList to the canonicaliser.";
    NoForm "form.none" "The text was used as it stands in the message. Canonicalise the element first.";
    Content "form.content" "The content was used without the element around it. The element with the identifier is what is referred to.";
    WhiteSpaceAdded "form.white-space-added" "White space came between the elements after signing. Send the very bytes that were signed: no pretty printer, no indentation.";
    LineEnds "form.line-ends" "Line ends were CR LF when the text was signed; a parser makes them LF. Sign after parsing, or write LF.";
    LastLineEnd "form.last-line-end" "A line end behind the text was taken with it. Leave it out: it is no part of the element.";
    Declaration "form.declaration" "The XML declaration was taken with the element. Leave it out.";
    PrefixRewritten "form.prefix-rewritten" "The prefixes xs and xsd were exchanged on the way (govmomi #1785). Pass the token on byte by byte.";
    OtherHash "hash.other" "The value is of another hash function than the one that is named. Name the one that was used.";
    Sha1 "hash.sha-1" "The value is a SHA-1 hash. Use SHA-256: SHA-1 is not accepted.";
    HashInHexadecimal "hash.hexadecimal" "The hash was written in hexadecimal and then encoded. Encode its bytes in base64.";
    HashedTwice "hash.twice" "What was signed is the hash of the text, which is hashed once more when it is signed. Hand the text to the signing function.";
    OtherKey "key.other" "The signature was made with the key of another certificate of this message. Name that one, or sign with the other key.";
    ClockBehind "clock.behind" "It is over: the clock that dated it is behind, or it waited too long on the way. Compare the clocks; the seconds stand beside it.";
    ClockAhead "clock.ahead" "It has not begun: the clock that dated it is ahead. Compare the clocks; the seconds stand beside it.";
    TokenInBody "place.body" "The token stands in the Body. It belongs in soap:Header/wsse:Security.";
    TokenInHeader "place.header" "The token stands in soap:Header by itself. It belongs in wsse:Security there.";
    OldNamespace "place.old-namespace" "The Security header has the namespace of a draft. Use that of WS-Security 1.0 of OASIS.";
    TokenInHttpHeader "place.http-header" "An assertion stands in the Authorization header of HTTP, where a JSON Web Token may. It belongs in soap:Header/wsse:Security: tokenType='saml' in pyVmomi (pyvmomi #1004).";
    SignPort "sign.port" "The request was signed with another port. The port is that of the URL; where it names none, 80.";
    SignHost "sign.host-and-port" "The host was signed together with its port. Name and port are two lines.";
    SignEmptyBody "sign.empty-body" "The hash is that of an empty body, and the request has one. Hash what is sent.";
    SignHexadecimal "sign.hexadecimal" "The hash of the body was signed as text. Its 32 bytes are signed.";
    SignLastLineEnd "sign.last-line-end" "The line end behind the hash of the body is missing.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_unique_and_every_mistake_has_an_advice() {
        let mut identifiers: Vec<&str> = Mistake::ALL.iter().map(|mistake| mistake.as_str()).collect();
        identifiers.sort_unstable();
        identifiers.dedup();
        assert_eq!(identifiers.len(), Mistake::ALL.len());
        for mistake in Mistake::ALL {
            assert!(mistake.advice().ends_with('.') && mistake.as_str().contains('.'), "{mistake:?}");
        }
    }
}
