//! Other Security Token Services whose tokens are accepted: what they sign with, whom they speak for, and which groups of
//! this domain their users belong to here (`sts.md` §7.6).

use super::error::Noun;
use super::groups::PrincipalKind;
use super::native::{rows, run};
use super::{Epoch, Store, StoreError, Unit, sql, text};
use crate::clock::Moment;
use crate::identity::principal::fold;

/// An external issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalIssuer {
    /// Its entity identifier: `Issuer` of its tokens.
    pub issuer: String,
    /// The domain of its users. No two issuers have one.
    pub domain: String,
    /// The certificates it signs with, as concatenated PEM.
    pub certificates_pem: String,
    /// Groups of this domain, by name.
    pub groups: Vec<String>,
}

impl Store {
    /// Every external issuer, and the epoch for which that is so.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    pub async fn external_issuers(&self) -> Result<(Vec<ExternalIssuer>, Epoch), StoreError> {
        let lines: Vec<Line> = rows!(&mut self.reader().await?.link(), sql::EXTERNAL_ISSUERS)?;
        let epoch = Epoch(lines.first().map_or(0, |line| line.epoch));
        let mut issuers: Vec<ExternalIssuer> = Vec::new();
        for Line { issuer, domain, certificates, group_name, .. } in lines {
            let (Some(issuer), Some(domain), Some(certificates_pem)) = (issuer, domain, certificates) else {
                continue;
            };
            match issuers.last_mut().filter(|last| last.issuer == issuer) {
                Some(last) => last.groups.extend(group_name),
                None => issuers.push(ExternalIssuer {
                    issuer,
                    domain,
                    certificates_pem,
                    groups: group_name.into_iter().collect(),
                }),
            }
        }
        Ok((issuers, epoch))
    }
}

impl Unit {
    /// Accepts the tokens of an issuer, or says something else of one that is known.
    ///
    /// # Errors
    /// [`StoreError::NameTaken`] when another one speaks for the domain, [`StoreError::NotFound`] for a group.
    pub async fn put_external_issuer(&mut self, new: &ExternalIssuer, now: Moment) -> Result<(), StoreError> {
        self.bump().await?;
        let ExternalIssuer { issuer, domain, certificates_pem, groups } = new;
        let folded = fold(domain);
        if self.speaker_for(domain).await?.is_some_and(|speaker| speaker != *issuer) {
            return Err(StoreError::NameTaken { name: domain.clone() });
        }
        let (named, certificates) = (text(issuer), text(certificates_pem));
        let created = now.micros();
        run!(
            &mut self.link(),
            sql::PUT_EXTERNAL_ISSUER,
            &*named,
            text(domain),
            text(&folded),
            certificates,
            created
        )?;
        run!(&mut self.link(), sql::CLEAR_ISSUER_GROUPS, &*named)?;
        for group in groups {
            let found = self.find(group).await?.filter(|found| found.kind == PrincipalKind::Group);
            let id = found.ok_or_else(|| StoreError::not_found(Noun::Group, group))?.id;
            run!(&mut self.link(), sql::ADD_ISSUER_GROUP, &*named, text(&id))?;
        }
        Ok(())
    }

    /// Which issuer speaks for a domain.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn speaker_for(&mut self, domain: &str) -> Result<Option<String>, StoreError> {
        let speakers: Vec<(String,)> = rows!(&mut self.link(), sql::SPEAKER_FOR, text(&fold(domain)))?;
        Ok(speakers.into_iter().next().map(|(issuer,)| issuer))
    }

    /// Accepts no token of it any more; who came with one is nobody from now on.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn remove_external_issuer(&mut self, issuer: &str) -> Result<(), StoreError> {
        self.bump().await?;
        let removed: Vec<(String,)> = rows!(&mut self.link(), sql::REMOVE_EXTERNAL_ISSUER, text(issuer))?;
        if removed.is_empty() { Err(StoreError::not_found(Noun::ExternalIssuer, issuer)) } else { Ok(()) }
    }
}

/// An issuer with one of its groups, or, when there is none, the epoch alone.
#[derive(sqlx::FromRow)]
struct Line {
    epoch: i64,
    issuer: Option<String>,
    domain: Option<String>,
    certificates: Option<String>,
    group_name: Option<String>,
}
