//! The forms of the rules by which phones are taken in: switches, gates, bans, handsets that may be
//! used from the WAN.

use super::{echo, read_mac, Fields};
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use exchange::command::{Refusal, Rule, RuleFlaw, SeatFlaw};
use exchange::names::{HandsetNo, Side};
use exchange::view::{Profile, Switch};

/// Which of the forms it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RuleFields {
    /// `profile=Open|Guarded|Locked`.
    Profile,
    /// `name=<id>` and `disabled=yes|no`.
    Switch,
    /// `side=lan|wan` and `minutes`, 0 to close it.
    Gate,
    /// Nothing.
    DrawKey,
    /// `mac` and `banned=yes|no`.
    Ban,
    /// `mac` and `ignored=yes|no`.
    Ignore,
    /// `remote=yes|no`, of this handset.
    Remote(HandsetNo),
    /// Nothing, of this handset.
    Lost(HandsetNo),
    /// Nothing, of this handset, which is deleted and banned.
    DeleteAndBan(HandsetNo),
    /// `reach`, a name or an address, or nothing.
    Reach,
}

/// What is wrong with such a form, and what was typed.
#[derive(Default, PartialEq, Eq, Debug)]
pub struct RuleForm {
    /// What is wrong, in a sentence.
    pub error: Option<String>,
    /// The secret that was asked for, shown this once.
    pub shown: Option<String>,
    /// What is wrong with the password that was typed to see it.
    pub password_error: Option<String>,
    /// What is wrong with the PIN for replacing phones.
    pub install_error: Option<String>,
    /// The name or address of the box as typed, where it was refused.
    pub reach: Option<String>,
    /// What is wrong with it.
    pub reach_error: Option<String>,
}

impl RuleForm {
    /// Something is wrong.
    pub fn wrong(error: impl ToString) -> RuleForm {
        RuleForm { error: Some(error.to_string()), ..RuleForm::default() }
    }

    /// The exchange refused it.
    pub fn refused(refusal: Refusal) -> RuleForm {
        RuleForm::wrong(refusal)
    }

    /// The exchange refused what was typed into a field, which says so itself.
    pub fn refused_field(fields: &Fields, refusal: Refusal) -> RuleForm {
        let error = Some(refusal.to_string());
        if refusal == Refusal::Seat(SeatFlaw::BadPin) {
            RuleForm { install_error: error, ..RuleForm::default() }
        } else if refusal == Refusal::Rule(RuleFlaw::BadReach) {
            let reach = Some(echo(fields, "reach"));
            RuleForm { reach, reach_error: error, ..RuleForm::default() }
        } else {
            RuleForm::refused(refusal)
        }
    }
}

const INCOMPLETE: &str = "This form came incomplete. Look at the page again and do it once more.";

/// Reads one of the forms.
pub fn rule(which: RuleFields, fields: &Fields) -> Result<Rule, Box<RuleForm>> {
    let wrong = |error: String| Box::new(RuleForm::wrong(error));
    let incomplete = || wrong(INCOMPLETE.to_string());
    let yes = |name| match fields.field(name) {
        Some("yes") => Ok(true),
        Some("no") => Ok(false),
        Some(_) | None => Err(incomplete()),
    };
    let named = |name| fields.field(name).unwrap_or_default();
    match which {
        RuleFields::Profile => {
            Profile::named(named("profile")).map(Rule::SetProfile).ok_or_else(incomplete)
        }
        RuleFields::Switch => {
            let switch = Switch::named(named("name")).ok_or_else(incomplete)?;
            Ok(Rule::SetSwitch { switch, disabled: yes("disabled")? })
        }
        RuleFields::Gate => {
            let side = match named("side") {
                "lan" => Side::Lan,
                "wan" => Side::Wan,
                _neither => return Err(incomplete()),
            };
            let minutes = named("minutes").trim().parse();
            let minutes = minutes.map_err(|_| wrong(RuleFlaw::GateTooLong.to_string()))?;
            Ok(Rule::OpenGate { side, minutes })
        }
        RuleFields::DrawKey => Ok(Rule::DrawKey),
        RuleFields::Ban => {
            let mac = read_mac(fields).map_err(wrong)?;
            Ok(Rule::Ban { mac, banned: yes("banned")? })
        }
        RuleFields::Ignore => {
            let mac = read_mac(fields).map_err(wrong)?;
            Ok(Rule::IgnoreStranger { mac, ignored: yes("ignored")? })
        }
        RuleFields::Remote(handset) => Ok(Rule::MarkRemote { handset, remote: yes("remote")? }),
        RuleFields::Lost(handset) => Ok(Rule::DrawPasswords { handset }),
        RuleFields::DeleteAndBan(handset) => Ok(Rule::DeleteAndBan { handset }),
        RuleFields::Reach => Ok(Rule::SetReach { host: echo(fields, "reach") }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(which: RuleFields, body: &str) -> Result<Rule, Box<RuleForm>> {
        rule(which, &Fields::parse(body.as_bytes()).unwrap())
    }

    #[test]
    fn every_form_is_read() {
        assert!(matches!(
            read(RuleFields::Profile, "profile=Locked"),
            Ok(Rule::SetProfile(Profile::Locked))
        ));
        assert!(matches!(
            read(RuleFields::Switch, "name=assign-at-phone&disabled=yes"),
            Ok(Rule::SetSwitch { switch: Switch::AssignAtPhone, disabled: true })
        ));
        assert!(matches!(
            read(RuleFields::Gate, "side=wan&minutes=+15"),
            Ok(Rule::OpenGate { side: Side::Wan, minutes: 15 })
        ));
        assert!(matches!(
            read(RuleFields::Ban, "mac=00156512345a&banned=no"),
            Ok(Rule::Ban { banned: false, .. })
        ));
        let handset = HandsetNo(3);
        assert!(matches!(
            read(RuleFields::Remote(handset), "remote=yes"),
            Ok(Rule::MarkRemote { handset: HandsetNo(3), remote: true })
        ));
    }

    #[test]
    fn a_form_that_is_not_whole_is_refused_in_a_sentence() {
        for (which, body) in [
            (RuleFields::Profile, "profile=open"),
            (RuleFields::Switch, "name=lan-creates"),
            (RuleFields::Switch, "name=all&disabled=yes"),
            (RuleFields::Gate, "side=moon&minutes=1"),
            (RuleFields::Gate, "side=lan&minutes=x"),
            (RuleFields::Ban, "mac=0015&banned=yes"),
            (RuleFields::Ignore, "mac=001565123456"),
            (RuleFields::Remote(HandsetNo(1)), ""),
        ] {
            let form = read(which, body).err().unwrap();
            assert!(form.error.is_some_and(|error| error.ends_with('.')), "{body}");
        }
    }
}
