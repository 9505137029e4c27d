//! The page Servers > VoIP: the switches of the policy under the labels that installers look for,
//! gates, and the secret key of Plug-and-Play from the WAN.
//!
//! The key is on no page but the one that answers whoever has just given his password again.

use crate::form::RuleForm;
use crate::moment::{Left, When};
use crate::{asset, html, Html, Viewer};
use alloc::format;
use alloc::string::{String, ToString};
use askama::Template;
use exchange::limits::{GATE_MINUTES_MAX, PIN_DIGITS_MAX};
use exchange::time::Instant;
use exchange::view::{Profile, RulesView, SetBy, Switch, SwitchRow};

#[derive(Template)]
#[template(path = "voip.html")]
struct VoipPage<'a> {
    viewer: &'a Viewer<'a>,
    view: &'a RulesView,
    echo: &'a RuleForm,
}

/// The whole page; `echo` is what is wrong with one of its forms, or the key that was asked for.
pub fn voip(view: &RulesView, viewer: &Viewer<'_>, echo: Option<&RuleForm>) -> Html {
    let empty = RuleForm::default();
    html(&VoipPage { viewer, view, echo: echo.unwrap_or(&empty) }, 12 * 1024)
}

impl VoipPage<'_> {
    fn profiles(&self) -> [Profile; 3] {
        Profile::ALL
    }

    fn is_chosen(&self, profile: &Profile) -> bool {
        self.view.profile == Some(*profile)
    }

    /// Who set a switch, and when.
    fn set(&self, row: &SwitchRow) -> String {
        let Some(SetBy { source, at }) = row.by else { return "As shipped.".to_string() };
        match at {
            Some(at) => {
                let today = self.view.now.wall.unwrap_or(at);
                format!("Set from {source} on {}.", When::on(at, today))
            }
            None => format!("Set from {source}; the box did not know the time."),
        }
    }

    /// What remote phones are told, and whether that can be.
    fn reached(&self) -> String {
        match (&self.view.reach, self.view.wan_address) {
            (Some(host), _) => format!("Remote phones are told that this box is {host}."),
            (None, Some(own)) if own.is_private() => format!(
                "Remote phones are told the box's own address on the WAN, {own}. It is a private \
                one: there is a router before the box, and phones behind another one do not reach \
                it. Say here what that router is called on the Internet, and have it forward the \
                ports.",
            ),
            (None, Some(own)) => {
                format!("Remote phones are told the box's own address on the WAN, {own}.")
            }
            (None, None) => "The box has no address on the WAN at present.".to_string(),
        }
    }

    /// What stands in the field for it: what was typed, where it was refused.
    fn reach(&self) -> &str {
        self.echo.reach.as_deref().or(self.view.reach.as_deref()).unwrap_or_default()
    }

    fn left(&self, until: &Instant) -> Left {
        Left { now: self.view.now, until: *until }
    }
}

/// What a profile says, in one sentence.
fn profile_says(profile: &Profile) -> &'static str {
    match profile {
        Profile::Open => {
            "A phone on the LAN becomes a handset by itself, one on the WAN with the secret key."
        }
        Profile::Guarded => {
            "A phone on the LAN becomes a handset by itself; from the WAN none does. As shipped."
        }
        Profile::Locked => "No phone becomes a handset by itself, and none asks whose it is.",
    }
}

/// What happens while a switch stands like this.
fn switch_says(switch: Switch, disabled: bool) -> &'static str {
    match (switch, disabled) {
        (Switch::LanCreates, true) => {
            "An unknown phone on the LAN is not taken in; it is added by hand."
        }
        (Switch::LanCreates, false) => {
            "An unknown phone that is plugged in on the LAN becomes a handset by itself."
        }
        (Switch::WanCreates, true) => {
            "An unknown phone on the WAN is not taken in, even when it brings the right secret key."
        }
        (Switch::WanCreates, false) => {
            "An unknown phone on the WAN becomes a handset by itself if it brings the secret key."
        }
        (Switch::AssignAtPhone, true) => {
            "A phone that belongs to nobody shows no menu, and no claim code works."
        }
        (Switch::AssignAtPhone, false) => {
            "A phone that belongs to nobody asks on the spot whose it is to be."
        }
    }
}

/// The profile in a word, as other pages name it.
pub(crate) fn profile_word(profile: Option<Profile>) -> &'static str {
    profile.map_or("a choice of its own", Profile::name)
}
