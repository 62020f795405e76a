//! Policies changed while running: names and values, nothing about what they mean (`decisions.md` §27).

use std::collections::BTreeMap;

use super::native::{Link, rows, run};
use super::{Epoch, Store, StoreError, Unit, sql, text};

impl Store {
    /// Every setting, and the epoch for which that is so.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn settings(&self) -> Result<(BTreeMap<String, String>, Epoch), StoreError> {
        settings(&mut self.reader().await?.link()).await
    }
}

impl Unit {
    /// As [`Store::settings`], within the unit.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn settings(&mut self) -> Result<(BTreeMap<String, String>, Epoch), StoreError> {
        settings(&mut self.link()).await
    }

    /// Sets a value, or with nothing takes it back. Replicas learn of it by the epoch.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set_setting(&mut self, name: &str, value: Option<&str>) -> Result<(), StoreError> {
        self.bump().await?;
        self.set_unwatched_setting(name, value).await
    }

    /// As [`Self::set_setting`], for what is read anew whenever it is asked for: no decision rests on it, so none has to
    /// be made again.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set_unwatched_setting(&mut self, name: &str, value: Option<&str>) -> Result<(), StoreError> {
        let link = &mut self.link();
        match value {
            Some(value) => drop(run!(link, sql::PUT_SETTING, text(name), text(value))?),
            None => drop::<Vec<(String,)>>(rows!(link, sql::REMOVE_SETTING, text(name))?),
        }
        Ok(())
    }
}

async fn settings(link: &mut Link<'_>) -> Result<(BTreeMap<String, String>, Epoch), StoreError> {
    let lines: Vec<(i64, Option<String>, Option<String>)> = rows!(link, sql::SETTINGS)?;
    let epoch = Epoch(lines.first().map_or(0, |(epoch, ..)| *epoch));
    Ok((lines.into_iter().filter_map(|(_, name, value)| name.zip(value)).collect(), epoch))
}
