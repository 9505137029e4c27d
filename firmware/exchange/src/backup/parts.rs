//! The values of a line: what both the writer and the reader know of them.

use super::bad::Wrong;
use super::seal::Sealer;
use super::words::Entry;
use crate::catalog::Family;
use crate::generic::is_made_up;
use crate::limits::{FILE_NAME_MAX, PASSWORD_MEMORY_KIB_MAX, PASSWORD_ROUNDS_MAX};
use crate::names::{Extension, HandsetNo, Text};
use crate::network::{DnsServers, Domain, Lan, Wan};
use crate::secret::{unspell, LoginId, PasswordHash, Recipe};
use crate::state::origin_number;
use crate::view::Origin;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::Ipv4Addr;
use core::str::FromStr;
use wire::Mac;

/// Before a secret that everybody can read.
pub(super) const CLEAR: &str = "clear:";
/// Before a sealed one.
pub(super) const SEALED: &str = "sealed:";
/// Before the number of a maker that is not known here.
pub(super) const NUMBERED_MAKER: &str = "maker-";
/// Under which name the admin's password is sealed.
pub(super) const ADMIN: &str = "admin password-hash";

const MAC: &str = "a MAC address such as 00:15:65:12:34:56";
const IP: &str = "an IP address such as 192.168.10.50";
const NETWORK: &str = "an IP address and its network's size, such as 192.168.10.1/24";
const LOGIN: &str = "eight letters and digits as Dialtone writes them";
pub(super) const SECRET: &str =
    "`clear:` or `sealed:` and the letters and digits that Dialtone wrote";
pub(super) const MAKER: &str = "a maker as Dialtone calls it, such as yealink, or generic";
const TEXT: &str = "a text of 40 bytes at most";

/// Under which name the password of a phone's own page is sealed.
pub(super) fn of_web(mac: Mac) -> String {
    format!("web-password {mac}")
}

/// Under which name the password of a line is sealed.
pub(super) fn of_line(mac: Mac, login: &LoginId) -> String {
    format!("password {mac} {}", login.text())
}

/// Under which name the token is sealed by which a handset is known on the WAN.
pub(super) fn of_token(mac: Mac) -> String {
    format!("remote-token {mac}")
}

/// Under which name the changes are sealed that a phone keeps here.
pub(super) fn of_own(mac: Mac, name: &str) -> String {
    format!("own-file {mac} {name}")
}

const ORIGINS: [(Origin, &str); 3] =
    [(Origin::LanPlugAndPlay, "lan"), (Origin::WanPlugAndPlay, "wan"), (Origin::ByHand, "by-hand")];

/// How a handset came to be known, in a word.
pub(super) fn origin_word(origin: Origin) -> &'static str {
    let [.., (_, by_hand)] = ORIGINS;
    ORIGINS.iter().find(|(known, _)| *known == origin).map_or(by_hand, |(_, word)| word)
}

impl Entry<'_> {
    /// Reads the value of a key, where it is there.
    pub(super) fn read<T>(
        &mut self,
        key: &'static str,
        wanted: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Wrong> {
        let value = self.take(key);
        value.map(|value| read(&value).ok_or(Wrong::Value(key, wanted))).transpose()
    }

    pub(super) fn read_wanted<T>(
        &mut self,
        key: &'static str,
        wanted: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, Wrong> {
        self.read(key, wanted, read)?.ok_or(Wrong::Missing(key))
    }

    pub(super) fn mac(&mut self) -> Result<Mac, Wrong> {
        self.read_wanted("mac", MAC, |text| Mac::parse(text.as_bytes()).filter(|it| it.is_device()))
    }

    /// What a handset is known by, which the box may have made up.
    pub(super) fn handset_mac(&mut self) -> Result<Mac, Wrong> {
        let good = |mac: &Mac| mac.is_device() || is_made_up(*mac);
        self.read_wanted("mac", MAC, |text| Mac::parse(text.as_bytes()).filter(good))
    }

    /// A device that only has an address may be anything.
    pub(super) fn any_mac(&mut self) -> Result<Mac, Wrong> {
        self.read_wanted("mac", MAC, |text| Mac::parse(text.as_bytes()))
    }

    pub(super) fn ip(&mut self) -> Result<Ipv4Addr, Wrong> {
        self.read_wanted("ip", IP, plain)
    }

    pub(super) fn network_ip(&mut self) -> Result<Ipv4Addr, Wrong> {
        self.read_wanted("network", IP, plain)
    }

    pub(super) fn handset(&mut self, key: &'static str) -> Result<HandsetNo, Wrong> {
        let number = |text: &str| plain(text).filter(|number| *number > 0).map(HandsetNo);
        self.read_wanted(key, "a number from 1 to 65535", number)
    }

    pub(super) fn last(&mut self) -> Result<HandsetNo, Wrong> {
        self.read_wanted("last", "a number up to 65535", |text| plain(text).map(HandsetNo))
    }

    pub(super) fn place(&mut self) -> Result<u8, Wrong> {
        self.read_wanted("place", "a number from 1 to 8", plain)
    }

    pub(super) fn maker(&mut self) -> Result<u8, Wrong> {
        let code = |text: &str| match text.strip_prefix(NUMBERED_MAKER) {
            Some(number) => plain(number),
            None => Family::from_id(text).map(Family::code),
        };
        self.read_wanted("maker", MAKER, code)
    }

    pub(super) fn origin(&mut self) -> Result<u8, Wrong> {
        let origin = |text: &str| ORIGINS.iter().find(|(_, word)| *word == text);
        let known = self.read("origin", "lan, wan or by-hand", origin)?;
        Ok(known.map_or(origin_number(Origin::ByHand), |(origin, _)| origin_number(*origin)))
    }

    pub(super) fn text(&mut self, key: &'static str) -> Result<Text, Wrong> {
        Ok(self.read(key, TEXT, |text| Text::try_from(text).ok())?.unwrap_or_default())
    }

    pub(super) fn contact(&mut self) -> Result<Option<crate::names::ContactText>, Wrong> {
        let wanted = "a text of 128 bytes at most";
        self.read("contact", wanted, |text| crate::names::ContactText::try_from(text).ok())
    }

    /// The name of a file that a phone keeps here.
    pub(super) fn own_name(&mut self) -> Result<String, Wrong> {
        let plain = |text: &str| {
            let good = (1..=FILE_NAME_MAX).contains(&text.len());
            (good && !text.contains(char::is_control)).then(|| String::from(text))
        };
        self.read_wanted("name", "a file's name of 128 bytes at most", plain)
    }

    pub(super) fn login(&mut self) -> Result<LoginId, Wrong> {
        self.read_wanted("login", LOGIN, LoginId::parse)
    }

    pub(super) fn extension(&mut self) -> Result<Option<Extension>, Wrong> {
        let wanted = "2 to 6 digits of which the first is not 0";
        self.read("extension", wanted, Extension::parse)
    }

    pub(super) fn switch(&mut self, key: &'static str) -> Result<Option<bool>, Wrong> {
        self.read(key, "yes or no", |text| match text {
            "yes" => Some(true),
            "no" => Some(false),
            _other => None,
        })
    }

    /// Whether a handset may be used from the WAN, and if so whether it has had its file.
    pub(super) fn remote(&mut self) -> Result<Option<bool>, Wrong> {
        self.read("remote", "awaited or claimed", |text| match text {
            "awaited" => Some(false),
            "claimed" => Some(true),
            _other => None,
        })
    }

    pub(super) fn recipe(&mut self) -> Result<Recipe, Wrong> {
        let within = |most: u32| move |text: &str| plain(text).filter(|it| (1..=most).contains(it));
        // Less than 8 KiB is no argon2id (RFC 9106 section 3.1).
        let memory = |text: &str| within(PASSWORD_MEMORY_KIB_MAX)(text).filter(|kib| *kib >= 8);
        let memory_kib = self.read_wanted("memory-kib", "a number from 8 to 16384", memory)?;
        let rounds = within(PASSWORD_ROUNDS_MAX);
        let rounds = self.read_wanted("rounds", "a number from 1 to 64", rounds)?;
        let salt = |text: &str| unspell(text)?.try_into().ok();
        let salt = self.read_wanted("salt", "the letters and digits that Dialtone wrote", salt)?;
        Ok(Recipe { salt, memory_kib, rounds })
    }

    pub(super) fn lan(&mut self) -> Result<Lan, Wrong> {
        let (address, prefix) = self.read_wanted("address", NETWORK, network)?;
        let servers = |text: &str| {
            let servers = text.split(',').map(plain).collect::<Option<Vec<_>>>()?;
            DnsServers::from_slice(&servers).ok()
        };
        let name = |text: &str| Domain::try_from(text).ok();
        Ok(Lan {
            address,
            prefix,
            first: self.read_wanted("first", IP, plain)?,
            last: self.read_wanted("last", IP, plain)?,
            router: self.read("router", IP, plain)?,
            dns: self
                .read("dns", "up to three IP addresses with commas between", servers)?
                .unwrap_or_default(),
            domain: self.read("domain", "a text of 64 bytes at most", name)?.unwrap_or_default(),
        })
    }

    pub(super) fn wan(&mut self) -> Result<Wan, Wrong> {
        let by = self.read("by", "dhcp", |text| (text == "dhcp").then_some(()))?;
        let fixed = self.read("address", NETWORK, network)?;
        let (gateway, dns) = (self.read("gateway", IP, plain)?, self.read("dns", IP, plain)?);
        match (by, fixed) {
            (None, Some((address, prefix))) => Ok(Wan::Fixed { address, prefix, gateway, dns }),
            (Some(()), None) if gateway.is_none() && dns.is_none() => Ok(Wan::Dhcp),
            (Some(()) | None, _) => Err(Wrong::WanWay),
        }
    }

    /// Reads a secret of so many bytes; `None` where it is left out.
    pub(super) fn secret<const N: usize>(
        &mut self,
        key: &'static str,
        name: &str,
        sealer: Option<&Sealer>,
    ) -> Result<Option<[u8; N]>, Wrong> {
        let bytes = self.opened(key, name, sealer, unspell)?;
        bytes.map(|bytes| bytes.try_into().map_err(|_| Wrong::Value(key, SECRET))).transpose()
    }

    pub(super) fn hash(&mut self, sealer: Option<&Sealer>) -> Result<Option<PasswordHash>, Wrong> {
        let key = "password-hash";
        let bytes = self.opened(key, ADMIN, sealer, |text| Some(text.as_bytes().to_vec()))?;
        let hash = |bytes: Vec<u8>| {
            let text = core::str::from_utf8(&bytes).ok();
            let plain = text
                .filter(|text| !text.is_empty() && text.bytes().all(|it| it.is_ascii_graphic()));
            plain.and_then(|text| PasswordHash::try_from(text).ok())
        };
        bytes.map(|bytes| hash(bytes).ok_or(Wrong::Value(key, SECRET))).transpose()
    }

    pub(super) fn opened(
        &mut self,
        key: &'static str,
        name: &str,
        sealer: Option<&Sealer>,
        spelt: impl FnOnce(&str) -> Option<Vec<u8>>,
    ) -> Result<Option<Vec<u8>>, Wrong> {
        let Some(value) = self.take(key) else { return Ok(None) };
        if let Some(clear) = value.strip_prefix(CLEAR) {
            return spelt(clear).map(Some).ok_or(Wrong::Value(key, SECRET));
        }
        let sealed = value.strip_prefix(SEALED).ok_or(Wrong::Value(key, SECRET))?;
        let sealer = sealer.ok_or(Wrong::NotYetSealed)?;
        sealer.open(name, sealed).map(Some).ok_or(Wrong::Unsealed)
    }
}

/// What is written in one way only: no sign, no zero or space before it.
fn plain<T: FromStr + alloc::string::ToString>(text: &str) -> Option<T> {
    text.parse().ok().filter(|made: &T| made.to_string() == text)
}

fn network(text: &str) -> Option<(Ipv4Addr, u8)> {
    let (address, prefix) = text.split_once('/')?;
    Some((plain(address)?, plain(prefix)?))
}
