//! `Authorization: Bearer` (RFC 6750): a JSON Web Token beside the request.

use crate::secret::Secret;

/// The token of a header; nothing for another scheme, or for a scheme alone.
#[must_use]
pub fn bearer(header: &str) -> Option<Secret> {
    let (scheme, token) = header.trim().split_once(' ')?;
    let token = token.trim_start();
    (scheme.eq_ignore_ascii_case("Bearer") && !token.is_empty()).then(|| Secret::new(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_stands_after_its_scheme() {
        for header in ["Bearer a.b.c", "bearer  a.b.c ", "BEARER a.b.c"] {
            assert_eq!(bearer(header).unwrap().expose(), "a.b.c", "{header}");
        }
        for header in ["", "Bearer", "Bearer ", "Bearera.b.c", "Basic a.b.c", "SIGN token=\"\""] {
            assert!(bearer(header).is_none(), "{header}");
        }
    }
}
