//! The handsets: the list, one device with its story, and the forms on both.

use super::{reply, Admin, Route};
use crate::call::{Call, Reply};
use crate::http::Answered;
use exchange::command::{By, Command, Errand, Refusal, SeatWish, Selection};
use exchange::names::HandsetNo;
use exchange::view::{DeviceView, View};
use hyper::StatusCode;
use pages::form::{self, AddForm, AssignForm, Fields, ResyncForm};
use wire::Mac;

/// What has just been done, by the word in the address. A word of anybody else is no sentence.
const DONE: [(&str, &str); 43] = [
    ("added", "The handset was added."),
    ("assigned", "The line was saved."),
    ("deleted", "The handset was deleted."),
    ("line-added", "A line was added."),
    ("line-removed", "The last line was removed."),
    ("opened", "New phones become handsets by themselves from here on."),
    ("closed", "New phones are not taken in any more."),
    ("password", "The new password is in force."),
    ("passphrase", "The backup passphrase is set. Backups are sealed with it from now on."),
    ("kept", "The settings of the network are kept."),
    ("setting", "The setting was saved. Phones follow when they next fetch their configuration."),
    ("asked", "The phone was asked. Below it is said what comes of it."),
    ("asked-many", "The handsets are asked. The list says what comes of it."),
    ("called-off", "What was not asked yet is called off."),
    ("applied", "The template is in force. A phone gets its new file when it next asks."),
    ("removed", "The template was removed. It can be brought back."),
    ("returned", "The version before is in force again."),
    ("forgotten", "The version before was forgotten."),
    ("sign-added", "The sign was added. A phone is judged by it when it next sends something."),
    ("sign-removed", "The sign was removed. A phone is judged anew when it next sends something."),
    (
        "firmware",
        "The file is on the box. Phones are told when they next fetch their configuration.",
    ),
    ("firmware-deleted", "The file was deleted."),
    ("serving", "DHCP is served so from now on."),
    ("user-added", "The user was added."),
    ("user-changed", "The user was saved. His phones are asked to come for it."),
    ("user-deleted", "The user was deleted. Nobody is assigned to the lines that were his."),
    ("code", "The code is below. It is good for ten minutes."),
    ("install-pin", "The install PIN was saved."),
    ("replaced", "This phone took the other one's place. It has all of it when it next starts."),
    ("rung", "It rings for ten seconds. Its story says what it answered."),
    ("cleared", "Nobody is assigned to this phone any more."),
    ("certificate", "The certificate was installed. It is shown from the next connection on."),
    ("certificate-authority", "The authority was installed."),
    ("certificate-removed", "The certificate was removed."),
    ("switched", "The switches stand as you set them, from now on."),
    ("gate", "Whether new phones are taken in for a while was changed."),
    ("key", "There is a new secret key. The one before is worth nothing any more."),
    ("ban", "The bans were changed. What a banned phone had is worth nothing."),
    ("ignored", "The list was changed."),
    ("deleted-banned", "The handset was deleted, and is banned."),
    ("reach", "It was saved. Remote phones are told with their next configuration."),
    (
        "remote",
        "It was saved. The phone follows when it next fetches its configuration on the LAN.",
    ),
    ("lost", "All its passwords are new. It is registered nowhere until it has fetched them."),
];

/// What became of a wish.
pub(super) enum Wish {
    Done,
    Refused(Refusal),
    Unanswered,
}

impl Admin<'_> {
    pub(super) async fn phone_book(&self) -> Answered {
        match self.visitor.desk.ask(Call::LookAtBook).await {
            Some(Reply::LookedAtBook(view)) => {
                reply::html(StatusCode::OK, pages::book(&view, &self.viewer(None)))
            }
            _other => reply::unavailable(),
        }
    }

    pub(super) async fn handsets(&self, query: &str) -> Answered {
        let Some(view) = self.look().await else { return reply::unavailable() };
        let html = match asked(query, "fragment") {
            Some("table") => pages::handsets_fragment(&view),
            _whole => pages::handsets(&view, &self.viewer(notice(query)), None),
        };
        reply::html(StatusCode::OK, html)
    }

    pub(super) async fn device(&self, mac: &str, query: &str) -> Answered {
        let Some(mac) = Mac::parse(mac.as_bytes()) else { return reply::unknown() };
        let view = match self.look_at(mac).await {
            Some(Some(view)) => view,
            Some(None) => return reply::unknown(),
            None => return reply::unavailable(),
        };
        let html = match asked(query, "fragment") {
            Some("story") => pages::device_fragment(&view),
            _whole => pages::device(&view, &self.viewer(notice(query)), None),
        };
        reply::html(StatusCode::OK, html)
    }

    pub(super) async fn add(&self, fields: &Fields) -> Answered {
        let form = match form::add(fields) {
            Ok(command) => match self.wish(fields, command).await {
                Wish::Done => return reply::see("/handsets?done=added"),
                Wish::Refused(refusal) => AddForm::refused(fields, refusal),
                Wish::Unanswered => return reply::unavailable(),
            },
            Err(form) => *form,
        };
        let Some(view) = self.look().await else { return reply::unavailable() };
        let html = pages::handsets(&view, &self.viewer(None), Some(&form));
        reply::html(StatusCode::UNPROCESSABLE_ENTITY, html)
    }

    pub(super) async fn allow_creation(&self, fields: &Fields) -> Answered {
        let Some(command) = form::creation(fields) else {
            let sentence = "This form came incomplete.";
            return reply::message(StatusCode::BAD_REQUEST, "Not saved", sentence);
        };
        let opens = matches!(command, Command::AllowCreation { open: true, .. });
        match self.wish(fields, command).await {
            Wish::Done if opens => reply::see("/handsets?done=opened"),
            Wish::Done => reply::see("/handsets?done=closed"),
            Wish::Refused(refusal) => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                reply::message(status, "Not saved", &refusal.to_string())
            }
            Wish::Unanswered => reply::unavailable(),
        }
    }

    /// Has many handsets asked to come again.
    pub(super) async fn resync(&self, fields: &Fields) -> Answered {
        let form = match form::resync(fields) {
            Ok(command) => match self.wish(fields, command).await {
                Wish::Done => return reply::see("/handsets?done=asked-many"),
                Wish::Refused(refusal) => ResyncForm::refused(fields, refusal),
                Wish::Unanswered => return reply::unavailable(),
            },
            Err(form) => *form,
        };
        let Some(view) = self.look().await else { return reply::unavailable() };
        let html = pages::handsets_resync(&view, &self.viewer(None), &form);
        reply::html(StatusCode::UNPROCESSABLE_ENTITY, html)
    }

    pub(super) async fn call_resync_off(&self, fields: &Fields) -> Answered {
        match self.wish(fields, Command::CallResyncOff).await {
            Wish::Done => reply::see("/handsets?done=called-off"),
            Wish::Refused(refusal) => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                reply::message(status, "Not called off", &refusal.to_string())
            }
            Wish::Unanswered => reply::unavailable(),
        }
    }

    /// Takes one of the forms on a handset's page.
    pub(super) async fn change_handset(
        &self,
        route: Route,
        mac: &str,
        fields: &Fields,
    ) -> Answered {
        let Some(mac) = Mac::parse(mac.as_bytes()) else { return reply::unknown() };
        let handset = match self.look_at(mac).await {
            Some(view) => view.and_then(|view| view.handset).map(|row| row.handset),
            None => return reply::unavailable(),
        };
        let Some(handset) = handset else { return reply::unknown() };
        let form = match read(route, fields, handset) {
            Ok((command, done)) => match self.wish(fields, command).await {
                Wish::Done if route == Route::Delete => {
                    return reply::see("/handsets?done=deleted")
                }
                Wish::Done => {
                    let page = pages::device_path(mac);
                    return reply::see_made(&format!("{page}?done={done}"));
                }
                Wish::Refused(refusal) => AssignForm::refused(fields, refusal),
                Wish::Unanswered => return reply::unavailable(),
            },
            Err(form) => *form,
        };
        // Looked at again: a refusal may mean that it is not what it was.
        let view = match self.look_at(mac).await {
            Some(Some(view)) => view,
            Some(None) => return reply::unknown(),
            None => return reply::unavailable(),
        };
        let html = pages::device(&view, &self.viewer(None), Some(&form));
        reply::html(StatusCode::UNPROCESSABLE_ENTITY, html)
    }

    pub(super) async fn wish(&self, fields: &Fields, command: Command) -> Wish {
        self.wish_by(self.by(fields), command).await
    }

    pub(super) async fn wish_by(&self, by: By, command: Command) -> Wish {
        match self.visitor.desk.ask(Call::Do { by, command }).await {
            Some(Reply::Done(Ok(()))) => Wish::Done,
            Some(Reply::Done(Err(refusal))) => Wish::Refused(refusal),
            _other => Wish::Unanswered,
        }
    }

    pub(super) async fn look(&self) -> Option<Box<View>> {
        match self.visitor.desk.ask(Call::Look).await {
            Some(Reply::Looked(view)) => Some(view),
            _other => None,
        }
    }

    /// `Some(None)` if nobody knows this device.
    pub(super) async fn look_at(&self, mac: Mac) -> Option<Option<Box<DeviceView>>> {
        match self.visitor.desk.ask(Call::LookAt(mac)).await {
            Some(Reply::LookedAt(view)) => Some(view),
            _other => None,
        }
    }
}

/// The command of a handset's form, and the word for its being done.
fn read(
    route: Route,
    fields: &Fields,
    handset: HandsetNo,
) -> Result<(Command, &'static str), Box<AssignForm>> {
    match route {
        Route::AddLine => Ok((Command::AddLine { handset }, "line-added")),
        Route::RemoveLine => Ok((Command::RemoveLine { handset }, "line-removed")),
        Route::Delete => Ok((Command::DeleteHandset { handset }, "deleted")),
        Route::ResyncOne => Ok((one(handset, Errand::Resync), "asked")),
        Route::RestartOne => Ok((one(handset, Errand::Restart), "asked")),
        Route::Own | Route::MakeUser | Route::Replace | Route::Clear | Route::Ring => {
            of_seat(route, fields, handset)
        }
        Route::Assign
        | Route::Home
        | Route::Asset
        | Route::Login
        | Route::Claim
        | Route::Password
        | Route::Logout
        | Route::Handsets
        | Route::Add
        | Route::Device
        | Route::Creation
        | Route::Network
        | Route::ProposeLan
        | Route::ProposeWan
        | Route::KeepNetwork
        | Route::System
        | Route::Restart
        | Route::Backup
        | Route::Passphrase
        | Route::BackupFile
        | Route::Restore
        | Route::ConfirmRestore
        | Route::Settings
        | Route::SettingsFamily
        | Route::SettingsModel
        | Route::OpenSettings
        | Route::ChangeSetting
        | Route::Resync
        | Route::CallResyncOff
        | Route::Templates
        | Route::TemplateFile
        | Route::EditTemplate
        | Route::PreviewTemplate
        | Route::RemoveTemplate
        | Route::ReturnTemplate
        | Route::ForgetTemplate
        | Route::ApplyTemplate
        | Route::HandsetFiles
        | Route::Dhcp
        | Route::Identity
        | Route::TrySign
        | Route::ChangeSign
        | Route::Firmware
        | Route::UploadFirmware
        | Route::DeleteFirmware
        | Route::PhoneBook
        | Route::Users
        | Route::User(_)
        | Route::Reveal
        | Route::Generic(_)
        | Route::Certificates
        | Route::Certificate(_)
        | Route::Rule(_) => form::assign(fields, handset).map(|command| (command, "assigned")),
    }
}

/// The same of a form about who sits there: it has no words to keep, unless it came incomplete.
fn of_seat(
    route: Route,
    fields: &Fields,
    handset: HandsetNo,
) -> Result<(Command, &'static str), Box<AssignForm>> {
    let (read, done) = if route == Route::Own {
        (form::own(fields, handset), "assigned")
    } else if route == Route::MakeUser {
        (form::make_user(fields, handset), "user-added")
    } else if route == Route::Replace {
        (form::replace(fields, handset), "replaced")
    } else if route == Route::Clear {
        (Some(Command::Seat(SeatWish::Clear { handset })), "cleared")
    } else {
        (Some(Command::Ring { handset }), "rung")
    };
    read.map(|command| (command, done)).ok_or_else(|| {
        let form_error = Some("This form came incomplete.".to_owned());
        Box::new(AssignForm { form_error, ..AssignForm::default() })
    })
}

fn one(handset: HandsetNo, errand: Errand) -> Command {
    Command::Resync { whom: Selection::One(handset), errand, when: None }
}

pub(super) fn notice(query: &str) -> Option<&'static str> {
    let word = asked(query, "done")?;
    DONE.iter().find(|(known, _)| *known == word).map(|(_, sentence)| *sentence)
}

/// The value of a parameter of a query; ours are plain words.
pub(super) fn asked<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
}
