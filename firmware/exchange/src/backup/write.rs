//! From the state to its text.

use super::seal::Sealer;
use super::words::{pair, quoted};
use super::{
    beside, certificates, parts, people, rules, settings, signs, templates, TITLE, VERSION,
};
use crate::catalog::Family;
use crate::layer::Layer;
use crate::names::{HandsetNo, Side};
use crate::network::{Lan, Settings, Wan};
use crate::secret::{spell, BackupKey, PrivateKey, Remote};
use crate::state::{Durable, Handset};
use alloc::format;
use alloc::string::String;
use core::fmt::Write;

/// What becomes of the secrets in a text.
#[derive(Clone, Copy)]
pub enum Secrets<'a> {
    /// They are left out; who reads the text draws others.
    LeftOut,
    /// They stand there for everybody to read.
    Clear,
    /// They are sealed under this key.
    Sealed(&'a BackupKey),
}

/// The state as text. The same state gives the same text.
pub fn write(durable: &Durable, secrets: Secrets<'_>) -> String {
    let sealer = match secrets {
        Secrets::Sealed(key) => Some((key, Sealer::new(key))),
        Secrets::LeftOut | Secrets::Clear => None,
    };
    let mut text = Text { text: String::new(), secrets, sealer };
    text.head();
    text.site(durable);
    text.addresses(durable);
    text.users(durable);
    text.handsets(durable);
    text.settings(durable);
    text.templates(durable);
    text.signs(durable);
    text.certificates(durable);
    text.text
}

struct Text<'a> {
    text: String,
    secrets: Secrets<'a>,
    sealer: Option<(&'a BackupKey, Sealer)>,
}

impl Text<'_> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn head(&mut self) {
        self.line(&format!("{TITLE} {VERSION}"));
        self.line(match self.secrets {
            Secrets::LeftOut => "# Without passwords: a box that reads this draws new ones.",
            Secrets::Clear => "# With all passwords for everybody to read: keep it under lock.",
            Secrets::Sealed(_) => "# The passwords are sealed with the site's backup passphrase.",
        });
        let Some((key, sealer)) = &self.sealer else { return };
        let mut line = String::from("seal");
        pair(&mut line, "memory-kib", key.recipe.memory_kib);
        pair(&mut line, "rounds", key.recipe.rounds);
        pair(&mut line, "salt", spell(&key.recipe.salt));
        pair(&mut line, "check", sealer.check());
        self.line(&line);
    }

    fn site(&mut self, durable: &Durable) {
        self.line("\n# The site");
        let mut line = String::from("new-phones");
        for (key, side) in [("lan", Side::Lan), ("wan", Side::Wan)] {
            pair(&mut line, key, if durable.creates(side) { "yes" } else { "no" });
        }
        self.line(&line);
        rules::lines(durable.rules()).iter().for_each(|line| self.line(line));
        if let Some(key) = durable.rules().key() {
            let mut line = String::from("pnp-key");
            self.secret(&mut line, "secret", rules::PNP_KEY, &key.0, spell);
            if line != "pnp-key" {
                self.line(&line);
            }
        }
        if let Some(hash) = durable.admin_password() {
            let mut line = String::from("admin");
            self.secret(&mut line, "password-hash", parts::ADMIN, hash.as_bytes(), |_| {
                String::from(hash.as_str())
            });
            if line != "admin" {
                self.line(&line);
            }
        }
        if let Some(pin) = durable.install_pin() {
            let mut line = String::from("install-pin");
            self.secret(&mut line, "pin", people::INSTALL, pin.text().as_bytes(), |_| {
                String::from(pin.text())
            });
            self.line(&line);
        }
        self.network(durable.network_kept(), ["lan", "wan"]);
        if let Some(proposed) = durable.network_proposed() {
            self.line("trial");
            self.network(proposed, ["trial-lan", "trial-wan"]);
        }
        beside::lines(durable.beside()).iter().for_each(|line| self.line(line));
        let last = durable.last_handset();
        if last != HandsetNo(0) || durable.handsets().next().is_some() {
            self.line(&format!("numbered last={}", last.0));
        }
    }

    fn network(&mut self, settings: &Settings, [lan_word, wan_word]: [&str; 2]) {
        let Settings { lan, wan } = settings;
        if let Some(lan) = lan {
            self.line(&lan_line(lan_word, lan));
        }
        match wan {
            Some(Wan::Dhcp) => self.line(&format!("{wan_word} by=dhcp")),
            Some(Wan::Fixed { address, prefix, gateway, dns }) => {
                let mut line = format!("{wan_word} address={address}/{prefix}");
                for (key, value) in [("gateway", gateway), ("dns", dns)] {
                    if let Some(value) = value {
                        pair(&mut line, key, value);
                    }
                }
                self.line(&line);
            }
            None => (),
        }
    }

    fn addresses(&mut self, durable: &Durable) {
        if durable.addresses_len() > 0 {
            self.line("\n# Addresses that devices have");
        }
        for (mac, ip) in durable.addresses() {
            self.line(&format!("address mac={mac} ip={ip}"));
        }
    }

    fn users(&mut self, durable: &Durable) {
        if !durable.users().is_empty() {
            self.line("\n# Users");
        }
        for (no, user) in durable.users().all() {
            let mut line = people::line(no, user);
            let pin = user.pin.text();
            self.secret(&mut line, "pin", &people::of_user(no), pin.as_bytes(), |_| {
                String::from(pin)
            });
            self.line(&line);
        }
    }

    fn handsets(&mut self, durable: &Durable) {
        if durable.handsets().next().is_some() {
            self.line("\n# Handsets and their lines");
        }
        for (number, handset) in durable.handsets() {
            self.handset(number, handset);
        }
    }

    fn templates(&mut self, durable: &Durable) {
        let lines = templates::lines(durable.templates());
        if !lines.is_empty() {
            self.line("\n# Templates of an admin's own");
        }
        lines.iter().for_each(|line| self.line(line));
    }

    fn signs(&mut self, durable: &Durable) {
        if durable.signs().all().next().is_some() {
            self.line("\n# Signs of phones of an admin's own");
        }
        for (sign, means) in durable.signs().all() {
            self.line(&signs::line(sign, means));
        }
    }

    fn certificates(&mut self, durable: &Durable) {
        if durable.certificates().all().next().is_some() {
            self.line("\n# Certificates");
        }
        for (place, kept) in durable.certificates().all() {
            let word = certificates::word(place);
            self.line(&format!("certificate place={word} chain={}", spell(&kept.chain)));
            let PrivateKey(key) = &kept.key;
            let bare = format!("certificate-key place={word}");
            let mut line = bare.clone();
            if !key.is_empty() {
                self.secret(&mut line, "key", &certificates::of_key(place), key, spell);
            }
            if line != bare {
                self.line(&line);
            }
        }
    }

    fn handset(&mut self, number: HandsetNo, handset: &Handset) {
        let Handset { mac, origin, family, model, firmware, web, lines, own, seat, remote } =
            handset;
        let mut line = String::from("handset");
        pair(&mut line, "number", number.0);
        pair(&mut line, "mac", mac);
        match Family::from_code(*family) {
            Some(family) => pair(&mut line, "maker", family.id()),
            // One that only newer software knows.
            None => pair(&mut line, "maker", format_args!("{}{family}", parts::NUMBERED_MAKER)),
        }
        quoted(&mut line, "model", model);
        quoted(&mut line, "firmware", firmware);
        pair(&mut line, "origin", parts::origin_word(*origin));
        people::seat(&mut line, *seat);
        self.secret(&mut line, "web-password", &parts::of_web(*mac), &web.0, spell);
        if let Some(Remote { token, claimed }) = remote {
            pair(&mut line, "remote", if *claimed { "claimed" } else { "awaited" });
            self.secret(&mut line, "remote-token", &parts::of_token(*mac), &token.0, spell);
        }
        self.line(&line);
        for (place, of) in (1..).zip(lines) {
            let mut line = format!("line handset={} place={place}", number.0);
            pair(&mut line, "login", of.login.text());
            let name = parts::of_line(*mac, &of.login);
            self.secret(&mut line, "password", &name, &of.secret.0, spell);
            match (of.owner, of.extension) {
                (Some(owner), _) => pair(&mut line, "owner", owner.0),
                (None, Some(extension)) => pair(&mut line, "extension", extension),
                (None, None) => (),
            }
            if of.owner.is_none() {
                quoted(&mut line, "name", &of.name);
            }
            quoted(&mut line, "contact", &of.contact);
            self.line(&line);
        }
        for (name, content) in own {
            let mut line = format!("own-file handset={}", number.0);
            quoted(&mut line, "name", name);
            self.secret(&mut line, "content", &parts::of_own(*mac, name), &content.0, spell);
            self.line(&line);
        }
    }

    fn settings(&mut self, durable: &Durable) {
        if !durable.settings().is_empty() {
            self.line("\n# What is set of phones");
        }
        for (layer, code, value) in durable.settings().all() {
            let mac = match layer {
                Layer::Handset(handset) => durable.handset(*handset).map(|known| known.mac),
                Layer::Site | Layer::Family(_) | Layer::Model { .. } => None,
            };
            let (mut line, name) = settings::line(layer, mac, code, value);
            if settings::is_secret(code) {
                self.secret(&mut line, "secret", &name, value.as_bytes(), |value| {
                    settings::spelt(code, value)
                });
            }
            self.line(&line);
        }
    }

    /// Adds a secret in the way that was chosen; `spelt` is how it stands there in clear.
    fn secret(
        &self,
        line: &mut String,
        key: &str,
        name: &str,
        secret: &[u8],
        spelt: impl FnOnce(&[u8]) -> String,
    ) {
        match (self.secrets, &self.sealer) {
            (Secrets::Clear, _) => {
                pair(line, key, format_args!("{}{}", parts::CLEAR, spelt(secret)));
            }
            (Secrets::Sealed(_), Some((_, sealer))) => {
                pair(line, key, format_args!("{}{}", parts::SEALED, sealer.seal(name, secret)));
            }
            (Secrets::LeftOut | Secrets::Sealed(_), _) => (),
        }
    }
}

fn lan_line(word: &str, lan: &Lan) -> String {
    let Lan { address, prefix, first, last, router, dns, domain } = lan;
    let mut line = format!("{word} address={address}/{prefix} first={first} last={last}");
    if let Some(router) = router {
        pair(&mut line, "router", router);
    }
    let mut between = " dns=";
    for server in dns {
        let _ = write!(line, "{between}{server}");
        between = ",";
    }
    quoted(&mut line, "domain", domain);
    line
}
