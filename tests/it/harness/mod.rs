//! What every case stands on: a database, a house on it, the people in it, and a wire to its door.

pub mod database;
pub mod exchange;
pub mod house;
pub mod operator;
pub mod people;
pub mod requests;
pub mod wire;

pub use database::Place;
pub use house::{House, Plan};
pub use operator::{Said, basic};
pub use people::{PASSWORD, RETIRED, ROBOT, STRANGER};
pub use requests::{Act, Credential, now};
pub use wire::{Answer, Request, Wire};

/// Makes of every function two tests, one for each database.
macro_rules! on_both {
    ($($(#[$meta:meta])* fn $name:ident($place:ident) $body:block)*) => {
        $(mod $name {
            #[allow(unused_imports, reason = "not every case needs everything of its file")]
            use super::*;

            $(#[$meta])*
            fn the_case($place: &$crate::harness::Place) $body

            #[test]
            fn on_sqlite() {
                the_case(&$crate::harness::Place::sqlite());
            }

            #[test]
            fn on_postgres() {
                if let Some(place) = $crate::harness::Place::postgres() {
                    the_case(&place);
                }
            }
        })*
    };
}
