//! How rows are run: the good twin first, then the mutation at every entry, and the refusing step must be the one named.

use std::collections::HashMap;
use std::sync::LazyLock;

use vcsso::verifier::StepId;

use crate::world::{
    Base, Confirms, KEYS, Shape, Verdict, key_info, message, plain, sign_token, token, verdict_of_message,
    verdict_of_token,
};

/// What must come of it.
#[derive(Clone, Copy, Debug)]
pub enum Expect {
    /// Refused, by this step.
    Refused(StepId),
    /// Accepted, with exactly the claims of the good token.
    Same,
}

/// A row about a token. Its mutation is run alone and in every message that carries a token, in both shapes.
pub struct TokenRow {
    pub id: &'static str,
    pub what: &'static str,
    pub own: Expect,
    pub foreign: Expect,
    pub change: fn(&Good) -> String,
    pub only: Only,
}

/// Where a row makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Only {
    Everywhere,
    Bearer,
    Holder,
    Alone,
}

/// A row about a message.
pub struct MessageRow {
    pub id: &'static str,
    pub what: &'static str,
    pub bases: &'static [Base],
    pub expect: Expect,
    pub change: fn(&str, Base) -> String,
}

/// A good token, and what it is made of.
pub struct Good {
    pub plain: String,
    pub token: String,
}

impl Good {
    /// Edited, then signed by the trusted key.
    pub fn signed(&self, edit: impl Fn(&str) -> String) -> String {
        sign_token(&edit(&self.plain), &KEYS.sts.key, &key_info(KEYS.sts.certificate()), |info| info)
    }

    /// `SignedInfo` edited, then signed by the trusted key.
    pub fn info(&self, edit: impl Fn(&str) -> String) -> String {
        sign_token(&self.plain, &KEYS.sts.key, &key_info(KEYS.sts.certificate()), |info| edit(&info))
    }

    /// An unsigned assertion about somebody else.
    pub fn evil(&self) -> String {
        let evil = self.plain.replace("alice@VSPHERE.LOCAL", "Administrator@VSPHERE.LOCAL");
        evil.replace(crate::world::TOKEN_ID, "_evil")
    }
}

pub const fn token_row(
    id: &'static str,
    what: &'static str,
    expect: Expect,
    change: fn(&Good) -> String,
) -> TokenRow {
    TokenRow { id, what, own: expect, foreign: expect, change, only: Only::Everywhere }
}

pub const fn refused(
    id: &'static str,
    what: &'static str,
    step: StepId,
    change: fn(&Good) -> String,
) -> TokenRow {
    token_row(id, what, Expect::Refused(step), change)
}

impl TokenRow {
    pub const fn only(mut self, only: Only) -> Self {
        self.only = only;
        self
    }

    pub const fn foreign(mut self, expect: Expect) -> Self {
        self.foreign = expect;
        self
    }
}

const WITH_TOKEN: [Base; 3] = [Base::SdkBearer, Base::SdkHolder, Base::StsHolder];

static TOKENS: LazyLock<HashMap<String, Good>> = LazyLock::new(|| {
    let shapes = [Shape::Own, Shape::Foreign];
    let pairs = shapes.iter().flat_map(|shape| [Confirms::Bearer, Confirms::Holder].map(|c| (*shape, c)));
    let good =
        |(shape, c)| (format!("{shape:?}{c:?}"), Good { plain: plain(shape, c), token: token(shape, c) });
    pairs.map(good).collect()
});

pub fn good(shape: Shape, confirms: Confirms) -> &'static Good {
    &TOKENS[&format!("{shape:?}{confirms:?}")]
}

/// A good message and its verdict: the twin of every row.
static MESSAGES: LazyLock<HashMap<String, (String, Verdict)>> = LazyLock::new(|| {
    let bases = [Base::SdkBearer, Base::SdkHolder, Base::StsHolder, Base::StsCertificate, Base::StsPassword];
    let pairs = bases.iter().flat_map(|base| [Shape::Own, Shape::Foreign].map(|shape| (*base, shape)));
    let twin = |(base, shape)| {
        let text = message(base, &good(shape, base.confirms()).token);
        let verdict = verdict_of_message(text.as_bytes(), base.door());
        (format!("{base:?}{shape:?}"), (text, verdict))
    };
    pairs.map(twin).collect()
});

pub fn good_message(base: Base, shape: Shape) -> &'static (String, Verdict) {
    &MESSAGES[&format!("{base:?}{shape:?}")]
}

pub fn run_tokens(rows: &[TokenRow]) {
    let mut wrong = Vec::new();
    for row in rows {
        for shape in [Shape::Own, Shape::Foreign] {
            for confirms in [Confirms::Bearer, Confirms::Holder] {
                run_token(row, shape, confirms, &mut wrong);
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn run_token(row: &TokenRow, shape: Shape, confirms: Confirms, wrong: &mut Vec<String>) {
    match (row.only, confirms) {
        (Only::Bearer, Confirms::Holder) | (Only::Holder, Confirms::Bearer) => return,
        _ => {}
    }
    let good = good(shape, confirms);
    let expect = if shape == Shape::Own { row.own } else { row.foreign };
    let hostile = (row.change)(good);
    assert_ne!(hostile, good.token, "{} {}: nothing was changed", row.id, row.what);
    let name = |entry: &str| format!("{} {} ({shape:?} {confirms:?}, {entry})", row.id, row.what);
    let twin = verdict_of_token(good.token.as_bytes());
    compare(&name("alone"), expect, &twin, &verdict_of_token(hostile.as_bytes()), wrong);
    if shape == Shape::Own && hostile.starts_with("<saml2:Assertion xmlns") {
        // One more space: out of our shape, so the strict path must say the same.
        let respelled = hostile.replacen("<saml2:Assertion xmlns", "<saml2:Assertion  xmlns", 1);
        compare(&name("alone, respelled"), expect, &twin, &verdict_of_token(respelled.as_bytes()), wrong);
    }
    if row.only == Only::Alone {
        return;
    }
    for base in WITH_TOKEN.into_iter().filter(|base| base.confirms() == confirms) {
        // The token is no part of what the message signs, so the signature of the message still holds.
        let (text, twin) = good_message(base, shape);
        let hostile = text.replace(&good.token, &hostile);
        let verdict = verdict_of_message(hostile.as_bytes(), base.door());
        compare(&name(&format!("{base:?}")), expect, twin, &verdict, wrong);
    }
}

pub fn run_messages(rows: &[MessageRow]) {
    let mut wrong = Vec::new();
    for row in rows {
        for base in row.bases {
            for shape in [Shape::Own, Shape::Foreign] {
                let (text, twin) = good_message(*base, shape);
                let hostile = (row.change)(text, *base);
                let name = format!("{} {} ({base:?}, {shape:?})", row.id, row.what);
                assert_ne!(hostile, *text, "{name}: nothing was changed");
                let verdict = verdict_of_message(hostile.as_bytes(), base.door());
                compare(&name, row.expect, twin, &verdict, &mut wrong);
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn compare(name: &str, expect: Expect, twin: &Verdict, verdict: &Verdict, wrong: &mut Vec<String>) {
    if let Some(step) = twin.refusal {
        wrong.push(format!("{name}: the good twin is refused by {}: {}", step.as_str(), twin.report));
        return;
    }
    let fits = match expect {
        Expect::Refused(step) => verdict.refusal == Some(step) && verdict.claims.is_none(),
        Expect::Same => verdict.refusal.is_none() && verdict.claims == twin.claims,
    };
    if !fits {
        let seen = verdict.refusal.map_or("accepted", StepId::as_str);
        let wanted = match expect {
            Expect::Refused(step) => step.as_str(),
            Expect::Same => "the same claims",
        };
        let report: String = verdict.report.chars().take(1_500).collect();
        wrong.push(format!("{name}: {seen}, wanted {wanted}: {report}"));
    }
}
