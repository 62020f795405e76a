//! The `--state` folder: what the first start writes down for the operator; and the temporary folder of `--ephemeral`.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::files::{FileError, create, private_folder, read_private, replace};
use crate::entropy::{Entropy, NoEntropy, bytes, hex};
use crate::secret::Secret;

/// Why the state folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// See [`FileError`].
    #[error(transparent)]
    File(#[from] FileError),
    /// See [`NoEntropy`].
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// A file without content.
    #[error("{} is empty: remove it, and it is made again", .0.display())]
    Empty(PathBuf),
}

/// The state folder.
#[derive(Clone, Debug)]
pub struct StateFolder(PathBuf);

impl StateFolder {
    /// Opens the folder, and makes it (0700) if it does not exist.
    ///
    /// # Errors
    /// [`StateError::File`].
    pub fn open(path: &Path) -> Result<Self, StateError> {
        private_folder(path)?;
        Ok(Self(path.to_owned()))
    }

    /// The folder of a running service, only looked at: nothing is made.
    #[must_use]
    pub fn look_at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The token that opens the admin doors; made at first start and never changed by us.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn operator_token(&self, entropy: &dyn Entropy) -> Result<Secret, StateError> {
        if let Some(token) = self.read(OPERATOR_TOKEN)? {
            return Ok(token);
        }
        create(
            &self.0.join(OPERATOR_TOKEN),
            &format!("{}\n", URL_SAFE_NO_PAD.encode(bytes::<32>(entropy)?)),
        )?;
        self.read(OPERATOR_TOKEN)?.ok_or_else(|| StateError::Empty(self.0.join(OPERATOR_TOKEN)))
    }

    /// The token, if one was made.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn existing_operator_token(&self) -> Result<Option<Secret>, StateError> {
        self.read(OPERATOR_TOKEN)
    }

    /// The password that the first start gave the administrator, if it is kept here.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn administrator_password(&self) -> Result<Option<Secret>, StateError> {
        self.read(ADMINISTRATOR_PASSWORD)
    }

    /// Keeps the administrator's password. Call it before the account is made: a password in a file without an
    /// account is replaced at the next first start, an account without a password is of no use.
    ///
    /// # Errors
    /// [`StateError::File`].
    pub fn keep_administrator_password(&self, password: &Secret) -> Result<(), StateError> {
        Ok(replace(&self.0.join(ADMINISTRATOR_PASSWORD), &format!("{}\n", password.expose()))?)
    }

    /// Where the running service can be reached, if it wrote that down.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn url(&self) -> Result<Option<String>, StateError> {
        Ok(self.read(URL)?.map(|url| url.expose().to_owned()))
    }

    /// Writes down where the service can be reached.
    ///
    /// # Errors
    /// [`StateError::File`].
    pub fn write_url(&self, url: &str) -> Result<(), StateError> {
        Ok(replace(&self.0.join(URL), &format!("{url}\n"))?)
    }

    /// The first line of a private file.
    /// Forgets the URL: the service does not run any more.
    ///
    /// # Errors
    /// [`StateError::File`].
    pub fn forget_url(&self) -> Result<(), StateError> {
        let path = self.0.join(URL);
        match std::fs::remove_file(&path) {
            Err(why) if why.kind() != std::io::ErrorKind::NotFound => {
                Err(FileError::System { what: "remove the file", path, why }.into())
            }
            _ => Ok(()),
        }
    }

    fn read(&self, name: &str) -> Result<Option<Secret>, StateError> {
        let path = self.0.join(name);
        let Some(text) = read_private(&path)? else { return Ok(None) };
        match text.lines().next().map(str::trim).filter(|line| !line.is_empty()) {
            Some(line) => Ok(Some(Secret::new(line))),
            None => Err(StateError::Empty(path)),
        }
    }
}

/// A new password: 23 characters in three groups that can be typed, with a capital, a small letter, a figure and a sign
/// (about 115 bits; vCenter's rules ask for one of each).
///
/// # Errors
/// [`NoEntropy`].
pub fn new_password(entropy: &dyn Entropy) -> Result<Secret, NoEntropy> {
    let mut text = zeroize::Zeroizing::new(String::with_capacity(24));
    for place in 0..23 {
        match place {
            0 => text.extend(letter(entropy, CAPITALS)?),
            1 => text.extend(letter(entropy, SMALL)?),
            2 => text.extend(letter(entropy, FIGURES)?),
            7 | 15 => text.push('-'),
            _ => text.extend(letter(entropy, &[CAPITALS, SMALL, FIGURES].concat())?),
        }
    }
    Ok(Secret::new(text.as_str()))
}

/// One of the letters; of 2^64 the remainder favours none that anybody could tell.
fn letter(entropy: &dyn Entropy, letters: &[u8]) -> Result<Option<char>, NoEntropy> {
    let number = u64::from_be_bytes(bytes(entropy)?);
    let count = u64::try_from(letters.len()).unwrap_or(1).max(1);
    let place = usize::try_from(number % count).unwrap_or(0);
    Ok(letters.get(place).copied().map(char::from))
}

/// A temporary folder that is removed, with everything in it, when this is dropped.
#[derive(Debug)]
pub struct Ephemeral(PathBuf);

impl Ephemeral {
    /// Makes one, for nobody but this user.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn new(entropy: &dyn Entropy) -> Result<Self, StateError> {
        let path = std::env::temp_dir().join(format!("vcsso-{}", hex(&bytes::<8>(entropy)?)));
        let made = std::fs::DirBuilder::new().mode(0o700).create(&path);
        made.map_err(|why| FileError::System { what: "make the folder", path: path.clone(), why })?;
        Ok(Self(path))
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Ephemeral {
    fn drop(&mut self) {
        // Nobody is left to tell; the folder lies where the system cleans up.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const OPERATOR_TOKEN: &str = "operator-token";
const ADMINISTRATOR_PASSWORD: &str = "administrator-password";
const URL: &str = "url";
/// Without the letters and figures that look alike.
const CAPITALS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
const SMALL: &[u8] = b"abcdefghijkmnopqrstuvwxyz";
const FIGURES: &[u8] = b"23456789";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;

    #[test]
    fn the_operator_token_is_made_once_and_read_ever_after() {
        let folder = Ephemeral::new(&SystemEntropy).unwrap();
        let state = StateFolder::open(&folder.path().join("state")).unwrap();
        assert!(state.existing_operator_token().unwrap().is_none());
        let token = state.operator_token(&SystemEntropy).unwrap();
        assert_eq!(token.expose().len(), 43);
        assert!(state.operator_token(&SystemEntropy).unwrap() == token);
        assert!(state.existing_operator_token().unwrap() == Some(token));
    }

    #[test]
    fn the_administrators_password_and_the_url_are_kept() {
        let folder = Ephemeral::new(&SystemEntropy).unwrap();
        let state = StateFolder::open(folder.path()).unwrap();
        assert!(state.administrator_password().unwrap().is_none());
        let password = new_password(&SystemEntropy).unwrap();
        state.keep_administrator_password(&password).unwrap();
        state.write_url("https://127.0.0.1:1").unwrap();
        assert!(state.administrator_password().unwrap() == Some(password));
        assert_eq!(state.url().unwrap().as_deref(), Some("https://127.0.0.1:1"));
    }

    #[test]
    fn an_empty_file_is_refused() {
        let folder = Ephemeral::new(&SystemEntropy).unwrap();
        let state = StateFolder::open(folder.path()).unwrap();
        replace(&folder.path().join("operator-token"), "\n").unwrap();
        assert!(matches!(state.operator_token(&SystemEntropy), Err(StateError::Empty(_))));
    }

    #[test]
    fn a_password_has_letters_figures_and_a_sign() {
        for _ in 0..100 {
            let password = new_password(&SystemEntropy).unwrap();
            let text = password.expose();
            assert_eq!(text.split('-').map(str::len).collect::<Vec<_>>(), [7, 7, 7]);
            for kind in [char::is_ascii_uppercase, char::is_ascii_lowercase, char::is_ascii_digit] {
                assert!(text.chars().any(|letter| kind(&letter)), "{text}");
            }
        }
    }

    #[test]
    fn nothing_of_an_ephemeral_folder_is_left() {
        let folder = Ephemeral::new(&SystemEntropy).unwrap();
        let path = folder.path().to_owned();
        private_folder(&path.join("keys")).unwrap();
        replace(&path.join("keys/a"), "x").unwrap();
        drop(folder);
        assert!(!path.exists());
    }
}
