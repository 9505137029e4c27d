//! SIP accounts, as a phone finds them in the files of its maker.
//!
//! While files are read, the settings that matter are kept in a small bag; at the end the bag is
//! turned into at most eight accounts.

use crate::fixtures::Maker;
use std::collections::BTreeMap;
use std::fmt;

/// The most lines a phone has.
pub(crate) const LINES_MAX: u8 = 8;
/// The most settings the bag keeps.
const SETTINGS_MAX: usize = 512;
/// Phones that are told no expiry ask for an hour.
const EXPIRES_S: u32 = 3_600;

/// One SIP account of a phone.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// The line, from 1.
    pub line: u8,
    /// The user of the address of record.
    pub user: String,
    /// The login for the digest.
    pub login: String,
    /// The password; never printed.
    pub password: String,
    /// The name shown, possibly empty.
    pub display: String,
    /// The registrar as the file names it, without its port.
    pub server: String,
    /// The registrar's port.
    pub port: u16,
    /// `host[:port]` to send to instead, when the file has one.
    pub outbound: Option<String>,
    /// The expiry to ask for in seconds.
    pub expires_s: u32,
    /// Whether the file asks for UDP.
    pub udp: bool,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Account {{ line {}, {}@{}:{} }}", self.line, self.user, self.server, self.port)
    }
}

/// The settings read so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bag(BTreeMap<String, String>);

impl Bag {
    /// Keeps a setting; a later value wins.
    pub(crate) fn put(&mut self, key: &str, value: &str) {
        if self.0.len() < SETTINGS_MAX || self.0.contains_key(key) {
            self.0.insert(key.to_owned(), value.to_owned());
        }
    }

    /// Adds what another bag has and this one lacks; the first value wins.
    pub(crate) fn fill_from(&mut self, other: Bag) {
        for (key, value) in other.0 {
            if !self.0.contains_key(&key) {
                self.put(&key, &value);
            }
        }
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The accounts that can be used: enabled, with a server, a user and a password.
    pub(crate) fn accounts(&self, maker: Maker) -> Vec<Account> {
        (1..=LINES_MAX)
            .filter_map(|line| match maker {
                Maker::Yealink => self.yealink(line),
                Maker::Snom => self.snom(line),
                Maker::Polycom => self.polycom(line),
                Maker::Grandstream => self.grandstream(line),
                Maker::CiscoSpa | Maker::Linksys => self.spa(line),
                Maker::Aastra => self.aastra(line),
                Maker::Pc => None,
            })
            .filter(|account| !account.user.is_empty() && !account.password.is_empty())
            .collect()
    }

    fn yealink(&self, line: u8) -> Option<Account> {
        let get = |name: &str| self.get(&format!("account.{line}.{name}"));
        if get("enable") != Some("1") {
            return None;
        }
        let port = get("sip_server.1.port");
        let mut account = account(line, get("user_name"), get("sip_server.1.address")?, port);
        account.set_login(get("auth_name"), get("password"));
        account.display = get("display_name").unwrap_or("").to_owned();
        account.set_expires(get("sip_server.1.expires").and_then(number));
        account.udp = get("sip_server.1.transport_type").is_none_or(|kind| kind == "0");
        Some(account)
    }

    fn snom(&self, line: u8) -> Option<Account> {
        let get = |name: &str| self.get(&format!("{name}.{line}"));
        if get("user_active") == Some("off") {
            return None;
        }
        let mut account = account(line, get("user_name"), get("user_host")?, None);
        account.set_login(get("user_pname"), get("user_pass"));
        account.display = get("user_realname").unwrap_or("").to_owned();
        account.set_expires(get("user_expiry").and_then(number));
        if let Some(outbound) = get("user_outbound") {
            let (host, parameters) = outbound.split_once(';').unwrap_or((outbound, ""));
            account.outbound = Some(host.trim_start_matches("sip:").to_owned());
            account.udp = !parameters.contains("transport=t");
        }
        Some(account)
    }

    fn polycom(&self, line: u8) -> Option<Account> {
        let get = |name: &str| self.get(&format!("reg.{line}.{name}"));
        let server = get("server.1.address")?;
        let mut account = account(line, get("address"), server, get("server.1.port"));
        account.set_login(get("auth.userId"), get("auth.password"));
        account.display = get("displayName").unwrap_or("").to_owned();
        account.set_expires(get("server.1.expires").and_then(number));
        account.udp = get("server.1.transport").is_none_or(|kind| kind == "UDPOnly");
        Some(account)
    }

    /// The P-values of account 1 differ from those of the others; expiry is in minutes.
    fn grandstream(&self, line: u8) -> Option<Account> {
        let names: [String; 6] = if line == 1 {
            ["P271", "P47", "P35", "P36", "P34", "P3"].map(str::to_owned)
        } else {
            let base = 100 * (u32::from(line) + 2);
            [1, 2, 4, 5, 6, 7].map(|offset| format!("P{}", base + offset))
        };
        let [active, server, user, login, password, display] =
            names.each_ref().map(|n| self.get(n));
        if active != Some("1") || (line == 1 && self.get("P31") == Some("0")) {
            return None;
        }
        let mut account = account(line, user, server?, None);
        account.set_login(login, password);
        account.display = display.unwrap_or("").to_owned();
        if line == 1 {
            let minutes = self.get("P32").and_then(number);
            account.set_expires(minutes.map(|minutes| minutes.saturating_mul(60)));
            account.udp = self.get("P130").is_none_or(|kind| kind == "0");
            account.outbound = self.get("P48").map(str::to_owned);
        }
        Some(account)
    }

    fn spa(&self, line: u8) -> Option<Account> {
        let get = |name: &str| self.get(&format!("{name}_{line}_"));
        let no = |value: Option<&str>| value.is_some_and(|text| text.eq_ignore_ascii_case("no"));
        if no(get("Line_Enable")) || no(get("Register")) {
            return None;
        }
        let mut account = account(line, get("User_ID"), get("Proxy")?, None);
        let login = if no(get("Use_Auth_ID")) { None } else { get("Auth_ID") };
        account.set_login(login, get("Password"));
        account.display = get("Display_Name").unwrap_or("").to_owned();
        account.set_expires(get("Register_Expires").and_then(number));
        account.outbound = get("Outbound_Proxy").map(str::to_owned);
        account.udp = get("SIP_Transport").is_none_or(|kind| kind.eq_ignore_ascii_case("udp"));
        Some(account)
    }

    /// A server of zeros is none; expiry and transport are the same for all lines.
    fn aastra(&self, line: u8) -> Option<Account> {
        let get = |name: &str| self.get(&format!("sip line{line} {name}"));
        let server = get("registrar ip").filter(|server| *server != "0.0.0.0")?;
        let mut account = account(line, get("user name"), server, get("registrar port"));
        account.set_login(get("auth name"), get("password"));
        account.display = get("display name").unwrap_or("").to_owned();
        account.set_expires(self.get("sip registration period").and_then(number));
        account.udp = self.get("sip transport protocol").is_none_or(|kind| kind <= "1");
        Some(account)
    }
}

/// Whether a setting of this maker belongs to an account, so that 12 KiB of others are not kept.
pub(crate) fn matters(maker: Maker, key: &str) -> bool {
    match maker {
        Maker::Yealink => key.starts_with("account."),
        Maker::Snom => key.starts_with("user_"),
        Maker::Polycom => key.starts_with("reg."),
        Maker::Grandstream => key.strip_prefix('P').and_then(number).is_some_and(|p| {
            matches!(p, 3 | 31 | 32 | 34..=36 | 47 | 48 | 130 | 271)
                || ((401..=1_007).contains(&p) && p % 100 <= 7)
        }),
        Maker::CiscoSpa | Maker::Linksys => key.ends_with('_'),
        Maker::Aastra => key.starts_with("sip "),
        Maker::Pc => false,
    }
}

fn account(line: u8, user: Option<&str>, server: &str, port: Option<&str>) -> Account {
    let (host, own_port) = match server.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()),
        None => (server, None),
    };
    let user = user.unwrap_or("").to_owned();
    Account {
        line,
        login: user.clone(),
        user,
        password: String::new(),
        display: String::new(),
        server: host.to_owned(),
        port: port.and_then(|text| text.parse().ok()).or(own_port).unwrap_or(5060),
        outbound: None,
        expires_s: EXPIRES_S,
        udp: true,
    }
}

impl Account {
    fn set_login(&mut self, login: Option<&str>, password: Option<&str>) {
        if let Some(login) = login {
            login.clone_into(&mut self.login);
        }
        password.unwrap_or("").clone_into(&mut self.password);
    }

    fn set_expires(&mut self, seconds: Option<u32>) {
        if let Some(seconds) = seconds.filter(|seconds| *seconds > 0) {
            self.expires_s = seconds;
        }
    }
}

fn number(text: &str) -> Option<u32> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bag(maker: Maker, settings: &[(&str, &str)]) -> Vec<Account> {
        let mut bag = Bag::default();
        for (key, value) in settings {
            // A Snom index is split off before its name is looked at.
            let name = if maker == Maker::Snom { key.split('.').next().unwrap_or("") } else { key };
            assert!(matters(maker, name), "{key}");
            bag.put(key, value);
        }
        bag.accounts(maker)
    }

    #[test]
    fn the_second_account_of_a_grandstream_is_numbered_differently() {
        let settings = [
            ("P401", "1"),
            ("P402", "10.0.0.1:5070"),
            ("P404", "202"),
            ("P405", "a202"),
            ("P406", "s"),
            ("P407", "Bob"),
        ];
        let accounts = bag(Maker::Grandstream, &settings);
        let account = accounts.first().expect("an account");
        assert_eq!((account.line, account.port, account.login.as_str()), (2, 5070, "a202"));
        assert!(!matters(Maker::Grandstream, "P1362") && !matters(Maker::Grandstream, "P30"));
    }

    #[test]
    fn an_account_that_is_off_or_has_no_password_is_none() {
        let on = [
            ("account.8.user_name", "208"),
            ("account.8.password", "s"),
            ("account.8.sip_server.1.address", "10.0.0.1"),
            ("account.8.enable", "1"),
        ];
        assert_eq!(bag(Maker::Yealink, &on).len(), 1);
        assert!(bag(Maker::Yealink, &on[..3]).is_empty());
        assert!(bag(Maker::Yealink, &[&on[..1], &on[2..]].concat()).is_empty());
        let snom = [("user_name.2", "1"), ("user_host.2", "10.0.0.1"), ("user_pass.2", "s")];
        let off = [&snom[..], &[("user_active.2", "off")]].concat();
        assert_eq!((bag(Maker::Snom, &snom).len(), bag(Maker::Snom, &off).len()), (1, 0));
    }

    #[test]
    fn an_account_is_printed_without_its_password() {
        let spa = [("Proxy_1_", "10.0.0.1"), ("User_ID_1_", "201"), ("Password_1_", "hush")];
        let accounts = bag(Maker::CiscoSpa, &spa);
        assert!(!format!("{accounts:?}").contains("hush"));
    }
}
