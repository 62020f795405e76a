//! The header's parameters: `SIGN token="…"`, and for a Holder-of-Key token a signature with everything it needs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::inflate::inflate;
use crate::clock::Moment;

/// The header, read. Nothing in it is proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignHeader {
    /// The token, as it was signed.
    pub token: Vec<u8>,
    /// The signature over the request, if there is one.
    pub signature: Option<RequestSignature>,
}

/// A signature over a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestSignature {
    /// RSA PKCS #1 v1.5 with SHA-256.
    pub value: Vec<u8>,
    /// What makes the request unique.
    pub nonce: Nonce,
    /// What the client says the hash of the body is.
    pub body_hash: Vec<u8>,
}

/// `<milliseconds since 1970>:<number>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonce {
    /// As it was signed.
    pub text: String,
    /// When the request was made.
    pub at: Moment,
}

/// Why a header cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderProblem {
    /// Not `name="value"` with commas between.
    #[error("the parameters are not name=\"value\" pairs")]
    Syntax,
    /// A name that is not one of the five, or stands twice.
    #[error("a parameter is unknown, or given twice")]
    Unknown,
    /// There is no token.
    #[error("there is no token")]
    NoToken,
    /// The token is not the base64 of one gzip member of an assertion's size.
    #[error("the token is not base64 of one gzip member of at most {MAX_TOKEN} bytes")]
    Token,
    /// Of signature, algorithm, nonce and hash of the body some are there and some are not.
    #[error("signature, signature_alg, nonce and bodyhash belong together")]
    Incomplete,
    /// An algorithm that is not the one clients use.
    #[error("signature_alg is not {ALGORITHM}")]
    Algorithm,
    /// The nonce is not a time and a number.
    #[error("the nonce is not <milliseconds>:<number>")]
    Nonce,
    /// The signature or the hash of the body is not base64.
    #[error("signature or bodyhash is not base64")]
    Base64,
}

impl SignHeader {
    /// The parameters of a header of this scheme; nothing for another scheme.
    #[must_use]
    pub fn parameters(authorization: &str) -> Option<&str> {
        let (scheme, rest) = authorization.trim().split_once(' ')?;
        scheme.eq_ignore_ascii_case("SIGN").then(|| rest.trim())
    }

    /// Reads what [`Self::parameters`] found.
    ///
    /// # Errors
    /// [`HeaderProblem`].
    pub fn read(parameters: &str) -> Result<Self, HeaderProblem> {
        let mut found: [Option<&str>; 5] = [None; 5];
        let mut rest = parameters;
        loop {
            let (name, after) = rest.split_once('=').ok_or(HeaderProblem::Syntax)?;
            let (value, after) = after
                .strip_prefix('"')
                .and_then(|after| after.split_once('"'))
                .ok_or(HeaderProblem::Syntax)?;
            let place = NAMES.iter().position(|known| *known == name.trim()).ok_or(HeaderProblem::Unknown)?;
            let slot = found.get_mut(place).ok_or(HeaderProblem::Unknown)?;
            if slot.replace(value).is_some() {
                return Err(HeaderProblem::Unknown);
            }
            match after.trim_start() {
                "" => break,
                more => rest = more.strip_prefix(',').ok_or(HeaderProblem::Syntax)?,
            }
        }
        let [token, algorithm, signature, nonce, body_hash] = found;
        let token =
            STANDARD.decode(token.ok_or(HeaderProblem::NoToken)?).map_err(|_| HeaderProblem::Token)?;
        let token = inflate(&token, MAX_TOKEN).ok_or(HeaderProblem::Token)?;
        let signature = match (algorithm, signature, nonce, body_hash) {
            (None, None, None, None) => None,
            (Some(algorithm), Some(signature), Some(nonce), Some(body_hash)) => {
                if algorithm != ALGORITHM {
                    return Err(HeaderProblem::Algorithm);
                }
                let decoded = |text: &str| STANDARD.decode(text).map_err(|_| HeaderProblem::Base64);
                let nonce = Nonce::read(nonce).ok_or(HeaderProblem::Nonce)?;
                Some(RequestSignature { value: decoded(signature)?, nonce, body_hash: decoded(body_hash)? })
            }
            _ => return Err(HeaderProblem::Incomplete),
        };
        Ok(Self { token, signature })
    }
}

impl Nonce {
    fn read(text: &str) -> Option<Self> {
        let (at, number) = text.split_once(':')?;
        let digits =
            |text: &str| !text.is_empty() && text.len() <= 20 && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(at) || !digits(number) {
            return None;
        }
        let at = Moment::from_micros(at.parse::<i64>().ok()?.checked_mul(1_000)?);
        Some(Self { text: text.to_owned(), at })
    }
}

const NAMES: [&str; 5] = ["token", "signature_alg", "signature", "nonce", "bodyhash"];
const ALGORITHM: &str = "RSA-SHA256";
/// Ten times a real token with its chain.
const MAX_TOKEN: usize = 256 << 10;

#[cfg(test)]
mod tests {
    use super::super::inflate::tests::packed;
    use super::*;

    fn token() -> String {
        STANDARD.encode(packed(b"<saml2:Assertion/>"))
    }

    fn read(header: &str) -> Result<SignHeader, HeaderProblem> {
        SignHeader::read(SignHeader::parameters(header).expect("the scheme is SIGN"))
    }

    #[test]
    fn a_bearer_token_stands_alone() {
        let header = read(&format!("SIGN token=\"{}\"", token())).unwrap();
        assert_eq!((header.token.as_slice(), header.signature), (&b"<saml2:Assertion/>"[..], None));
        assert!(read(&format!("sign  token=\"{}\"", token())).is_ok());
        for other in ["Basic YTpi", "SIGN", "", "SIGNED token=\"x\""] {
            assert_eq!(SignHeader::parameters(other), None, "{other}");
        }
    }

    #[test]
    fn a_signature_comes_with_all_that_it_needs_in_any_order() {
        let parts = [
            format!("token=\"{}\"", token()),
            "signature_alg=\"RSA-SHA256\"".to_owned(),
            "signature=\"AQID\"".to_owned(),
            "nonce=\"1764000000000:4711\"".to_owned(),
            "bodyhash=\"BAUG\"".to_owned(),
        ];
        let whole = read(&format!("SIGN {}", parts.join(", "))).unwrap().signature.unwrap();
        assert_eq!((whole.value, whole.body_hash), (vec![1, 2, 3], vec![4, 5, 6]));
        assert_eq!(whole.nonce.at, Moment::from_micros(1_764_000_000_000_000));
        let mut turned = parts.clone();
        turned.reverse();
        assert!(read(&format!("SIGN {}", turned.join(","))).is_ok());
        for missing in 1..parts.len() {
            let mut some = parts.to_vec();
            some.remove(missing);
            assert_eq!(
                read(&format!("SIGN {}", some.join(", "))),
                Err(HeaderProblem::Incomplete),
                "{missing}"
            );
        }
    }

    /// `attacks.md` G04, G09, G11.
    #[test]
    fn what_is_not_such_a_header_is_refused() {
        let signed = |algorithm: &str, signature: &str, nonce: &str| {
            format!(
                "SIGN token=\"{}\", signature_alg=\"{algorithm}\", signature=\"{signature}\", nonce=\"{nonce}\", bodyhash=\"AAAA\"",
                token()
            )
        };
        assert!(read(&signed("RSA-SHA256", "AAAA", "1:1")).is_ok());
        for algorithm in ["RSA-SHA1", "rsa-sha256", "HMAC-SHA256", "none", ""] {
            assert_eq!(read(&signed(algorithm, "AAAA", "1:1")), Err(HeaderProblem::Algorithm), "{algorithm}");
        }
        for nonce in [
            "",
            ":",
            "1",
            "1:",
            ":1",
            "-1:1",
            "1:x",
            "1 :1",
            "99999999999999999999:1",
            "1:1:1",
            "9223372036854775807:1",
        ] {
            assert_eq!(read(&signed("RSA-SHA256", "AAAA", nonce)), Err(HeaderProblem::Nonce), "{nonce}");
        }
        assert_eq!(read(&signed("RSA-SHA256", "A", "1:1")), Err(HeaderProblem::Base64));
        let token = token();
        for (header, problem) in [
            ("SIGN x".to_owned(), HeaderProblem::Syntax),
            (format!("SIGN token={token}"), HeaderProblem::Syntax),
            (format!("SIGN token=\"{token}\" nonce=\"1:1\""), HeaderProblem::Syntax),
            (format!("SIGN token=\"{token}\","), HeaderProblem::Syntax),
            (format!("SIGN token=\"{token}\", token=\"{token}\""), HeaderProblem::Unknown),
            (format!("SIGN token=\"{token}\", key=\"x\""), HeaderProblem::Unknown),
            ("SIGN nonce=\"1:1\"".to_owned(), HeaderProblem::NoToken),
            ("SIGN token=\"\"".to_owned(), HeaderProblem::Token),
            ("SIGN token=\"%\"".to_owned(), HeaderProblem::Token),
        ] {
            assert_eq!(read(&header), Err(problem), "{header}");
        }
    }
}
