//! How people and machines may authenticate, and which of it an operator allows (`sts.md` §3.7, §7.5).

/// A way to authenticate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// A name and a password.
    Password,
    /// Kerberos or NTLM.
    Windows,
    /// A registered certificate: of a solution user, or of an extension.
    Certificate,
    /// A token that was issued before.
    Token,
}

/// Which ways are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four independent switches of an operator")]
pub struct MethodPolicy {
    /// See [`Method::Password`].
    pub password: bool,
    /// See [`Method::Windows`]; `[sspi]` says with what keys.
    pub windows: bool,
    /// See [`Method::Certificate`].
    pub certificate: bool,
    /// See [`Method::Token`].
    pub token: bool,
}

impl Default for MethodPolicy {
    fn default() -> Self {
        Self { password: true, windows: true, certificate: true, token: true }
    }
}

impl MethodPolicy {
    /// Whether this way is allowed.
    #[must_use]
    pub const fn allows(&self, method: Method) -> bool {
        match method {
            Method::Password => self.password,
            Method::Windows => self.windows,
            Method::Certificate => self.certificate,
            Method::Token => self.token,
        }
    }
}

impl Method {
    /// In words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "by password",
            Self::Windows => "by Kerberos or NTLM",
            Self::Certificate => "by certificate",
            Self::Token => "by token",
        }
    }
}
