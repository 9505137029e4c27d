//! The pages of one's own account: log in, choose a password, with the old one or with one's hands
//! on the box; and the page that says something went wrong. They show nothing of the office, not
//! even the version.

use crate::form::{PasswordForm, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN};
use crate::{asset, html, Html, Viewer};
use askama::Template;

/// Why a log-in failed, as far as the person may know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LoginError {
    /// The password is not the right one, or none was typed.
    Wrong,
    /// Too many wrong ones came; the next is looked at after so many seconds.
    Slowed(u32),
    /// The log-in page was left open for too long.
    Stale,
}

/// Why somebody chooses a new password.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Occasion {
    /// The first password, which the console printed, has to be replaced.
    FirstLogIn,
    /// The person wishes to.
    Wish,
    /// The box is claimed: the old password is not asked for.
    Claimed,
}

impl Occasion {
    /// Where the form is sent to.
    fn action(self) -> &'static str {
        match self {
            Occasion::FirstLogIn | Occasion::Wish => "/password",
            Occasion::Claimed => "/login/claim",
        }
    }
}

/// Whether a new password can be set without the old one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Claim {
    /// Somebody in front of the box has opened the way.
    Open,
    /// Nobody has, or not lately.
    Closed,
    /// It is closed again, and a password was sent too late.
    Late,
    /// This browser's computer tried too often; it is heard again after so many seconds.
    Slowed(u32),
}

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    viewer: &'a Viewer<'a>,
    error: Option<LoginError>,
    claim: Claim,
}

/// The log-in page; `viewer.csrf` is the token given out with it.
pub fn login(viewer: &Viewer<'_>, error: Option<LoginError>, claim: Claim) -> Html {
    html(&LoginPage { viewer, error, claim }, 2 * 1024)
}

#[derive(Template)]
#[template(path = "claim.html")]
struct ClaimPage {
    claim: Claim,
}

/// The page that says how a new password can be set without the old one; where it can, the form is
/// that of [`change_password`].
pub fn claim(claim: Claim) -> Html {
    html(&ClaimPage { claim }, 2 * 1024)
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage<'a> {
    viewer: &'a Viewer<'a>,
    occasion: Occasion,
    form: &'a PasswordForm,
}

/// The page on which a new password is chosen; nothing typed is ever shown again.
pub fn change_password(
    viewer: &Viewer<'_>,
    occasion: Occasion,
    form: Option<&PasswordForm>,
) -> Html {
    let empty = PasswordForm::default();
    html(&PasswordPage { viewer, occasion, form: form.unwrap_or(&empty) }, 3 * 1024)
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage<'a> {
    status: u16,
    title: &'a str,
    sentence: &'a str,
}

/// A page with nothing but a title and a sentence, for an answer that is not 200.
pub fn message(status: u16, title: &str, sentence: &str) -> Html {
    html(&MessagePage { status, title, sentence }, 2 * 1024)
}
