//! The page Backup: the passphrase, the way to a backup, and the way back; and the page that says
//! what a restore would change before it does.

use crate::form::{PasswordForm, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN};
use crate::moment::civil;
use crate::{asset, html, Html, Viewer};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use askama::Template;
use core::fmt;
use core::net::Ipv4Addr;
use exchange::time::{Now, DAY_MS, SECOND_MS};
use exchange::view::{AdminPassword, BackupRefused, BadLine, BoxView, Changes};

/// Why a backup that was sent did nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NotRestored {
    /// No file was chosen.
    NoFile,
    /// It was looked at too long ago, or another one was looked at since.
    Late,
    /// A template of an admin's own in it makes no file.
    Template {
        /// Which one, and for whom it is.
        which: String,
        /// What is wrong with it.
        sentence: String,
    },
    /// A certificate in it cannot be shown, for this reason.
    Certificate(String),
    /// Something is wrong with it.
    Refused(BackupRefused),
}

#[derive(Template)]
#[template(path = "backup.html")]
struct BackupPage<'a> {
    viewer: &'a Viewer<'a>,
    view: &'a BoxView,
    passphrase: &'a PasswordForm,
    not_restored: Option<&'a NotRestored>,
}

/// The whole page; nothing typed is ever shown again.
pub fn backup(
    view: &BoxView,
    viewer: &Viewer<'_>,
    passphrase: Option<&PasswordForm>,
    not_restored: Option<&NotRestored>,
) -> Html {
    let empty = PasswordForm::default();
    let passphrase = passphrase.unwrap_or(&empty);
    html(&BackupPage { viewer, view, passphrase, not_restored }, 8 * 1024)
}

impl fmt::Display for NotRestored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotRestored::NoFile => f.write_str("Choose the file of a backup first."),
            NotRestored::Late => f.write_str(
                "It was looked at too long ago, or another one since. Choose the file again.",
            ),
            NotRestored::Template { which, sentence } => write!(
                f,
                "Nothing was restored. Its template {which} fails: {sentence} Mend its lines in \
                 the backup, or take them out, and choose the file again."
            ),
            NotRestored::Certificate(sentence) => write!(
                f,
                "A certificate in it cannot be shown. {sentence} Take its lines out of the \
                 backup and choose the file again."
            ),
            NotRestored::Refused(refused) => refused.fmt(f),
        }
    }
}

impl NotRestored {
    /// The bad lines, and how many more there are.
    pub(crate) fn bad_lines(&self) -> (&[BadLine], usize) {
        match self {
            NotRestored::Refused(BackupRefused::Lines(bad)) => (&bad.lines, bad.more),
            NotRestored::NoFile
            | NotRestored::Late
            | NotRestored::Template { .. }
            | NotRestored::Certificate(_)
            | NotRestored::Refused(_) => (&[], 0),
        }
    }
}

#[derive(Template)]
#[template(path = "restore.html")]
struct RestorePage<'a> {
    viewer: &'a Viewer<'a>,
    view: &'a BoxView,
    changes: &'a Changes,
    token: &'a str,
}

/// The page that says what a backup would change; `token` says which one is meant when it is
/// confirmed.
pub fn restore(changes: &Changes, view: &BoxView, viewer: &Viewer<'_>, token: &str) -> Html {
    html(&RestorePage { viewer, view, changes, token }, 5 * 1024)
}

impl RestorePage<'_> {
    /// What there is, now and then.
    fn rows(&self) -> Vec<(&'static str, String, String)> {
        let Changes { was, will, .. } = self.changes;
        let now = self.view.lan.as_ref().map(|lan| (lan.address, lan.prefix));
        let place = |lan: Option<(Ipv4Addr, u8)>| match lan {
            Some((address, prefix)) => format!("{address}/{prefix}"),
            None => "as the configuration file says".to_string(),
        };
        // What the configuration file says is known only where it is in force now.
        let same = self.changes.network_stays || was.lan.is_none() && will.lan.is_none();
        let then = if same { now } else { will.lan };
        let count = |it: usize| it.to_string();
        let mut rows = Vec::from([
            ("Handsets", count(was.handsets), count(will.handsets)),
            ("Lines", count(was.lines), count(will.lines)),
            ("Addresses that devices have", count(was.addresses), count(will.addresses)),
            ("LAN address of the box", place(now), place(then)),
        ]);
        let stays = "as it is".to_string();
        let admin = match self.changes.admin {
            AdminPassword::FromBackup => "that of the backup".to_string(),
            AdminPassword::Stays => stays.clone(),
            AdminPassword::First => "a first one, on the console".to_string(),
        };
        rows.push(("Password to log in", stays.clone(), admin));
        let passphrase = match self.changes.passphrase {
            true => "that of the backup".to_string(),
            false => stays.clone(),
        };
        rows.push(("Backup passphrase", stays, passphrase));
        rows
    }

    fn moves(&self) -> bool {
        let now = self.view.lan.as_ref().map(|lan| lan.address);
        let then = self.changes.will.lan.map(|(address, _)| address);
        !self.changes.network_stays && then.is_some() && then != now
    }
}

/// What a backup is called that is made now: with its date, where the box knows it.
pub fn file_name(now: Now) -> String {
    match now.wall {
        Some(wall) => {
            let (year, month, day) = civil(wall.0 / (DAY_MS / SECOND_MS));
            format!("dialtone-{year}-{month:02}-{day:02}.txt")
        }
        None => "dialtone.txt".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use exchange::time::{Instant, Wall};

    #[test]
    fn a_backup_is_called_by_its_date() {
        let at = |wall| file_name(Now { mono: Instant(0), wall });
        assert_eq!(at(Some(Wall(1_796_083_199))), "dialtone-2026-11-30.txt");
        assert_eq!(at(None), "dialtone.txt");
    }
}
