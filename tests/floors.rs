//! The floors of the house (`docs/ARCHITECTURE.md`): what each module may import, and what the pure ones never name.
//!
//! The table is the plan; everything else is read from `src/`. A new module is a word in the table.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};

/// Every module, floor by floor from the ground, on each floor from left to right: who imports stands right of what it
/// imports.
const FLOORS: [&[&str]; 8] = [
    &["clock", "entropy", "secret"],
    &["xml", "pki", "dsig", "json"],
    &[
        "soap",
        "wsse",
        "saml",
        "wstrust",
        "vapi_sign",
        "vapi_rpc",
        "jwt",
        "negotiate",
        "vim",
        "lookup",
        "sso_admin",
    ],
    &["identity", "session", "verifier", "sts"],
    &["store"],
    &["lab", "app", "client"],
    &["http"],
    &["config", "telemetry", "cli"],
];

/// The protocols do not know each other; `soap` carries them all (`decisions.md` §32).
const PROTOCOLS: usize = 2;
const SHARED_PROTOCOLS: &[&str] = &["soap"];
/// Everything up to here is without I/O, and `client` is too.
const PURE: usize = 3;
const PURE_ABOVE: &[&str] = &["client"];
const IMPURE: &[&str] = &["std::fs", "std::net", "SystemTime", "tokio", "sqlx", "actix"];
/// A door turns bytes into an act and back; it looks into none of these.
const CLOSED_TO_DOORS: &[&str] = &["store", "dsig", "xml"];
/// A file has one job. More lines than this before its tests need an explanation here.
const MOST_LINES: usize = 400;
const EXPLAINED: &[(&str, &str)] = &[];

struct Source {
    path: PathBuf,
    /// The modules on the way to it: `["http", "sdk", "calls"]`.
    modules: Vec<String>,
    text: String,
}

impl Source {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Lines of code with their numbers; whether they belong to the tests at the end.
    fn code(&self) -> impl Iterator<Item = (usize, &str, bool)> {
        let tests = self.text.lines().position(|line| line.trim() == "#[cfg(test)]").unwrap_or(usize::MAX);
        let code = self.text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
        code.map(move |(number, line)| (number + 1, line, number >= tests))
    }

    /// Top-level modules that a line names, by `crate::` or by enough `super::`.
    fn imports(&self, line: &str, in_tests: bool) -> Vec<String> {
        let roots: Vec<&str> = line.split("crate::").skip(1).filter(|_| !line.contains("$crate::")).collect();
        let mut found: Vec<&str> = roots.iter().flat_map(|rest| heads(rest)).collect();
        let mut rest = line;
        while let Some((_, after)) = rest.split_once("super::") {
            let (mut chain, mut tail) = (1, after);
            while let Some(deeper) = tail.strip_prefix("super::") {
                (chain, tail) = (chain + 1, deeper);
            }
            if chain >= self.modules.len() + usize::from(in_tests) {
                found.extend(heads(tail));
            }
            rest = tail;
        }
        found.into_iter().map(str::to_owned).collect()
    }
}

/// The first names after a path's root: one, or those of a group.
fn heads(rest: &str) -> Vec<&str> {
    let name = |text: &str| text.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(text.len());
    let group = rest.strip_prefix('{').and_then(|inside| inside.split('}').next());
    let parts: Vec<&str> =
        group.map_or_else(|| vec![rest], |inside| inside.split(',').map(str::trim).collect());
    parts.into_iter().map(|part| part.split_at(name(part)).0).filter(|part| !part.is_empty()).collect()
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    collect(root, &root.join("src"), &mut found);
    assert!(found.len() > 100, "only {} files were found", found.len());
    found
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let relative = path.strip_prefix(root).unwrap().to_owned();
            let parts = relative.with_extension("");
            let parts = parts.iter().skip(1).map(|part| part.to_str().unwrap().to_owned());
            let modules = parts.filter(|part| part != "mod").collect();
            found.push(Source { path: relative, modules, text: std::fs::read_to_string(&path).unwrap() });
        }
    }
}

/// Floor and place of a module.
fn place(module: &str) -> Option<(usize, usize)> {
    FLOORS.iter().enumerate().find_map(|(floor, modules)| {
        modules.iter().position(|other| *other == module).map(|place| (floor, place))
    })
}

fn may_import(from: &str, to: &str, line: &str) -> bool {
    let (Some((floor, place_of)), Some((other_floor, other_place))) = (place(from), place(to)) else {
        return false;
    };
    if floor != other_floor {
        return other_floor < floor;
    }
    let values = matches!(from, "lookup" | "sso_admin") && line.contains("vim::values");
    from == to || other_place < place_of && (floor != PROTOCOLS || SHARED_PROTOCOLS.contains(&to) || values)
}

/// The files of the modules; `lib.rs` and `main.rs` are the map and the door bell.
fn housed() -> Vec<Source> {
    let mut sources = sources();
    sources.retain(|source| !matches!(source.modules.first().map(String::as_str), Some("lib" | "main")));
    sources
}

fn none_of(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_module_of_the_house_stands_on_a_floor_and_no_floor_is_made_of_air() {
    let lib = sources().into_iter().find(|source| source.modules == ["lib"]).unwrap();
    let mut modules: Vec<&str> =
        lib.text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let mut table: Vec<&str> = FLOORS.concat();
    modules.sort_unstable();
    table.sort_unstable();
    assert_eq!(modules, table);
}

#[test]
fn imports_point_down_or_to_the_left() {
    let mut wrong = Vec::new();
    for source in housed() {
        let from = source.modules.first().unwrap();
        for (number, line, in_tests) in source.code() {
            for to in source.imports(line, in_tests) {
                let known = place(&to).is_some() || in_tests && to == "tests";
                if !known || !may_import(from, &to, line) {
                    wrong.push(format!("{}:{number}: {from} imports {to}", source.name()));
                }
            }
        }
    }
    none_of(&wrong);
}

#[test]
fn the_rules_of_this_table_are_what_they_say() {
    assert!(may_import("app", "store", "") && !may_import("store", "app", ""));
    assert!(may_import("dsig", "pki", "") && !may_import("pki", "dsig", ""));
    assert!(may_import("vim", "soap", "") && !may_import("vim", "wstrust", ""));
    assert!(!may_import("http", "config", "") && !may_import("clock", "nowhere", ""));
    let source = |path: &[&str]| Source {
        path: PathBuf::new(),
        modules: path.iter().map(|part| (*part).to_owned()).collect(),
        text: String::new(),
    };
    let calls = source(&["http", "sdk", "calls"]);
    assert_eq!(
        calls.imports("use crate::{app, vim::Fault}; use crate::store::Store;", false),
        ["app", "vim", "store"]
    );
    assert_eq!(calls.imports("use super::super::super::config::load;", false), ["config"]);
    assert!(calls.imports("use super::super::Site;", false).is_empty());
    assert_eq!(source(&["clock"]).imports("super::entropy::hex(x)", false), ["entropy"]);
    assert!(source(&["clock"]).imports("use super::*;", true).is_empty());
}

#[test]
fn the_pure_floors_name_no_file_socket_clock_runtime_database_or_server() {
    let mut wrong = Vec::new();
    for source in housed() {
        let module = source.modules.first().unwrap();
        if place(module).is_none_or(|(floor, _)| floor > PURE) && !PURE_ABOVE.contains(&module.as_str()) {
            continue;
        }
        for (number, line, _) in source.code() {
            for name in IMPURE.iter().filter(|name| line.contains(**name)) {
                wrong.push(format!("{}:{number}: {module} names {name}", source.name()));
            }
        }
    }
    none_of(&wrong);
}

#[test]
fn doors_look_into_no_store_no_signature_and_no_document() {
    let mut wrong = Vec::new();
    for source in housed().into_iter().filter(|source| source.modules.first().unwrap() == "http") {
        for (number, line, in_tests) in source.code() {
            let named = source.imports(line, in_tests);
            if named.iter().any(|name| CLOSED_TO_DOORS.contains(&name.as_str())) {
                wrong.push(format!("{}:{number}: {}", source.name(), line.trim()));
            }
        }
    }
    none_of(&wrong);
}

#[test]
fn a_file_is_short_or_explained() {
    let mut wrong = Vec::new();
    for source in sources() {
        let lines = source.text.lines().take_while(|line| line.trim() != "#[cfg(test)]").count();
        let explained = EXPLAINED.iter().any(|(path, _)| *path == source.name());
        match lines > MOST_LINES {
            true if !explained => wrong.push(format!("{}: {lines} lines", source.name())),
            false if explained => wrong.push(format!("{}: needs no explanation any more", source.name())),
            _ => {}
        }
    }
    none_of(&wrong);
}

#[test]
fn the_two_lists_of_migrations_have_the_same_names() {
    let names = |kind: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(kind);
        let mut names: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort_unstable();
        names
    };
    assert_eq!(names("sqlite"), names("postgres"));
    assert!(!names("sqlite").is_empty());
}
