//! Locales (`session-manager.md` §6): the grammar `ll` or `ll_CC`, the two lists, and the catalogue that
//! serves one.

/// The locale of one who names none.
pub const DEFAULT: &str = "en";

/// A locale the house accepts, and the one whose messages it uses for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locale {
    /// As asked for, `UserSession.locale`.
    pub locale: &'static str,
    /// The best catalogue, `UserSession.messageLocale`.
    pub message_locale: &'static str,
}

/// A text that is no locale, or one the house does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no known locale: {seen:?}")]
pub struct InvalidLocale {
    /// The text, cut to a printable length.
    pub seen: String,
}

impl Locale {
    /// The locale of a login: none, or an empty text, is the default.
    ///
    /// # Errors
    /// [`InvalidLocale`] for everything that is not in [`SUPPORTED`]. Case counts and `-` is not `_`.
    pub fn resolve(asked: Option<&str>) -> Result<Self, InvalidLocale> {
        Self::named(asked.filter(|text| !text.is_empty()).unwrap_or(DEFAULT))
    }

    /// The locale of this name, which may not be empty: what `SetLocale` takes.
    ///
    /// # Errors
    /// [`InvalidLocale`] for everything that is not in [`SUPPORTED`].
    pub fn named(asked: &str) -> Result<Self, InvalidLocale> {
        let unknown = || InvalidLocale { seen: asked.chars().filter(|c| !c.is_control()).take(16).collect() };
        let locale = SUPPORTED.iter().find(|locale| **locale == asked).ok_or_else(unknown)?;
        Ok(Self { locale, message_locale: catalogue(locale) })
    }
}

/// The same locale, or its language (Chinese has two catalogues and none of its own name), or the default.
fn catalogue(locale: &str) -> &'static str {
    let nearest = match locale {
        "zh" | "zh_SG" => "zh_CN",
        "zh_HK" => "zh_TW",
        other => other.split('_').next().unwrap_or_default(),
    };
    let wanted = [locale, nearest];
    wanted.iter().find_map(|name| MESSAGES.iter().find(|known| *known == name)).copied().unwrap_or(DEFAULT)
}

/// `messageLocaleList`: the languages of vCenter's own interface. Ours are all in English; a client only
/// reads names.
pub const MESSAGES: &[&str] = &["en", "de", "fr", "ja", "ko", "zh_CN", "zh_TW"];

/// `supportedLocaleList`. Wide, because `PowerCLI` sends the locale of its desktop, and a login must not fail
/// by it.
pub const SUPPORTED: &[&str] = &[
    "en", "de", "fr", "ja", "ko", "zh_CN", "zh_TW", "en_US", "en_GB", "en_CA", "en_AU", "en_IE", "en_IN",
    "en_NZ", "en_SG", "en_ZA", "de_DE", "de_CH", "de_AT", "fr_FR", "fr_CA", "fr_CH", "fr_BE", "ja_JP",
    "ko_KR", "zh", "zh_HK", "zh_SG", "es", "es_ES", "es_MX", "es_AR", "it", "it_IT", "it_CH", "pt", "pt_BR",
    "pt_PT", "nl", "nl_NL", "nl_BE", "da", "da_DK", "sv", "sv_SE", "nb", "nb_NO", "fi", "fi_FI", "pl",
    "pl_PL", "cs", "cs_CZ", "hu", "hu_HU", "ro", "ro_RO", "ru", "ru_RU", "tr", "tr_TR", "uk", "uk_UA", "el",
    "el_GR", "he", "he_IL",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(asked: &str) -> (&'static str, &'static str) {
        let locale = Locale::resolve(Some(asked)).expect(asked);
        (locale.locale, locale.message_locale)
    }

    #[test]
    fn who_names_none_gets_english() {
        let english = Locale { locale: "en", message_locale: "en" };
        assert_eq!(Locale::resolve(None), Ok(english));
        assert_eq!(Locale::resolve(Some("")), Ok(english));
        assert!(Locale::named("").is_err());
    }

    #[test]
    fn the_locale_is_echoed_and_the_best_catalogue_chosen() {
        assert_eq!(resolved("en_US"), ("en_US", "en"));
        assert_eq!(resolved("de_CH"), ("de_CH", "de"));
        assert_eq!(resolved("zh"), ("zh", "zh_CN"));
        assert_eq!(resolved("zh_TW"), ("zh_TW", "zh_TW"));
        assert_eq!(resolved("it_IT"), ("it_IT", "en"));
    }

    #[test]
    fn what_is_no_locale_or_unknown_is_refused() {
        for text in [
            "english",
            "e",
            "xx",
            "en_",
            "en_us",
            "EN_US",
            "en-US",
            "en_USA",
            "!!nonsense",
            " en",
            "en ",
            "en_XX",
        ] {
            assert!(Locale::resolve(Some(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn both_lists_are_of_the_grammar_and_every_catalogue_is_supported() {
        let letters = |text: &str, case: fn(&u8) -> bool| text.len() == 2 && text.bytes().all(|b| case(&b));
        for locale in SUPPORTED {
            let (language, country) = locale.split_once('_').unwrap_or((locale, "US"));
            assert!(
                letters(language, u8::is_ascii_lowercase) && letters(country, u8::is_ascii_uppercase),
                "{locale}"
            );
            assert_eq!(SUPPORTED.iter().filter(|other| *other == locale).count(), 1, "{locale}");
        }
        assert!(MESSAGES.iter().all(|locale| SUPPORTED.contains(locale)));
    }
}
