//! Files that hold secrets: written whole or not at all, read only when nobody else can.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// Why a file or folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The system refuses.
    #[error("cannot {what} {}: {why}", path.display())]
    System {
        /// What was tried.
        what: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the system says.
        why: io::Error,
    },
    /// Others than the owner can read or change it.
    #[error("{} has mode {mode:04o}, wanted {wanted:04o}: others could use what is in it (chmod {wanted:o} it)", path.display())]
    Open {
        /// Which.
        path: PathBuf,
        /// The permission bits.
        mode: u32,
        /// Those it should have.
        wanted: u32,
    },
    /// A link, a folder, a pipe.
    #[error("{} is {seen}, wanted a regular file", path.display())]
    NotAFile {
        /// Which.
        path: PathBuf,
        /// What it is.
        seen: &'static str,
    },
    /// Something else than a folder.
    #[error("{} is {seen}, wanted a folder", path.display())]
    NotAFolder {
        /// Which.
        path: PathBuf,
        /// What it is.
        seen: &'static str,
    },
    /// More than such a file can have.
    #[error("{} has more than {MOST_BYTES} bytes", path.display())]
    Size {
        /// Which.
        path: PathBuf,
    },
}

/// Makes a folder that only its owner can use, or closes the one that is there.
///
/// # Errors
/// [`FileError`]; [`FileError::Open`] when it is open to others and cannot be closed.
pub fn private_folder(path: &Path) -> Result<(), FileError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|why| match fs::metadata(path) {
        Ok(found) if !found.is_dir() => FileError::NotAFolder { path: path.to_owned(), seen: "a file" },
        _ => FileError::System { what: "make the folder", path: path.to_owned(), why },
    })?;
    let found = fs::metadata(path).map_err(system("look at", path))?;
    let mode = found.mode() & 0o7777;
    if is_private(mode) || fs::set_permissions(path, Permissions::from_mode(0o700)).is_ok() {
        return Ok(());
    }
    // A mounted folder of another owner, or read-only: reading along is harmless, the files say who can read them.
    if mode & 0o022 == 0 {
        Ok(())
    } else {
        Err(FileError::Open { path: path.to_owned(), mode, wanted: 0o700 })
    }
}

/// Reads a file that nobody but its owner can read; nothing when it does not exist.
///
/// # Errors
/// [`FileError`].
pub fn read_private(path: &Path) -> Result<Option<Zeroizing<String>>, FileError> {
    open_private(path)?.map(|file| read(file, path)).transpose()
}

/// As [`read_private`], for what is no text.
///
/// # Errors
/// [`FileError`].
pub fn read_private_bytes(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, FileError> {
    let Some(file) = open_private(path)? else { return Ok(None) };
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(system("read", path))?;
    within_bounds(bytes.len(), path)?;
    Ok(Some(bytes))
}

fn open_private(path: &Path) -> Result<Option<File>, FileError> {
    let Some((file, mode)) = open(path, fs::symlink_metadata(path))? else { return Ok(None) };
    if is_private(mode) {
        Ok(Some(file))
    } else {
        Err(FileError::Open { path: path.to_owned(), mode, wanted: 0o600 })
    }
}

/// Reads a file that anybody may read, behind a link too; nothing when it does not exist.
///
/// # Errors
/// [`FileError`].
pub fn read_public(path: &Path) -> Result<Option<Zeroizing<String>>, FileError> {
    let Some((file, _)) = open(path, fs::metadata(path))? else { return Ok(None) };
    read(file, path).map(Some)
}

/// Writes a file in the place of what is there: readers find the old text or the new one, whole, also after a crash.
///
/// # Errors
/// [`FileError::System`].
pub fn replace(path: &Path, text: &str) -> Result<(), FileError> {
    let temporary = write_beside(path, text)?;
    let renamed = fs::rename(&temporary, path).map_err(system("write", path));
    if renamed.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    renamed.and_then(|()| sync_folder(path))
}

/// Writes a file unless it exists; whether it was written. Of many who try at once exactly one succeeds.
///
/// # Errors
/// [`FileError::System`].
pub fn create(path: &Path, text: &str) -> Result<bool, FileError> {
    let temporary = write_beside(path, text)?;
    let linked = fs::hard_link(&temporary, path);
    let _ = fs::remove_file(&temporary);
    match linked {
        Ok(()) => sync_folder(path).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(why) => Err(FileError::System { what: "write", path: path.to_owned(), why }),
    }
}

/// A lock on a folder, held until it is dropped or the process ends.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Waits until nobody else holds it.
    ///
    /// # Errors
    /// [`FileError::System`].
    pub fn take(folder: &Path) -> Result<Self, FileError> {
        let path = folder.join(".lock");
        let mut options = OpenOptions::new();
        let file = options
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(system("open", &path))?;
        file.lock().map_err(system("lock", &path))?;
        Ok(Self { _file: file })
    }
}

/// Opens a regular file with its permission bits. What was looked at is what is opened, or it is refused.
fn open(path: &Path, found: io::Result<Metadata>) -> Result<Option<(File, u32)>, FileError> {
    let looked_at = match found {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        found => found.map_err(system("look at", path))?,
    };
    let not_a_file = |seen| FileError::NotAFile { path: path.to_owned(), seen };
    let kind = looked_at.file_type();
    if !kind.is_file() {
        let seen = if kind.is_symlink() {
            "a symbolic link"
        } else if kind.is_dir() {
            "a folder"
        } else {
            "a device or pipe"
        };
        return Err(not_a_file(seen));
    }
    let file = File::open(path).map_err(system("read", path))?;
    let opened = file.metadata().map_err(system("look at", path))?;
    if (opened.dev(), opened.ino()) != (looked_at.dev(), looked_at.ino()) {
        return Err(not_a_file("another file than a moment ago"));
    }
    Ok(Some((file, opened.mode() & 0o7777)))
}

fn read(file: File, path: &Path) -> Result<Zeroizing<String>, FileError> {
    let mut text = Zeroizing::new(String::new());
    file.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(system("read", path))?;
    within_bounds(text.len(), path)?;
    Ok(text)
}

fn within_bounds(length: usize, path: &Path) -> Result<(), FileError> {
    match u64::try_from(length) {
        Ok(length) if length <= MOST_BYTES => Ok(()),
        _ => Err(FileError::Size { path: path.to_owned() }),
    }
}

/// A new file in the same folder, on disk. The process number keeps two writers apart.
fn write_beside(path: &Path, text: &str) -> Result<PathBuf, FileError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
    // What a killed process of the same number left behind.
    let _ = fs::remove_file(&temporary);
    let written =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written.map(|()| temporary).map_err(system("write", path))
}

/// The new name itself is on disk only after this.
fn sync_folder(path: &Path) -> Result<(), FileError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(system("write", folder))
}

/// Nobody but the owner has any permission.
const fn is_private(mode: u32) -> bool {
    mode | 0o7700 == 0o7700
}

fn system<'p>(what: &'static str, path: &'p Path) -> impl FnOnce(io::Error) -> FileError + 'p {
    move |why| FileError::System { what, path: path.to_owned(), why }
}

/// A chain with a key has about 6 KiB.
const MOST_BYTES: u64 = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::super::state::Ephemeral;
    use super::*;
    use crate::entropy::SystemEntropy;

    #[test]
    fn a_written_file_is_private_and_reads_back() {
        let folder = Ephemeral::new(&SystemEntropy).unwrap();
        let path = folder.path().join("a");
        assert!(read_private(&path).unwrap().is_none());
        replace(&path, "one").unwrap();
        replace(&path, "two").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(read_private(&path).unwrap().unwrap().as_str(), "two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_is_created_once() {
        let folder = Ephemeral::new(&SystemEntropy).unwrap();
        let path = folder.path().join("a");
        assert!(create(&path, "one").unwrap());
        assert!(!create(&path, "two").unwrap());
        assert_eq!(read_private(&path).unwrap().unwrap().as_str(), "one");
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let folder = Ephemeral::new(&SystemEntropy).unwrap();
        let path = folder.path().join("a");
        replace(&path, "secret").unwrap();
        for mode in [0o640, 0o604, 0o660] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert!(matches!(read_private(&path), Err(FileError::Open { mode: seen, .. }) if seen == mode));
        }
        fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
        assert!(read_private(&path).unwrap().is_some());
    }

    #[test]
    fn a_link_or_a_folder_is_no_file() {
        let folder = Ephemeral::new(&SystemEntropy).unwrap();
        let (target, link) = (folder.path().join("a"), folder.path().join("b"));
        replace(&target, "secret").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert!(matches!(read_private(&link), Err(FileError::NotAFile { seen: "a symbolic link", .. })));
        assert!(matches!(read_public(folder.path()), Err(FileError::NotAFile { seen: "a folder", .. })));
    }

    #[test]
    fn a_folder_is_made_private_or_closed() {
        let folder = Ephemeral::new(&SystemEntropy).unwrap();
        let path = folder.path().join("deep/er");
        private_folder(&path).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o775)).unwrap();
        private_folder(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o700);
        replace(&path.join("a"), "").unwrap();
        assert!(matches!(private_folder(&path.join("a")), Err(FileError::NotAFolder { .. })));
    }
}
