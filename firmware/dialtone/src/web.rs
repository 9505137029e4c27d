//! The admin's pages as routes: who may have which, and what becomes of a form.
//!
//! Before a page is made or a form is looked at, in this order: the request names the box as its
//! host (else 421; a page of elsewhere whose name was rebound to our address is a stranger), a form
//! was sent from a page of ours (else 403), somebody is logged in (else to the log-in page), the
//! first password was changed (else to that page), and the form carries its session's token (else
//! 403). Only [`Route::Login`], [`Route::Claim`] and [`Route::Asset`] are open to whoever is not
//! logged in.
//!
//! A form that changed something is answered with 303 and a word that the next page turns into a
//! sentence (`?done=added`); one that changed nothing, with 422 and the same page, what was typed
//! still in it. Every route works without a script.
//!
//! Nothing in here decides what may be done: a wish goes to the exchange as a command, and a
//! password as the outcome of a comparison. No password, token or form is ever logged.

mod account;
mod backup;
mod body;
mod certificates;
mod claim;
mod dhcp;
mod firmware;
mod gate;
mod generic;
mod identity;
mod machine;
mod office;
mod reply;
mod route;
mod rules;
mod settings;
mod templates;
#[cfg(test)]
mod tests;
mod users;

use account::logged_in;
pub(crate) use gate::{host_of, names_us};

pub(crate) use machine::Facts;
pub(crate) use route::Route;

use crate::call::{Call, Reply};
use crate::firmware::{Shelf, Store};
use crate::http::{Answered, Guests, Limits, Visitor};
use crate::password::Door;
use crate::rehearsal::Rehearsals;
use crate::release::VERSION;
use crate::tls::Secured;
use crate::wear::Wear;
use backup::Restores;
use body::form_within;
use exchange::access::LoggedIn;
use exchange::command::By;
use exchange::layer::Layer;
use exchange::limits::TEMPLATE_FORM_BYTES_MAX;
use exchange::template::Change;
use exchange::view::BoxView;
use generic::GenericRoute;
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode};
use pages::form::{Fields, FORM_BYTES_MAX};
use pages::{OnTrial, Viewer};
use route::{CertificateRoute, Takes, ROUTES};
use std::sync::Arc;
use templates::Drafts;

/// A route that was found, with the rest of its address.
pub(crate) struct Found {
    route: Route,
    takes: Takes,
    rest: String,
}

/// What all network ports share.
pub(crate) struct WebSite {
    routes: matchit::Router<(Route, Takes)>,
    guests: Arc<Guests>,
    door: Door,
    facts: Facts,
    restores: Restores,
    drafts: Drafts,
    firmware: Store,
    secured: Option<(Arc<Secured>, u16)>,
}

impl WebSite {
    /// The site as shipped.
    pub(crate) fn new() -> WebSite {
        WebSite::with(Limits::default(), Door::new())
    }

    /// The site with other bounds of connections, and another door.
    pub(crate) fn with(limits: Limits, door: Door) -> WebSite {
        let mut routes = matchit::Router::new();
        for (pattern, route, takes) in ROUTES {
            // Two patterns that clash would leave a route out, which a test would find.
            if let Err(error) = routes.insert(pattern, (route, takes)) {
                log::error!("{pattern} is not served: {error}");
            }
        }
        let (guests, facts) = (Arc::new(Guests::new(limits)), Facts::default());
        WebSite {
            routes,
            guests,
            door,
            facts,
            restores: Restores::new(),
            drafts: Drafts::new(None),
            firmware: Store::Nowhere,
            secured: None,
        }
    }

    /// The same site on a box of which so much is known.
    pub(crate) fn of(
        self,
        facts: Facts,
        rehearsals: Option<Rehearsals>,
        firmware: Store,
    ) -> WebSite {
        WebSite { facts, drafts: Drafts::new(rehearsals), firmware, ..self }
    }

    /// The same site with TLS on this port, where there is one.
    pub(crate) fn secured_by(self, secured: Arc<Secured>, https_port: Option<u16>) -> WebSite {
        WebSite { secured: https_port.map(|port| (secured, port)), ..self }
    }

    /// What is shown over TLS, where there is a port with it.
    pub(crate) fn secured(&self) -> Option<&Secured> {
        self.secured.as_ref().map(|(secured, _)| &**secured)
    }

    /// The port with TLS, where there is one.
    pub(crate) fn https_port(&self) -> Option<u16> {
        self.secured.as_ref().map(|(_, port)| *port)
    }

    /// Where firmware of phones is kept.
    pub(crate) fn store(&self) -> &Store {
        &self.firmware
    }

    /// The same, where it can be used.
    pub(crate) fn firmware(&self) -> Option<&Shelf> {
        match &self.firmware {
            Store::Shelf(shelf) => Some(shelf),
            Store::Unusable(_) | Store::Nowhere => None,
        }
    }

    pub(crate) fn guests(&self) -> &Arc<Guests> {
        &self.guests
    }

    /// Where people queue to have a password hashed.
    pub(crate) fn door(&self) -> &Door {
        &self.door
    }

    /// The admin's route of a path as it stands in the request; no path of ours needs decoding.
    pub(crate) fn find(&self, path: &str) -> Option<Found> {
        let found = self.routes.at(path).ok()?;
        let (route, takes) = *found.value;
        let rest = found.params.get("rest").unwrap_or_default().to_owned();
        Some(Found { route, takes, rest })
    }
}

/// Answers a request for one of the admin's routes, of somebody for whom they exist.
pub(crate) async fn answer(
    visitor: &Visitor,
    request: Request<Incoming>,
    found: Found,
) -> Answered {
    let Found { route, takes, rest } = found;
    let posted = match (request.method(), takes) {
        (&Method::GET | &Method::HEAD, Takes::Get | Takes::Both) => false,
        (&Method::POST, Takes::Post | Takes::Both) => true,
        (_, takes) => return reply::not_allowed(takes),
    };
    let (parts, body) = request.into_parts();
    if !names_us(&parts, visitor.own) {
        return reply::message(
            StatusCode::MISDIRECTED_REQUEST,
            "Not under this name",
            "Open this page by the box's IP address, or as dialtone.local.",
        );
    }
    if posted && !gate::is_from_our_page(&parts.headers) {
        return reply::foreign();
    }
    match (route, posted) {
        (Route::Asset, _) => return reply::asset(parts.uri.path()),
        (Route::Login, false) => return account::login_page(visitor, &parts).await,
        (Route::Login, true) => return account::log_in(visitor, &parts, body).await,
        (Route::Claim, false) => return claim::page(visitor, &parts).await,
        (Route::Claim, true) => return claim::set_password(visitor, &parts, body).await,
        _needs_a_session => (),
    }
    let Some((token, admin)) = logged_in(visitor, &parts.headers).await else {
        return reply::see("/login");
    };
    let stays = matches!(route, Route::Password | Route::Logout);
    if admin.must_change_password && !stays {
        return reply::see("/password");
    }
    let Some(Reply::LookedAtBox(the_box, wear, today)) = visitor.desk.ask(Call::LookAtBox).await
    else {
        return reply::unavailable();
    };
    let admin = Admin { visitor, session: admin, token, the_box, wear, today };
    if !posted {
        return admin.show(route, &rest, &parts).await;
    }
    if route == Route::Restore {
        // The only form with a file in it, and so in another encoding.
        return admin.look_at_backup(&parts.headers, body).await;
    }
    if let Route::Certificate(what) = route {
        if what != CertificateRoute::Remove {
            return admin.bring_certificate(what, &parts.headers, body).await;
        }
    }
    if route == Route::UploadFirmware {
        // That one is larger than memory.
        return admin.upload_firmware(&parts.headers, body).await;
    }
    let bytes_max = match route == Route::PreviewTemplate {
        true => TEMPLATE_FORM_BYTES_MAX,
        false => FORM_BYTES_MAX,
    };
    match form_within(visitor, &parts.headers, body, bytes_max).await {
        Ok(fields) if admin.session.sent(fields.csrf()) => {
            admin.change(route, &rest, &fields).await
        }
        Ok(_foreign) => reply::foreign(),
        Err(refused) => *refused,
    }
}

/// Somebody who is logged in, and his connection.
struct Admin<'a> {
    visitor: &'a Visitor,
    session: LoggedIn,
    token: String,
    /// The box as it was when he asked; what is on trial is said on every page.
    the_box: Box<BoxView>,
    wear: Wear,
    /// Bytes written to flash today.
    today: Option<u64>,
}

impl Admin<'_> {
    async fn show(&self, route: Route, rest: &str, parts: &Parts) -> Answered {
        let query = parts.uri.query().unwrap_or_default();
        match route {
            Route::Home => reply::see("/handsets"),
            Route::Password => self.password_page(),
            Route::Handsets => self.handsets(query).await,
            Route::Device => self.device(rest, query).await,
            Route::Network => self.network(query),
            Route::System => self.system(),
            Route::Backup => self.backup(query),
            Route::Settings => self.settings(Some(Layer::Site), query).await,
            Route::SettingsFamily => self.settings(settings::family(rest), query).await,
            Route::SettingsModel => self.settings(settings::model(query), query).await,
            Route::Templates => self.templates(query).await,
            Route::TemplateFile => self.template_file(query).await,
            Route::EditTemplate => self.edit_template_of(query).await,
            Route::HandsetFiles => self.handset_files(rest, query).await,
            Route::Identity => self.identity(query).await,
            Route::Firmware => self.firmware(query).await,
            Route::PhoneBook => self.phone_book().await,
            Route::Dhcp => self.dhcp(query).await,
            Route::Users => self.users(query).await,
            Route::Certificates => self.certificates(query).await,
            Route::Rule(route) => self.show_rules(route, query).await,
            Route::Generic(GenericRoute::Setup) => self.show_setup(rest).await,
            Route::Asset
            | Route::Login
            | Route::Claim
            | Route::Logout
            | Route::Add
            | Route::Assign
            | Route::AddLine
            | Route::RemoveLine
            | Route::Delete
            | Route::Creation
            | Route::ProposeLan
            | Route::ProposeWan
            | Route::KeepNetwork
            | Route::Restart
            | Route::Passphrase
            | Route::BackupFile
            | Route::Restore
            | Route::ConfirmRestore
            | Route::OpenSettings
            | Route::ChangeSetting
            | Route::Resync
            | Route::CallResyncOff
            | Route::ResyncOne
            | Route::RestartOne
            | Route::PreviewTemplate
            | Route::RemoveTemplate
            | Route::ReturnTemplate
            | Route::ForgetTemplate
            | Route::ApplyTemplate
            | Route::TrySign
            | Route::ChangeSign
            | Route::UploadFirmware
            | Route::DeleteFirmware
            | Route::User(_)
            | Route::Reveal
            | Route::Own
            | Route::MakeUser
            | Route::Replace
            | Route::Clear
            | Route::Ring
            | Route::Generic(GenericRoute::Add | GenericRoute::Draw)
            | Route::Certificate(_) => reply::unknown(),
        }
    }

    async fn edit_template_of(&self, query: &str) -> Answered {
        match Fields::parse(query.as_bytes()) {
            Ok(fields) => self.edit_template(&fields).await,
            Err(_garbled) => reply::unknown(),
        }
    }

    async fn change(&self, route: Route, rest: &str, fields: &Fields) -> Answered {
        match route {
            Route::Password => self.set_password(fields).await,
            Route::Logout => self.log_out().await,
            Route::Add => self.add(fields).await,
            Route::Assign
            | Route::AddLine
            | Route::RemoveLine
            | Route::Delete
            | Route::ResyncOne
            | Route::RestartOne
            | Route::Own
            | Route::MakeUser
            | Route::Replace
            | Route::Clear
            | Route::Ring => self.change_handset(route, rest, fields).await,
            Route::User(route) => self.change_users(route, fields).await,
            Route::Reveal => self.reveal_of_users(fields).await,
            Route::Generic(route) => self.change_generic(route, rest, fields).await,
            Route::Resync => self.resync(fields).await,
            Route::Rule(route) => self.change_rules(route, rest, fields).await,
            Route::CallResyncOff => self.call_resync_off(fields).await,
            Route::Creation => self.allow_creation(fields).await,
            Route::ProposeLan => self.propose_lan(fields).await,
            Route::ProposeWan => self.propose_wan(fields).await,
            Route::KeepNetwork => self.keep_network(fields).await,
            Route::Restart => self.restart(fields).await,
            Route::Passphrase => self.set_passphrase(fields).await,
            Route::BackupFile => self.download().await,
            Route::ConfirmRestore => self.confirm_restore(fields).await,
            Route::OpenSettings => self.open_settings(fields),
            Route::ChangeSetting => self.change_setting(fields).await,
            Route::EditTemplate => self.edit_template(fields).await,
            Route::PreviewTemplate => self.preview_template(fields).await,
            Route::RemoveTemplate => self.remove_template(fields).await,
            Route::ReturnTemplate => self.change_at_once(fields, Change::Returned).await,
            Route::ForgetTemplate => self.change_at_once(fields, Change::Forgotten).await,
            Route::ApplyTemplate => self.apply_template(fields).await,
            Route::TrySign => self.try_sign(fields).await,
            Route::ChangeSign => self.change_sign(fields).await,
            Route::DeleteFirmware => self.delete_firmware(fields).await,
            Route::Dhcp => self.change_dhcp(fields).await,
            Route::Certificate(CertificateRoute::Remove) => self.remove_certificate(fields).await,
            Route::Home
            | Route::Asset
            | Route::Login
            | Route::Claim
            | Route::Handsets
            | Route::Device
            | Route::Network
            | Route::System
            | Route::Backup
            | Route::Restore
            | Route::Settings
            | Route::SettingsFamily
            | Route::SettingsModel
            | Route::Templates
            | Route::TemplateFile
            | Route::HandsetFiles
            | Route::Identity
            | Route::Firmware
            | Route::UploadFirmware
            | Route::PhoneBook
            | Route::Users
            | Route::Certificates
            | Route::Certificate(CertificateRoute::Install | CertificateRoute::Trust) => {
                reply::unknown()
            }
        }
    }

    fn viewer<'a>(&'a self, notice: Option<&'a str>) -> Viewer<'a> {
        let now = self.the_box.now;
        let trial = self.the_box.trial.map(|until| OnTrial { now, until });
        Viewer { csrf: &self.session.csrf, notice, version: VERSION, trial }
    }

    fn by(&self, fields: &Fields) -> By {
        let side = self.visitor.origin.side;
        By { side, source: self.visitor.source(), seen: fields.seen() }
    }
}
