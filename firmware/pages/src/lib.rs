//! The admin's pages: a [`View`](exchange::view::View) in, HTML out, and what the admin sends back
//! read into a [`Command`](exchange::command::Command).
//!
//! Every page is a pure function and has a golden file under `tests/golden/pages`. Whatever a
//! phone or a person wrote is escaped by the templates; there is no way around it in here.
//! Every function works without a script; [`assets`] has one that keeps an open page up to date.
//!
//! | address | method | made or read by |
//! |---|---|---|
//! | `/login` | GET, POST | [`login`], [`form::password`] |
//! | `/login/claim` | GET, POST | [`claim()`] or [`change_password`], [`form::new_password`] |
//! | `/password` | GET, POST | [`change_password`], [`form::new_password`] |
//! | `/logout` | POST | [`form::Fields::csrf`] |
//! | `/handsets` | GET | [`handsets`]; with `?fragment=table` [`handsets_fragment`] |
//! | `/handsets/add` | POST | [`form::add`] |
//! | `/handsets/<mac>` | GET | [`device`]; with `?fragment=story` [`device_fragment`] |
//! | `/handsets/<mac>/assign` | POST | [`form::assign`] |
//! | `/handsets/<mac>/add-line`, `remove-line`, `delete` | POST | [`form::Fields::seen`] |
//! | `/handsets/<mac>/resync`, `restart` | POST | [`form::Fields::csrf`] |
//! | `/handsets/resync` | POST | [`form::resync`](form::resync()) |
//! | `/handsets/resync/call-off` | POST | [`form::Fields::csrf`] |
//! | `/policy/creation` | POST | [`form::creation`] |
//! | `/voip` | GET | [`voip`](voip()) |
//! | `/voip/switch`, `profile`, `gate`, `key/draw`, `reach` | POST | [`form::rule`] |
//! | `/voip/install-pin` | POST | [`form::install_pin`] |
//! | `/voip/install-pin/show` | POST | [`form::password`]; answer: [`message`] |
//! | `/voip/key/show` | POST | [`form::password`]; answer: [`voip`](voip()) |
//! | `/strangers` | GET | [`strangers`](strangers()) |
//! | `/strangers/ban`, `ignore` | POST | [`form::rule`] |
//! | `/handsets/<mac>/remote`, `lost`, `ban` | POST | [`form::rule`] |
//! | `/handsets/<mac>/password` | POST | [`form::password`]; answer: [`device_shown`] |
//! | `/settings`, `/settings/family/<id>`, `/settings/model` | GET | [`settings`](settings()) |
//! | `/settings/open` | POST | [`form::place`]; answer: that layer's page |
//! | `/settings/change` | POST | [`form::place`], [`form::setting`] |
//! | `/phone-book` | GET | [`book`](book()) |
//! | `/network` | GET | [`network`] |
//! | `/network/lan`, `/network/wan` | POST | [`form::lan`], [`form::wan`]; answer: [`leaving`] |
//! | `/network/dhcp` | GET, POST | [`dhcp`](dhcp()), [`form::lines`]; [`form::serving`] |
//! | `/network/keep` | POST | [`form::Fields::csrf`] |
//! | `/system` | GET | [`system`](system()) |
//! | `/system/restart` | POST | [`restart`]; once it was confirmed, [`leaving`] |
//! | `/system/backup` | GET | [`backup`](backup::backup()) |
//! | `/system/backup/passphrase` | POST | [`form::new_password`] |
//! | `/system/backup/file` | POST | a text called [`file_name`](backup::file_name) |
//! | `/system/backup/restore` | POST | [`form::Upload`]; answer: [`restore`](backup::restore) |
//! | `/system/backup/confirm` | POST | what `restore` said; answer: [`leaving`] |
//! | `/certificates` | GET | [`certificates`](certificates()) |
//! | `/certificates/install`, `trust` | POST | [`form::Upload`] |
//! | `/certificates/remove` | POST | [`form::certificate_place`] |
//! | `/templates` | GET | [`templates`](template::templates) |
//! | `/templates/file` | GET | [`template_file`](template::template_file) |
//! | `/templates/edit` | GET, POST | [`template_edit`](template::template_edit) |
//! | `/templates/preview`, `remove` | POST | [`template_preview`](template::template_preview) |
//! | `/templates/apply` | POST | what `template_preview` said |
//! | `/templates/return`, `forget` | POST | [`form::template_place`] |
//! | `/handsets/<mac>/files` | GET | [`handset_files`](template::handset_files) |
//! | `/identity` | GET | [`identity`](identity()) |
//! | `/identity/try` | POST | [`form::tried`]; answer: [`identity`](identity()) |
//! | `/identity/change` | POST | [`form::sign`](form::sign()) |
//! | `/firmware` | GET | [`firmware`](firmware::firmware) |
//! | `/firmware/upload` | POST | [`form::UploadStream`] |
//! | `/firmware/delete` | POST | [`form::Fields::csrf`] |
//! | `/users` | GET | [`users`](users()) |
//! | `/users/add`, `change` | POST | [`form::add_user`], [`form::change_user`] |
//! | `/users/delete`, `code` | POST | [`form::delete_user`], [`form::code`] |
//! | `/users/reveal` | POST | [`form::hidden`]; answer: [`message`] |
//! | `/handsets/generic` | POST | [`form::add_generic`]; answer: [`setup_shown`] |
//! | `/handsets/<mac>/setup` | GET | [`setup`](setup()) |
//! | `/handsets/<mac>/setup/draw` | POST | [`form::password`]; answer: [`setup_shown`] |
//! | `/handsets/<mac>/own`, `make-user` | POST | [`form::own`], [`form::make_user`] |
//! | `/handsets/<mac>/replace` | POST | [`form::replace`] |
//! | `/handsets/<mac>/clear`, `ring` | POST | [`form::Fields::seen`] |
//! | `/assets/...` | GET | [`assets`] |
//!
//! A box that cannot read its state has one page instead of all these: [`recovery`].
//!
//! The crate never serves, never checks a password or a token, never reads a clock, and has no
//! type that could hold a handset's secret but the text that somebody is shown who has given his
//! password for it, or has just added what has no hardware address.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod account;
mod alarm;
mod asset;
pub mod backup;
mod book;
mod certificates;
mod device;
mod dhcp;
pub mod firmware;
pub mod form;
mod handsets;
mod identity;
mod moment;
mod network;
mod qr;
pub mod recovery;
mod remote;
mod settings;
mod setup;
mod status;
mod strangers;
pub mod system;
pub mod template;
mod users;
mod voip;

pub use account::{change_password, claim, login, message, Claim, LoginError, Occasion};
pub use asset::{assets, Asset};
pub use book::book;
pub use certificates::{certificates, CertificateForm};
pub use device::{device, device_fragment, device_setting, device_shown};
pub use dhcp::{dhcp, Wanted};
pub use handsets::{handsets, handsets_fragment, handsets_generic, handsets_resync};
pub use identity::identity;
pub use moment::civil;
pub use network::{leaving, network, Leaving, OnTrial};
pub use qr::{Qr, QR_BYTES_MAX};
pub use settings::{handset_settings_path, settings, settings_path};
pub use setup::{setup, setup_shown};
pub use strangers::strangers;
pub use system::{restart, system};
pub use users::users;
pub use voip::voip;

use alloc::string::String;
use askama::Template;
use exchange::names::Mac;

/// A page, or a part of one, complete and escaped.
pub type Html = String;

/// The value of `Content-Security-Policy` for every page: nothing but our own files, and no code
/// or style inside a page.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; \
    script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; \
    frame-ancestors 'none'; base-uri 'none'";

/// Who looks at a page, as far as the page shows it.
pub struct Viewer<'a> {
    /// What every form on the page sends back to prove that it came from this page.
    pub csrf: &'a str,
    /// What has just been done, in one sentence, shown once.
    pub notice: Option<&'a str>,
    /// Version of the software.
    pub version: &'a str,
    /// The settings of the network that are on trial, if they are.
    pub trial: Option<OnTrial>,
}

/// Where the page of a handset or device is.
pub fn device_path(mac: Mac) -> String {
    alloc::format!("/handsets/{}", mac.bare())
}

/// What is shown should a template ever fail; a blank page would say less.
const FAILED: &str =
    "<!doctype html><html lang=\"en\"><title>Dialtone</title><p>This page could not be made.</p>";

fn html(template: &impl Template, bytes_expected: usize) -> Html {
    let mut html = Html::with_capacity(bytes_expected);
    match template.render_into(&mut html) {
        Ok(()) => html,
        Err(_) => Html::from(FAILED),
    }
}
