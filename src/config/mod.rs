//! Configuration: read once, at start, from flags, environment, file and seed (`contract.md`); and the two folders that
//! the service keeps, keys and state.
//!
//! Everything behind it takes typed values. No setting is looked up by name and no file is read a second time: what the key folder gets later is found by the name of a
//! certificate ([`key_files::Folder`]).

pub mod address;
pub mod database_url;
mod document;
pub mod error;
pub mod files;
pub mod key_files;
mod layers;
pub mod load;
pub mod policies;
pub mod seed;
pub mod setting;
pub mod settings;
mod show;
pub mod sspi;
pub mod state;

pub use address::{Advertise, base_url, certificate_names, host_name, issuer};
pub use database_url::{DatabaseKind, DatabaseUrl};
pub use error::{ConfigError, Hint, Place};
pub use files::FileError;
pub use key_files::{KeyFiles, KeyFilesError, TlsIdentity};
pub use layers::Assignment;
pub use load::{Configuration, Environment, load, load_settings};
pub use policies::Personality;
pub use seed::Seed;
pub use setting::{Kind, Scalar, Setting};
pub use settings::{Origin, Settings, StartVariables};
pub use sspi::{Sspi, SspiError};
pub use state::{Ephemeral, StateFolder};
