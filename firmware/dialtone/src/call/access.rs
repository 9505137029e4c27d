//! Questions about who may use the admin's pages, and their answers by the exchange.

use exchange::access::{Session, Slowed, Unclaimed};
use exchange::backup::BackupKey;
use exchange::command::Refusal;
use exchange::names::{RecordNo, Side};
use exchange::note::Shown;
use exchange::time::Now;
use exchange::{Account, Exchange, PasswordHash, Revealed};
use std::net::Ipv4Addr;

/// One question.
pub(crate) enum Ask {
    /// What hash is a password to be compared with?
    MayLogIn { source: Ipv4Addr },
    /// The comparison came out like this.
    LogIn { source: Ipv4Addr, right: bool },
    /// This session ends.
    LogOut { token: String },
    /// The hash of the first password was made.
    FirstMade { hash: PasswordHash },
    /// What is the hash of the first password, if it is still in force?
    First,
    /// This is the new password's hash.
    SetPassword { source: Ipv4Addr, hash: PasswordHash },
    /// This is made of the new passphrase of the backups.
    SetBackupKey { source: Ipv4Addr, key: BackupKey },
    /// Which account has this one just had drawn?
    Account { source: Ipv4Addr },
    /// Somebody has his hands on the box.
    Claim,
    /// Is the box claimed?
    IsClaimed,
    /// May this one set a password without the old one?
    MayClaim { side: Side, source: Ipv4Addr },
    /// This is the hash of a password that was set without the old one.
    SetClaimed { side: Side, source: Ipv4Addr, hash: PasswordHash },
    /// Somebody gave his password again to see this secret; the comparison came out like this.
    Show { source: Ipv4Addr, right: bool, what: Shown },
}

/// The answer, by the question.
pub(crate) enum Told {
    MayLogIn(Result<PasswordHash, Slowed>),
    LoggedIn(Option<Session>),
    First(Option<PasswordHash>),
    PasswordSet(Result<Session, Refusal>),
    BackupKeySet(Result<(), Refusal>),
    Account(Option<Account>),
    IsClaimed(bool),
    MayClaim(Result<(), Unclaimed>),
    ClaimedSet(Result<Session, Unclaimed>),
    Shown(Revealed),
    /// It was taken note of.
    Heard,
}

/// Answers a question, with the record that the answer relies on.
pub(crate) fn answer(exchange: &mut Exchange, now: Now, ask: Ask) -> (Told, RecordNo) {
    let nothing = RecordNo(0);
    let told = match ask {
        Ask::MayLogIn { source } => Told::MayLogIn(exchange.may_log_in(now, source)),
        Ask::LogIn { source, right } => Told::LoggedIn(exchange.log_in(now, source, right)),
        Ask::LogOut { token } => {
            exchange.log_out(&token);
            Told::Heard
        }
        Ask::FirstMade { hash } => {
            exchange.first_password_made(hash);
            Told::Heard
        }
        Ask::First => Told::First(exchange.first_password().cloned()),
        Ask::SetPassword { source, hash } => match exchange.set_password(now, source, hash) {
            Ok((session, after)) => return (Told::PasswordSet(Ok(session)), after),
            Err(refusal) => Told::PasswordSet(Err(refusal)),
        },
        Ask::SetBackupKey { source, key } => match exchange.set_backup_key(now, source, key) {
            Ok(after) => return (Told::BackupKeySet(Ok(())), after),
            Err(refusal) => Told::BackupKeySet(Err(refusal)),
        },
        Ask::Account { source } => Told::Account(exchange.account_made(now, source)),
        Ask::Show { source, right, what } => Told::Shown(exchange.show(now, source, right, what)),
        Ask::Claim => {
            exchange.claim(now);
            Told::Heard
        }
        Ask::IsClaimed => Told::IsClaimed(exchange.is_claimed(now)),
        Ask::MayClaim { side, source } => Told::MayClaim(exchange.may_claim(now, side, source)),
        Ask::SetClaimed { side, source, hash } => {
            match exchange.set_claimed_password(now, side, source, hash) {
                Ok((session, after)) => return (Told::ClaimedSet(Ok(session)), after),
                Err(unclaimed) => Told::ClaimedSet(Err(unclaimed)),
            }
        }
    };
    (told, nothing)
}
