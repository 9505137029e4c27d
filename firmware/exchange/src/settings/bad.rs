//! What is wrong with a value, in sentences; none says the value again.

use crate::limits::{
    DIAL_RULES_MAX, KEYS_MAX, SETTING_BYTES_MAX, SETTING_HOST_BYTES_MAX, SETTING_URL_BYTES_MAX,
};
use core::fmt;

/// Why a text is no value of a setting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bad {
    /// Nothing was typed.
    Empty,
    /// It has a letter that some makers' files cannot hold.
    Letter,
    /// It is longer than so many bytes.
    TooLong(usize),
    /// It is neither yes nor no.
    YesNo,
    /// It is no number from one to the other.
    Number(u32, u32),
    /// It is no host.
    Host,
    /// It is no URL that phones can read.
    Url,
    /// It is no time zone of the table.
    Zone,
    /// It is no language of the list.
    Language,
    /// It is no country of the list.
    Country,
    /// A codec is not known, or there twice.
    Codec,
    /// A key does not begin with its kind.
    KeyKind,
    /// A key has no number of its kind.
    KeyNumber,
    /// A key's name is too long.
    KeyLabel,
    /// There are too many keys.
    TooManyKeys,
    /// A number of the dial plan is none.
    Rule,
    /// A number of a dial plan is dialled before a claim code could be.
    RuleHidesClaim,
    /// There are too many numbers in the dial plan.
    TooManyRules,
    /// It is no range of ports for voice.
    Ports,
    /// It is no transport.
    Transport,
    /// It cannot be a password.
    Password,
    /// Nobody can set this so far up.
    Reach,
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sentence = match self {
            Bad::Empty => "Type a value, or set it back.",
            Bad::Letter => {
                "Line breaks, hidden characters, quotation marks and backslashes cannot stand in a \
                 phone's file."
            }
            Bad::TooLong(bytes) => return write!(f, "This is too long: {bytes} letters fit."),
            Bad::YesNo => "This is either yes or no.",
            Bad::Number(from, to) => {
                return write!(f, "This has to be a number from {from} to {to}.");
            }
            Bad::Host => "This has to be an IP address or a name such as time.example.com.",
            Bad::Url => {
                "This has to be a URL without spaces that begins with http://, https:// or tftp://."
            }
            Bad::Zone => "There is no such time zone; one is Europe/Berlin.",
            Bad::Language => "This has to be the code of a language that phones have, such as de.",
            Bad::Country => "This has to be the code of a country whose tones phones have, as de.",
            Bad::Codec => "Codecs are G722, PCMA, PCMU, G729 and OPUS, each at most once.",
            Bad::KeyKind => "A key begins with line, blf, speed or park.",
            Bad::KeyNumber => {
                "Behind the kind of a key comes a line from 1 to 8, an extension for blf, or a \
                 number of digits, * and + for speed and park."
            }
            Bad::KeyLabel => "What a key is called has 40 letters at most, fewer with accents.",
            Bad::TooManyKeys => return write!(f, "There can be at most {KEYS_MAX} keys."),
            Bad::Rule => {
                "Each number of a dial plan is made of digits, *, x and lists such as [1-9], and \
                 may end in one dot."
            }
            Bad::RuleHidesClaim => {
                "A number of this dial plan is dialled before a code to assign the phone could be: \
                 nothing that begins with *44 may end without a dot."
            }
            Bad::TooManyRules => {
                return write!(f, "There can be at most {DIAL_RULES_MAX} numbers in a dial plan.");
            }
            Bad::Ports => {
                "These have to be two ports from 1024 to 65535 with a minus between, the first of \
                 them even and the other at least 3 more, such as 16384-16393."
            }
            Bad::Transport => "This is udp, tcp or tls.",
            Bad::Password => {
                "A password has 8 to 31 letters without accents, digits and - _ . ! * + = @ ~ \
                 only: more does not pass through all phones' files."
            }
            Bad::Reach => "This can be set for one maker, model or handset only.",
        };
        f.write_str(sentence)
    }
}

// The sentences name these.
const _: () = assert!(crate::limits::LINES_MAX == 8 && crate::limits::TEXT_MAX == 40);
const _: () = assert!(SETTING_URL_BYTES_MAX < SETTING_BYTES_MAX);
const _: () = assert!(SETTING_HOST_BYTES_MAX < SETTING_BYTES_MAX);
