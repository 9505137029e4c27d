//! The one trait through which the exchange asks for the text of a phone's file, and the values a
//! template may read.
//!
//! The exchange decides *which* file a handset gets and *with which values*; how a template becomes
//! bytes is the `render` crate's business. [`Values`] is the whole vocabulary of templates: what is
//! not in here, no template can say. It holds secrets, therefore it has no `Debug`.

use crate::settings::{Ports, Transport};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Turns a template and its values into the bytes of a file.
pub trait Render {
    /// Appends the rendered template to `out`; `out` is left as it was on failure.
    ///
    /// `template` is a path in the shipped set, such as `yealink/mac.cfg`.
    fn render(&self, template: &str, values: &Values, out: &mut Vec<u8>) -> Result<(), Unrendered>;

    /// The same with an admin's own source in the place of the shipped one of this name.
    fn render_own(
        &self,
        template: &str,
        source: &str,
        values: &Values,
        out: &mut Vec<u8>,
    ) -> Result<(), Unrendered>;
}

/// Why a template gave no file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unrendered {
    /// There is no template of this name.
    Unknown,
    /// The template failed at this line.
    Failed {
        /// Line of the template, counted from 1; 0 where it is not known.
        line: u32,
    },
    /// The file would be larger than [`crate::limits::FILE_BYTES_MAX`].
    TooLarge,
}

/// Everything a template may read.
#[derive(Clone, Serialize, Deserialize)]
pub struct Values {
    /// The handset the file is for; `None` in a file common to all phones of a model.
    pub handset: Option<HandsetValues>,
    /// Model as recognised, such as `T46U`; empty where unknown.
    pub model: String,
    /// How many lines the handset has; 0 in a file common to all phones of a model.
    pub line_count: u8,
    /// Folder of the screens that ask at the phone who sits there, ending in `/`; empty where it
    /// shows none, and in a file common to all phones of a model.
    pub screens_url: String,
    /// The site as this phone is to see it: server, time and provisioning.
    pub site: SiteValues,
    /// What else is set, by whichever layer is nearest.
    pub settings: SettingValues,
}

/// What a template may read of one handset.
#[derive(Clone, Serialize, Deserialize)]
pub struct HandsetValues {
    /// Hardware address, twelve lower-case hex digits.
    pub mac: String,
    /// Hardware address, twelve upper-case hex digits.
    pub mac_upper: String,
    /// Hardware address, lower-case with colons.
    pub mac_colons: String,
    /// The administrator's password of the phone's own web page and menu.
    pub web_password: String,
    /// The user's password of that page; the administrator's where nobody has set another.
    pub user_password: String,
    /// One to eight SIP accounts, in order.
    pub lines: Vec<LineValues>,
}

/// One SIP account of a handset.
#[derive(Clone, Serialize, Deserialize)]
pub struct LineValues {
    /// Position on the phone, counted from 1.
    pub number: u8,
    /// Digest user name and user part of the address of record.
    pub login: String,
    /// Digest password.
    pub password: String,
    /// Extension people dial; empty while nobody is assigned.
    pub extension: String,
    /// What the phone shows beside the key: extension and name, or the last digits of the MAC.
    pub label: String,
    /// Display name in calls; empty while nobody is assigned.
    pub name: String,
}

/// What a template may read of the site.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct SiteValues {
    /// Address of this box as the phone reaches it.
    pub server: String,
    /// Port of this box at which the phone registers, by the transport of its lines.
    pub sip_port: u16,
    /// Registration interval a phone shall ask for, in seconds.
    pub expires_s: u32,
    /// Directory from which the phone fetches its files, ending in `/`.
    pub provision_url: String,
    /// The same without scheme, and without the `/` at its end.
    pub provision_path: String,
    /// Host name or address of the time server; empty where there is none, on the WAN.
    pub ntp_server: String,
    /// The site's time zone in each form a maker reads.
    pub zone: ZoneValues,
    /// How often a phone asks again for its files, in minutes.
    pub poll_min: u32,
    /// The authority of this box, for a phone that has to trust it.
    pub authority: Option<AuthorityValues>,
}

/// The certificate by which a phone trusts what the box shows over TLS.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct AuthorityValues {
    /// Where it is, as PEM.
    pub url: String,
    /// Where it is, as DER.
    pub der_url: String,
    /// Its base64 digits by lines, as they stand between the first and the last line of PEM.
    pub lines: Vec<String>,
}

/// What is set of a phone; an empty text or list, or nothing, is not set, and the phone stays as it
/// is.
#[derive(Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct SettingValues {
    /// Keys behind those of the lines, in order.
    pub keys: Vec<KeyValues>,
    /// URL of the phone book.
    pub phone_book_url: String,
    /// VLAN of the phone, 1 to 4094; 0 for none at all.
    pub vlan_id: Option<u16>,
    /// Priority in it (IEEE 802.1Q), 0 to 7.
    pub vlan_priority: Option<u8>,
    /// VLAN of the port for a computer, 1 to 4094; 0 for none at all.
    pub pc_vlan_id: Option<u16>,
    /// Codecs in order: `G722`, `PCMA`, `PCMU`, `G729`, `OPUS`.
    pub codecs: Vec<String>,
    /// Host to which the phone sends its log.
    pub syslog_server: String,
    /// URL of firmware.
    pub firmware_url: String,
    /// Language of the display.
    pub language: Option<LanguageValues>,
    /// Whose tones are heard.
    pub tone: Option<ToneValues>,
    /// Numbers that are dialled at once.
    pub dial_plan: Vec<RuleValues>,
    /// Port by which the phone speaks SIP.
    pub sip_port: Option<u16>,
    /// Ports for voice: `first` and `last`.
    pub rtp: Option<Ports>,
    /// How often the phone keeps a NAT open, in seconds.
    pub keep_alive_s: Option<u16>,
    /// By what its lines reach the box: `udp`, `tcp` or `tls`.
    pub transport: Transport,
}

/// A key beside the display.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyValues {
    /// Its place behind the keys of the lines, counted from 1.
    pub place: u8,
    /// `line`, `blf`, `speed` or `park`.
    pub kind: String,
    /// A line's place, an extension, a number, or where calls are parked.
    pub number: String,
    /// What stands beside it; the number where it has no name.
    pub label: String,
}

/// A language.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct LanguageValues {
    /// Its code (ISO 639-1), such as `de`.
    pub code: String,
    /// Its English name, such as `German`.
    pub name: String,
    /// Its own name, such as `Deutsch`.
    pub own: String,
}

/// A country, for tones.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct ToneValues {
    /// Two letters (ISO 3166-1) in lower case, such as `de`.
    pub code: String,
    /// Three letters in upper case, such as `DEU`.
    pub three: String,
    /// Its English name, such as `Germany`.
    pub name: String,
}

/// A number of the dial plan: digits, `*`, `x` for any digit and lists such as `[1-9]`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleValues {
    /// The number, without a dot at its end.
    pub digits: String,
    /// Whether any more digits may follow.
    pub open: bool,
}

/// A time zone in the forms that phones read.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct ZoneValues {
    /// Name in the tz database, such as `Europe/Berlin`.
    pub name: String,
    /// POSIX TZ string, such as `CET-1CEST,M3.5.0,M10.5.0/3`.
    pub posix: String,
    /// The same with every default written out and letters only for names, for phones that know no
    /// defaults, such as `CET-1CEST-2,M3.5.0/2,M10.5.0/3`.
    pub posix_plain: String,
    /// Standard time's offset east of UTC, in seconds.
    pub offset_s: i32,
    /// Standard time's offset as `+HH:MM` or `-HH:MM`.
    pub offset_text: String,
    /// Standard time's offset in hours as a number phones show, such as `+1`, `-3:30`, `0`.
    pub offset_hours: String,
    /// When summer time begins and ends; `None` where there is none.
    pub summer: Option<SummerValues>,
    /// Two-letter country code in lower case for tones; empty where unknown.
    pub country: String,
}

/// The yearly change to summer time and back, local wall clock.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct SummerValues {
    /// When clocks go forward.
    pub start: ChangeValues,
    /// When clocks go back.
    pub end: ChangeValues,
    /// How far clocks go forward, in minutes.
    pub save_min: u32,
}

/// One change of clocks, as in POSIX `Mm.w.d/h`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangeValues {
    /// Month, 1 to 12.
    pub month: u8,
    /// Week of the month, 1 to 4, or 5 for the last.
    pub week: u8,
    /// Day of the week, 0 is Sunday.
    pub weekday: u8,
    /// Hour of the day.
    pub hour: u8,
}
