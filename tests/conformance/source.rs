//! Who says what: the comments of every test in the tree, for the pages that are written from them.

use std::path::{Path, PathBuf};

/// One comment of several lines, joined, and where it stands.
pub struct Comment {
    /// The test it belongs to, as `file` and function; else the file and line where it ends.
    pub whose: Result<String, String>,
    pub text: String,
}

/// Every comment of `src` and `tests`, and every test's name, which may speak for it too. `without` names files and folders
/// that only quote.
pub fn comments(without: &[&str]) -> Vec<Comment> {
    let mut found = Vec::new();
    for (name, text) in files(without) {
        read(&name, &text, &mut found);
    }
    found
}

/// Every file of `src` and `tests`, its name and its text.
pub fn files(without: &[&str]) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "tests"] {
        collect(&root.join(folder), &mut files);
    }
    files.sort();
    let named = files.into_iter().map(|file| (file.strip_prefix(root).unwrap().display().to_string(), file));
    let named = named.filter(|(name, _)| !without.iter().any(|quoted| name.starts_with(quoted)));
    named.map(|(name, file)| (name, std::fs::read_to_string(file).unwrap())).collect()
}

/// Compares a page of `docs/` with what it should be, or writes it where `VCSSO_WRITE` is set.
pub fn compare(page: &str, wanted: &str, test: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page);
    if std::env::var_os("VCSSO_WRITE").is_some() {
        std::fs::write(&path, wanted).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let first = wanted.lines().zip(kept.lines().chain(std::iter::repeat(""))).find(|(new, old)| new != old);
    assert!(kept == wanted, "docs/{page} is out of date: VCSSO_WRITE=1 cargo test --test {test}\n{first:?}");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn read(name: &str, source: &str, found: &mut Vec<Comment>) {
    let (mut open, mut above) = (Vec::new(), Vec::new());
    let mut is_test = false;
    let mut current: Option<String> = None;
    for (number, line) in source.lines().enumerate() {
        let line = line.trim();
        let place = || format!("{name}:{}", number + 1);
        if let Some(comment) = line.strip_prefix("//").filter(|comment| !comment.starts_with('!')) {
            let kept = if comment.starts_with('/') { &mut above } else { &mut open };
            kept.push(comment.trim_start_matches('/').trim());
            continue;
        }
        end(&mut open, current.as_ref(), &place(), found);
        if line.starts_with("#[") {
            is_test |= line.contains("test]");
            continue;
        }
        if let Some(function) = function_in(line) {
            let is_case = is_test || line.contains("(place)");
            current = is_case.then(|| format!("`{name}` {function}"));
            end(&mut above, current.as_ref(), &place(), found);
            if current.is_some() {
                end(&mut vec![function], current.as_ref(), &place(), found);
            }
        }
        end(&mut above, None, &place(), found);
        is_test = false;
    }
}

fn end(lines: &mut Vec<&str>, test: Option<&String>, place: &str, found: &mut Vec<Comment>) {
    if !lines.is_empty() {
        found.push(Comment { whose: test.cloned().ok_or_else(|| place.to_owned()), text: lines.join(" ") });
        lines.clear();
    }
}

fn function_in(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("pub ").unwrap_or(line);
    let rest = rest.strip_prefix("async ").unwrap_or(rest).strip_prefix("fn ")?;
    rest.split(['(', '<']).next()
}
