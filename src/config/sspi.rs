//! `[sspi]`: which Kerberos tickets and NTLM proofs are accepted; off by default (`decisions.md` §22, §37). The keytab
//! is read once, at start, and must be as private as the keys.

use std::fmt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::error::ConfigError;
use super::files::{FileError, create, private_folder, read_private, read_private_bytes};
use super::layers::Layers;
use super::setting::Setting;
use crate::app::negotiation::Accounts;
use crate::entropy::{Entropy, NoEntropy, bytes, hex};
use crate::identity::principal::fold;
use crate::identity::{AccountName, Domain};
use crate::negotiate::{Acceptor, Kerberos, Keytab, KeytabError, Ntlm, Principal};

/// `[sspi]`.
#[expect(clippy::struct_excessive_bools, reason = "each is one switch of the file")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sspi {
    /// Keep NT hashes of users who ask for it, and accept NTLM.
    pub ntlm: bool,
    /// The keytab of this service; with it Kerberos is accepted.
    pub keytab: Option<PathBuf>,
    /// The principals that tickets may be for; none = every one of the keytab.
    pub services: Vec<Principal>,
    /// The realms whose `user@REALM` is `user` here; none = those of the services.
    pub realms: Vec<String>,
    /// Kerberos principals that are somebody here by name, those of several components among them.
    pub principals: Vec<Alias>,
    /// NTLM clients without a MIC are refused.
    pub require_mic: bool,
    /// Clients that are not bound to the TLS connection are refused.
    pub require_channel_binding: bool,
    /// Administrators may have NT hashes too.
    pub ntlm_administrators: bool,
}

/// A Kerberos principal and who that is here: `alice/admin@LAB.TEST = alice`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// The principal.
    pub principal: Principal,
    /// The account.
    pub account: AccountName,
}

/// Why `[sspi]` cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum SspiError {
    /// See [`FileError`].
    #[error("the keytab of [sspi]: {0}")]
    File(#[from] FileError),
    /// The file does not exist.
    #[error("the keytab of [sspi]: {} does not exist", .0.display())]
    NoFile(PathBuf),
    /// See [`KeytabError`].
    #[error("the keytab of [sspi]: {}: {why}", file.display())]
    Keytab {
        /// Which file.
        file: PathBuf,
        /// What is wrong.
        why: KeytabError,
    },
    /// A service without a key.
    #[error("`sspi.services` names {wanted}, and the keytab has AES keys of {} only", seen.join(", "))]
    Service {
        /// The service.
        wanted: Principal,
        /// Whose keys there are.
        seen: Vec<String>,
    },
    /// See [`NoEntropy`].
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// The key of the NT hashes is none.
    #[error("{}: wanted 64 hexadecimal digits", .0.display())]
    NtHashKey(PathBuf),
}

impl Default for Sspi {
    fn default() -> Self {
        Self {
            ntlm: false,
            keytab: None,
            services: Vec::new(),
            realms: Vec::new(),
            principals: Vec::new(),
            require_mic: true,
            require_channel_binding: false,
            ntlm_administrators: false,
        }
    }
}

impl Sspi {
    /// The section that was given, defaults for the rest.
    ///
    /// # Errors
    /// [`ConfigError::Value`] for a name that is none, [`ConfigError::Missing`] for what needs a keytab.
    pub(super) fn of(layers: &Layers) -> Result<Self, ConfigError> {
        let default = Self::default();
        let service = |text: &str| Principal::parse(text).ok();
        let read = Self {
            ntlm: layers.switch(Setting::SspiNtlm, default.ntlm),
            keytab: layers.path(Setting::SspiKeytab),
            services: layers.list(Setting::SspiServices, "service/host@REALM", service)?,
            realms: layers.list(Setting::SspiRealms, "the name of a realm, in its own case", realm)?,
            principals: layers.list(
                Setting::SspiPrincipals,
                "name/instance@REALM = account",
                Alias::parse,
            )?,
            require_mic: layers.switch(Setting::SspiRequireMic, default.require_mic),
            require_channel_binding: layers
                .switch(Setting::SspiRequireBinding, default.require_channel_binding),
            ntlm_administrators: layers.switch(Setting::SspiAdministrators, default.ntlm_administrators),
        };
        let of_kerberos = [
            (Setting::SspiServices, read.services.is_empty()),
            (Setting::SspiRealms, read.realms.is_empty()),
            (Setting::SspiPrincipals, read.principals.is_empty()),
        ];
        let named = of_kerberos.into_iter().find(|(_, empty)| !empty);
        match named.and_then(|(setting, _)| layers.place(setting)) {
            Some(place) if read.keytab.is_none() => {
                let (inside, wanted) =
                    ("[sspi]".to_owned(), "keytab, and names services, realms or principals");
                Err(ConfigError::Missing { inside, place: place.clone(), wanted })
            }
            _ => Ok(read),
        }
    }

    /// Whether anything is accepted at all.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.ntlm || self.keytab.is_some()
    }

    /// Reads the keytab and says what is accepted, and who that is here; nothing when all of it is off. `host` is this machine's name.
    ///
    /// # Errors
    /// [`SspiError`].
    pub fn acceptor(&self, host: &str, domain: &Domain) -> Result<Option<(Acceptor, Accounts)>, SspiError> {
        if !self.is_on() {
            return Ok(None);
        }
        let kerberos = self.keytab.as_deref().map(|file| self.kerberos(file)).transpose()?;
        let (kerberos, realms) = kerberos.unzip();
        let ntlm = self.ntlm.then(|| Ntlm {
            computer: netbios(host),
            domain: netbios(domain.as_str()),
            dns_computer: host.to_owned(),
            dns_domain: domain.as_str().to_owned(),
            require_mic: self.require_mic,
        });
        let acceptor = Acceptor { kerberos, ntlm, binding_required: self.require_channel_binding };
        let principals = self.principals.iter().map(|alias| (alias.principal.clone(), alias.account.clone()));
        let who = Accounts { realms: realms.unwrap_or_default(), principals: principals.collect() };
        Ok(Some((acceptor, who)))
    }

    /// With the realms whose users are those of our domain; one that is only named by an alias is none of them.
    fn kerberos(&self, file: &Path) -> Result<(Kerberos, Vec<String>), SspiError> {
        let bytes = read_private_bytes(file)?.ok_or_else(|| SspiError::NoFile(file.to_owned()))?;
        let keytab = Keytab::read(&bytes).map_err(|why| SspiError::Keytab { file: file.to_owned(), why })?;
        let held: Vec<Principal> = keytab.principals().into_iter().cloned().collect();
        if let Some(wanted) = self.services.iter().find(|service| !held.contains(service)) {
            let seen = held.iter().map(ToString::to_string).collect();
            return Err(SspiError::Service { wanted: wanted.clone(), seen });
        }
        let services = if self.services.is_empty() { held } else { self.services.clone() };
        let ours: Vec<String> = if self.realms.is_empty() {
            services.iter().map(|service| service.realm.clone()).collect()
        } else {
            self.realms.clone()
        };
        let aliases = self.principals.iter().map(|alias| alias.principal.realm.clone());
        let mut realms: Vec<String> = ours.iter().cloned().chain(aliases).collect();
        realms.sort_unstable();
        realms.dedup();
        Ok((Kerberos { keytab, services, realms }, ours))
    }
}

/// What is done about a key that is not there.
#[derive(Clone, Copy)]
pub enum Missing<'a> {
    /// The service makes it.
    Make(&'a dyn Entropy),
    /// Other commands may stand beside another key folder than the service's.
    Leave,
}

/// The key that NT hashes are sealed with: a file of the key folder.
///
/// # Errors
/// [`SspiError::File`], [`SspiError::NtHashKey`].
pub fn nt_hash_key(folder: &Path, missing: Missing<'_>) -> Result<Option<Zeroizing<[u8; 32]>>, SspiError> {
    let file = folder.join("nt-hash.key");
    if let Some(text) = read_private(&file)? {
        return key_of(&text).map(Some).ok_or(SspiError::NtHashKey(file));
    }
    let Missing::Make(entropy) = missing else { return Ok(None) };
    let made = Zeroizing::new(bytes::<32>(entropy)?);
    private_folder(folder)?;
    // Of replicas that start together one is first, and all read its key.
    create(&file, &Zeroizing::new(format!("{}\n", hex(&made[..]))))?;
    let text = read_private(&file)?.unwrap_or_default();
    key_of(&text).map(Some).ok_or(SspiError::NtHashKey(file))
}

fn key_of(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let text = text.trim_end_matches('\n');
    let mut key = Zeroizing::new([0; 32]);
    let pairs = text.as_bytes().chunks_exact(2);
    if text.len() != 64 || !pairs.remainder().is_empty() {
        return None;
    }
    for (byte, pair) in key.iter_mut().zip(pairs) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    text.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(key)
}

impl Alias {
    fn parse(text: &str) -> Option<Self> {
        let (principal, account) = text.split_once('=')?;
        let principal = Principal::parse(principal.trim()).ok()?;
        Some(Self { principal, account: AccountName::new(account.trim()).ok()? })
    }
}

impl fmt::Display for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.principal, self.account)
    }
}

fn realm(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_graphic() && !"/@\\=".contains(c);
    (!text.is_empty() && text.len() <= LONGEST_REALM && text.chars().all(plain)).then(|| text.to_owned())
}

/// The first label in capitals, as short as `NetBIOS` names are.
fn netbios(name: &str) -> String {
    let label = fold(name).split('.').next().unwrap_or_default().to_uppercase();
    label.chars().take(LONGEST_NETBIOS).collect()
}

/// Realms are named after domains.
const LONGEST_REALM: usize = 255;
const LONGEST_NETBIOS: usize = 15;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::super::state::Ephemeral;
    use super::*;
    use crate::entropy::SystemEntropy;

    /// One AES-256 key of `HTTP/vcsso.lab.test@LAB.TEST`.
    fn keytab(folder: &Ephemeral, mode: u32) -> PathBuf {
        let mut entry = vec![0, 2, 0, 8];
        entry.extend(b"LAB.TEST\0\x04HTTP\0\x0evcsso.lab.test");
        entry.extend([0, 0, 0, 1, 0, 0, 0, 0, 3, 0, 18, 0, 32]);
        entry.extend([7; 32]);
        let length = u32::try_from(entry.len()).unwrap().to_be_bytes();
        let file = folder.path().join("http.keytab");
        fs::write(&file, [&[5, 2][..], &length, &entry].concat()).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        file
    }

    fn accepted(sspi: &Sspi) -> Result<Option<(Acceptor, Accounts)>, SspiError> {
        sspi.acceptor("sso.lab.test", &Domain::new("vsphere.local").unwrap())
    }

    fn acceptor(sspi: &Sspi) -> Result<Option<Acceptor>, SspiError> {
        Ok(accepted(sspi)?.map(|(acceptor, _)| acceptor))
    }

    fn folder() -> Ephemeral {
        Ephemeral::new(&SystemEntropy).unwrap()
    }

    #[test]
    fn nothing_is_accepted_unless_it_is_asked_for() {
        assert!(acceptor(&Sspi::default()).unwrap().is_none());
        let ntlm = acceptor(&Sspi { ntlm: true, ..Sspi::default() }).unwrap().unwrap();
        assert!(ntlm.kerberos.is_none() && !ntlm.binding_required);
        let ntlm = ntlm.ntlm.unwrap();
        assert_eq!((ntlm.computer.as_str(), ntlm.domain.as_str()), ("SSO", "VSPHERE"));
        assert!(ntlm.require_mic);
    }

    #[test]
    fn services_and_realms_are_those_of_the_keytab_unless_others_are_named() {
        let folder = folder();
        let mut sspi = Sspi { keytab: Some(keytab(&folder, 0o600)), ..Sspi::default() };
        let kerberos = acceptor(&sspi).unwrap().unwrap().kerberos.unwrap();
        assert_eq!(kerberos.services, [Principal::parse("HTTP/vcsso.lab.test@LAB.TEST").unwrap()]);
        assert_eq!(kerberos.realms, ["LAB.TEST"]);
        sspi.realms = vec!["FRIENDS.TEST".to_owned()];
        sspi.principals = vec![Alias::parse("alice/admin@LAB.TEST = alice").unwrap()];
        let kerberos = acceptor(&sspi).unwrap().unwrap().kerberos.unwrap();
        assert_eq!(kerberos.realms, ["FRIENDS.TEST", "LAB.TEST"]);
        assert_eq!(accepted(&sspi).unwrap().unwrap().1.realms, ["FRIENDS.TEST"], "an alias is one principal");
        sspi.services = vec![Principal::parse("HTTP/other@LAB.TEST").unwrap()];
        let wanted = "`sspi.services` names HTTP/other@LAB.TEST, and the keytab has AES keys of \
                      HTTP/vcsso.lab.test@LAB.TEST only";
        assert_eq!(acceptor(&sspi).unwrap_err().to_string(), wanted);
    }

    #[test]
    fn a_keytab_that_others_can_read_or_that_is_none_is_refused() {
        let folder = folder();
        let of = |file| acceptor(&Sspi { keytab: Some(file), ..Sspi::default() });
        let open = of(keytab(&folder, 0o640)).unwrap_err();
        assert!(matches!(open, SspiError::File(FileError::Open { mode: 0o640, .. })), "{open}");
        let file = keytab(&folder, 0o600);
        fs::write(&file, "no keytab").unwrap();
        assert!(matches!(of(file).unwrap_err(), SspiError::Keytab { why: KeytabError::Version, .. }));
        assert!(matches!(of(folder.path().join("none")), Err(SspiError::NoFile(_))));
    }

    #[test]
    fn the_key_of_nt_hashes_is_made_once_and_is_private() {
        let folder = folder();
        let keys = folder.path().join("keys");
        let first = Missing::Make(&SystemEntropy);
        assert!(nt_hash_key(&keys, Missing::Leave).unwrap().is_none());
        let made = nt_hash_key(&keys, first).unwrap();
        assert!(made.is_some());
        assert_eq!(made, nt_hash_key(&keys, Missing::Leave).unwrap());
        let file = keys.join("nt-hash.key");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        for text in ["", "00", &"0".repeat(63), &"0".repeat(66), &"g".repeat(64), &"+1".repeat(32)] {
            fs::write(&file, text).unwrap();
            assert!(matches!(nt_hash_key(&keys, first), Err(SspiError::NtHashKey(_))), "{text}");
        }
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(nt_hash_key(&keys, first), Err(SspiError::File(FileError::Open { .. }))));
    }

    #[test]
    fn an_alias_is_read_only_whole() {
        assert_eq!(Alias::parse("a/b@R=carol").unwrap().to_string(), "a/b@R = carol");
        for text in ["", "a@R", "a@R=", "a=b", "a@R = b@c", "@R = a"] {
            assert_eq!(Alias::parse(text), None, "{text}");
        }
    }
}
