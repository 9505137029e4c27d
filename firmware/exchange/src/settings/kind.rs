//! What a setting can be: how a value is read from what somebody typed, and what it means.

use super::{keys, ports, Bad, Setting, Transport};
use crate::limits::{
    DIAL_PLAN_BYTES_MAX, DIAL_RULES_MAX, SETTING_BYTES_MAX, SETTING_HOST_BYTES_MAX,
    SETTING_URL_BYTES_MAX, WEB_PASSWORD_CHARS,
};
use crate::seat::CLAIM_RULE;
use crate::zone;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What values a setting has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `yes` or `no`.
    YesNo,
    /// A whole number.
    Number {
        /// The least.
        from: u32,
        /// The greatest.
        to: u32,
        /// What it counts, or what stands out; empty where nothing does.
        unit: &'static str,
    },
    /// An IPv4 address or a host name (RFC 1123 section 2.1).
    Host,
    /// A URL by HTTP, HTTPS or TFTP.
    Url,
    /// A time zone of [`crate::zone`].
    Zone,
    /// A language of [`language`].
    Language,
    /// A country of [`country`].
    Country,
    /// Codecs in order, with spaces between.
    Codecs,
    /// Keys, see [`super::keys()`].
    Keys,
    /// Numbers with `|` between.
    DialPlan,
    /// A range of ports, see [`super::ports()`].
    Ports,
    /// `udp`, `tcp` or `tls`.
    Transport,
    /// A password, which is never shown.
    Secret,
}

impl Setting {
    /// Makes a value in its one spelling of what somebody typed.
    pub fn read(self, typed: &str) -> Result<String, Bad> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err(Bad::Empty);
        }
        if typed.len() > SETTING_BYTES_MAX {
            return Err(Bad::TooLong(SETTING_BYTES_MAX));
        }
        if typed.chars().any(is_unfit) {
            return Err(Bad::Letter);
        }
        let lower = typed.to_ascii_lowercase();
        match self.entry().kind {
            Kind::YesNo => match lower.as_str() {
                "yes" | "no" => Ok(lower),
                _other => Err(Bad::YesNo),
            },
            Kind::Number { from, to, unit: _ } => {
                let number = typed.parse().ok().filter(|number| (from..=to).contains(number));
                number.map(|number: u32| number.to_string()).ok_or(Bad::Number(from, to))
            }
            Kind::Host => host(typed),
            Kind::Url => url(typed),
            Kind::Zone => zone::find(typed).map(|zone| zone.name.into()).ok_or(Bad::Zone),
            Kind::Language => language(&lower).map(|it| it.code.into()).ok_or(Bad::Language),
            Kind::Country => country(&lower).map(|it| it.code.into()).ok_or(Bad::Country),
            Kind::Codecs => {
                let names: Vec<&str> = codecs(typed)?.into_iter().map(Codec::name).collect();
                Ok(names.join(" "))
            }
            Kind::Keys => keys::spelt(typed),
            Kind::DialPlan => {
                let rules = rules(&lower)?;
                if rules.iter().any(|rule| !rule.open && hides_claim(rule.digits)) {
                    return Err(Bad::RuleHidesClaim);
                }
                let rules: Vec<&str> = rules.into_iter().map(|rule| rule.text).collect();
                Ok(rules.join("|"))
            }
            Kind::Ports => ports(typed).map(|ports| ports.to_string()).ok_or(Bad::Ports),
            Kind::Transport => {
                Transport::read(&lower).map(|it| it.word().into()).ok_or(Bad::Transport)
            }
            Kind::Secret => password(typed),
        }
    }
}

/// Whether a letter would be dropped on its way into some maker's file, or cannot be seen.
fn is_unfit(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '"' | '\\' | '\u{fffe}' | '\u{ffff}' | '\u{feff}')
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(letter, '\u{2060}'..='\u{206f}')
}

/// Reads an IPv4 address or a host name (RFC 1123 section 2.1).
pub(crate) fn host(typed: &str) -> Result<String, Bad> {
    if typed.len() > SETTING_HOST_BYTES_MAX {
        return Err(Bad::TooLong(SETTING_HOST_BYTES_MAX));
    }
    let plain = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let digits_only = typed.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let good = match digits_only {
        true => typed.parse::<core::net::Ipv4Addr>().is_ok(),
        false => typed.split('.').all(plain),
    };
    if good {
        Ok(typed.to_ascii_lowercase())
    } else {
        Err(Bad::Host)
    }
}

fn url(typed: &str) -> Result<String, Bad> {
    if typed.len() > SETTING_URL_BYTES_MAX {
        return Err(Bad::TooLong(SETTING_URL_BYTES_MAX));
    }
    let schemes = ["http://", "https://", "tftp://"];
    let rest = schemes.iter().find_map(|scheme| typed.strip_prefix(scheme)).ok_or(Bad::Url)?;
    // `#` would end the value in an Aastra's file, and no server sees it.
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'#' | b'<' | b'>' | b'\'');
    let named = rest.split(['/', '?']).next().is_some_and(|place| !place.is_empty());
    if named && rest.bytes().all(plain) {
        Ok(typed.into())
    } else {
        Err(Bad::Url)
    }
}

fn password(typed: &str) -> Result<String, Bad> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!*+=@~".contains(&byte);
    if WEB_PASSWORD_CHARS.contains(&typed.len()) && typed.bytes().all(plain) {
        Ok(typed.into())
    } else {
        Err(Bad::Password)
    }
}

/// A codec, by its name in SDP (RFC 3551, RFC 7587).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Codec {
    /// Wideband.
    G722,
    /// G.711 A-law.
    Pcma,
    /// G.711 mu-law.
    Pcmu,
    /// Eight kilobits.
    G729,
    /// Opus.
    Opus,
}

impl Codec {
    /// Every codec.
    pub const ALL: [Codec; 5] = [Codec::G722, Codec::Pcma, Codec::Pcmu, Codec::G729, Codec::Opus];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Codec::G722 => "G722",
            Codec::Pcma => "PCMA",
            Codec::Pcmu => "PCMU",
            Codec::G729 => "G729",
            Codec::Opus => "OPUS",
        }
    }
}

/// Reads codecs with spaces or commas between.
pub fn codecs(text: &str) -> Result<Vec<Codec>, Bad> {
    let mut codecs = Vec::new();
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        let known = |codec: &Codec| codec.name().eq_ignore_ascii_case(word);
        let codec = Codec::ALL.into_iter().find(known).ok_or(Bad::Codec)?;
        if codecs.contains(&codec) {
            return Err(Bad::Codec);
        }
        codecs.push(codec);
    }
    if codecs.is_empty() {
        return Err(Bad::Empty);
    }
    Ok(codecs)
}

/// A number of a dial plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rule<'a> {
    /// As it is stored.
    pub text: &'a str,
    /// Without the dot at its end.
    pub digits: &'a str,
    /// Whether any more digits may follow.
    pub open: bool,
}

/// Reads a dial plan.
pub fn rules(text: &str) -> Result<Vec<Rule<'_>>, Bad> {
    if text.len() > DIAL_PLAN_BYTES_MAX {
        return Err(Bad::TooLong(DIAL_PLAN_BYTES_MAX));
    }
    let mut rules = Vec::new();
    for text in text.split('|').map(str::trim) {
        if rules.len() == DIAL_RULES_MAX {
            return Err(Bad::TooManyRules);
        }
        let digits = text.strip_suffix('.').unwrap_or(text);
        if !are_digits(digits) {
            return Err(Bad::Rule);
        }
        rules.push(Rule { text, digits, open: digits.len() < text.len() });
    }
    Ok(rules)
}

/// Whether a text is digits, `*`, `x` and lists of digits such as `[1-357]`, at least one.
fn are_digits(text: &str) -> bool {
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = match first {
            b'0'..=b'9' | b'*' | b'x' => tail,
            b'[' => match tail.iter().position(|byte| *byte == b']') {
                Some(end) if tail.get(..end).is_some_and(is_list) => {
                    tail.get(end + 1..).unwrap_or_default()
                }
                Some(_) | None => return false,
            },
            _other => return false,
        };
    }
    !text.is_empty()
}

/// Whether a number that is dialled at once is the beginning of what is dialled with a claim code:
/// the phone would never dial the rest.
fn hides_claim(digits: &str) -> bool {
    let mut claim = CLAIM_RULE.bytes();
    let mut rest = digits.as_bytes();
    while let [first, tail @ ..] = rest {
        let Some(dialled) = claim.next() else { return false };
        let list = || {
            let end = tail.iter().position(|byte| *byte == b']').unwrap_or(tail.len());
            (tail.get(..end).unwrap_or_default(), tail.get(end + 1..).unwrap_or_default())
        };
        let meets = |digit: u8| dialled == digit || (dialled == b'x' && digit.is_ascii_digit());
        let (fits, after) = match first {
            b'x' => (dialled != b'*', tail),
            b'[' => {
                let (list, after) = list();
                let ends = |pair: &[u8]| matches!(pair, [from, b'-', to] if (from..=to).contains(&&dialled));
                (dialled == b'x' || list.contains(&dialled) || list.windows(3).any(ends), after)
            }
            digit => (meets(*digit), tail),
        };
        if !fits {
            return false;
        }
        rest = after;
    }
    claim.next().is_some()
}

/// Whether this is `1-3`, `157` or `1-357`, with no range the wrong way round.
fn is_list(list: &[u8]) -> bool {
    let mut rest = list;
    while let [first, tail @ ..] = rest {
        rest = match (first, tail) {
            (from, [b'-', to, tail @ ..])
                if from.is_ascii_digit() && to.is_ascii_digit() && from < to =>
            {
                tail
            }
            (digit, tail) if digit.is_ascii_digit() => tail,
            (_other, _tail) => return false,
        };
    }
    !list.is_empty()
}

/// A language that phones have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Language {
    /// Its code (ISO 639-1).
    pub code: &'static str,
    /// Its name in English.
    pub name: &'static str,
    /// Its own name for itself.
    pub own: &'static str,
}

/// The language of this code in lower case.
pub fn language(code: &str) -> Option<&'static Language> {
    LANGUAGES.iter().find(|language| language.code == code)
}

const fn speaks(code: &'static str, name: &'static str, own: &'static str) -> Language {
    Language { code, name, own }
}

static LANGUAGES: [Language; 20] = [
    speaks("cs", "Czech", "Čeština"),
    speaks("da", "Danish", "Dansk"),
    speaks("de", "German", "Deutsch"),
    speaks("en", "English", "English"),
    speaks("es", "Spanish", "Español"),
    speaks("et", "Estonian", "Eesti"),
    speaks("fi", "Finnish", "Suomi"),
    speaks("fr", "French", "Français"),
    speaks("hu", "Hungarian", "Magyar"),
    speaks("it", "Italian", "Italiano"),
    speaks("nb", "Norwegian", "Norsk"),
    speaks("nl", "Dutch", "Nederlands"),
    speaks("pl", "Polish", "Polski"),
    speaks("pt", "Portuguese", "Português"),
    speaks("ru", "Russian", "Русский"),
    speaks("sk", "Slovak", "Slovenčina"),
    speaks("sl", "Slovenian", "Slovenščina"),
    speaks("sv", "Swedish", "Svenska"),
    speaks("tr", "Turkish", "Türkçe"),
    speaks("uk", "Ukrainian", "Українська"),
];

/// A country whose tones phones have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Country {
    /// Its code of two letters (ISO 3166-1), in lower case.
    pub code: &'static str,
    /// Its code of three letters.
    pub three: &'static str,
    /// Its name in English.
    pub name: &'static str,
}

/// The country of this code in lower case.
pub fn country(code: &str) -> Option<&'static Country> {
    COUNTRIES.iter().find(|country| country.code == code)
}

const fn land(code: &'static str, three: &'static str, name: &'static str) -> Country {
    Country { code, three, name }
}

static COUNTRIES: [Country; 34] = [
    land("at", "AUT", "Austria"),
    land("au", "AUS", "Australia"),
    land("be", "BEL", "Belgium"),
    land("br", "BRA", "Brazil"),
    land("ca", "CAN", "Canada"),
    land("ch", "CHE", "Switzerland"),
    land("cl", "CHL", "Chile"),
    land("cn", "CHN", "China"),
    land("cz", "CZE", "Czech Republic"),
    land("de", "DEU", "Germany"),
    land("dk", "DNK", "Denmark"),
    land("es", "ESP", "Spain"),
    land("fi", "FIN", "Finland"),
    land("fr", "FRA", "France"),
    land("gb", "GBR", "Great Britain"),
    land("gr", "GRC", "Greece"),
    land("hu", "HUN", "Hungary"),
    land("ie", "IRL", "Ireland"),
    land("in", "IND", "India"),
    land("it", "ITA", "Italy"),
    land("jp", "JPN", "Japan"),
    land("lt", "LTU", "Lithuania"),
    land("mx", "MEX", "Mexico"),
    land("nl", "NLD", "Netherlands"),
    land("no", "NOR", "Norway"),
    land("nz", "NZL", "New Zealand"),
    land("pl", "POL", "Poland"),
    land("pt", "PRT", "Portugal"),
    land("ru", "RUS", "Russia"),
    land("se", "SWE", "Sweden"),
    land("tr", "TUR", "Turkey"),
    land("us", "USA", "United States"),
    land("uy", "URY", "Uruguay"),
    land("za", "ZAF", "South Africa"),
];
