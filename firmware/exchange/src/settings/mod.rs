//! What can be set of a phone, in words that every maker's phones share.
//!
//! [`TABLE`] has all settings; a template says each in its maker's words, and what a maker's files
//! cannot say is named by [`Catalog::cannot`](crate::catalog::Catalog::cannot). A value is a text
//! in one spelling, the same on flash, in a backup and in a form; [`Setting::read`] makes it of
//! what somebody typed, or says what is wrong.
//!
//! Values are layered setting by setting (see [`crate::layer`]): the nearest [`Layer`] that has a
//! value wins, a list as a whole. Below all layers lies a [`Ground`].
//!
//! Limits: [`crate::limits::SETTING_VALUES_MAX`] values and [`crate::limits::SETTINGS_BYTES_MAX`]
//! bytes of flash for all of them together.

mod bad;
mod keys;
mod kind;
mod nat;
mod place;
mod remote;
mod show;
mod store;
mod table;
#[cfg(test)]
mod tests;
mod values;

pub use bad::Bad;
pub use keys::{keys, Key, KeyKind};
pub(crate) use kind::host;
pub use kind::{codecs, country, language, rules, Codec, Country, Kind, Language, Rule};
pub use nat::{ports, Ports, Transport};
pub use place::Origin;
pub(crate) use remote::{in_force, ports_used};
pub(crate) use show::{of_handset, view};
pub use store::Store;
pub use table::{Entry, Ground, Reach, Setting, TABLE};
pub(crate) use values::{site_zone, Known};

/// What a maker's files may be unable to say: each setting by its id, and these parts of one.
///
/// A kind of key and a codec are told on their own, since a maker may know some of them only;
/// `more_codecs` is the order behind the first. `last_rtp_port` is where the ports for voice end;
/// of the transports all phones know UDP.
pub const PARTS: [&str; 10] = [
    "key_line",
    "key_blf",
    "key_speed",
    "key_park",
    "more_codecs",
    "codec_g729",
    "codec_opus",
    "last_rtp_port",
    "transport_tcp",
    "transport_tls",
];
