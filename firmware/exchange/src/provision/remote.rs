//! Who asks for a file from the WAN, where nobody's address proves anything.
//!
//! | shown, over TLS | proves |
//! |---|---|
//! | the token of a handset, in the URL or as a password | that it is this handset |
//! | a certificate with a hardware address | that it is this device |
//! | the key of Plug-and-Play, likewise | whatever it says, until that one is claimed |
//!
//! The key is good for the first fetch: a handset that was given its file is asked for its token
//! from then on. Tokens have 128 random bits and are always looked at; of wrong keys a source may
//! show ten in a minute, then the key is not looked at for half a minute. Somebody who proves
//! nothing hears the same whatever he asked for, before anything was looked up for him.

use super::{refused_to, Ask};
use crate::catalog::{Family, Sign};
use crate::cause::Cause;
use crate::guesses::Earns;
use crate::names::{text, InterfaceNo, Side};
use crate::note::{Note, RuleNote};
use crate::office::Office;
use crate::output::Answer;
use crate::policy::{Door, Key};
use crate::secret::RemoteToken;
use crate::strangers::Came;
use crate::time::Now;
use alloc::format;
use alloc::string::String;
use wire::Mac;

/// What somebody on the WAN has proven.
pub(super) struct Proven {
    /// Which device he is; `None` where he has only shown the key.
    pub(super) mac: Option<Mac>,
    pub(super) key: Key,
}

/// Finds out who asks for the file of this name.
pub(super) fn prove(
    office: &mut Office,
    now: Now,
    ask: &Ask<'_>,
    (secret, name): (Option<&str>, &str),
) -> Result<Proven, Cause> {
    let password = ask.way.credentials.map(|(_, password)| password);
    let shown = [secret, password];
    let known = |text: &str| office.durable.handset_by(&RemoteToken::parse(text)?);
    // What has no hardware address has no file, by whatever it is asked for.
    let token = |text: &str| known(text).filter(|(_, handset)| !handset.is_generic());
    if let Some((_, handset)) = shown.into_iter().flatten().find_map(token) {
        return Ok(Proven { mac: Some(handset.mac), key: Key::Wrong });
    }
    let key = show_key(office, now, ask, shown);
    let named = office.catalog.file(name, None).and_then(|asked| asked.mac);
    let named = named.filter(|mac| mac.is_device());
    if let Some(mac) = ask.way.certified.filter(|mac| mac.is_device()) {
        return Ok(Proven { mac: Some(mac), key });
    }
    if key == Key::Wrong {
        return Err(Cause::WrongKey);
    }
    let handset = named.and_then(|mac| office.durable.handset_of(mac));
    match (named, handset.map(|(_, handset)| handset.remote)) {
        (None, _) if office.door(Side::Wan) == Door::Open || is_awaited(office) => {
            Ok(Proven { mac: None, key })
        }
        (None, _) => Err(Cause::CreationClosed(Side::Wan)),
        (Some(_), Some(None)) => Err(Cause::NotRemote),
        (Some(_), Some(Some(remote))) if remote.claimed => Err(Cause::ClaimedAlready),
        (Some(mac), Some(Some(_)) | None) => Ok(Proven { mac: Some(mac), key }),
    }
}

/// Whether a handset that was added by hand has not come from the WAN yet.
fn is_awaited(office: &Office) -> bool {
    let mut marks = office.durable.handsets().filter_map(|(_, handset)| handset.remote);
    marks.any(|remote| !remote.claimed)
}

/// Looks at what may be the key. Whoever has shown too many wrong ones is not looked at.
fn show_key(office: &mut Office, now: Now, ask: &Ask<'_>, shown: [Option<&str>; 2]) -> Key {
    let source = *ask.arrival.from.ip();
    if office.key_guesses.is_silent(now.mono, source) {
        return Key::Wrong;
    }
    let key = office.durable.rules().key();
    let mut shown = shown.into_iter().flatten().peekable();
    if shown.peek().is_none() {
        return Key::Wrong;
    }
    if shown.any(|typed| key.is_some_and(|key| key.is(typed))) {
        return Key::Right;
    }
    match office.key_guesses.wrong(now.mono, source) {
        Earns::FirstChallenge | Earns::LastChallenge => {
            office.note(now, Note::Rule(RuleNote::WrongKey(source)))
        }
        Earns::Challenge | Earns::Silence => {}
    }
    Key::Wrong
}

/// Tells whom it concerns that somebody has proven nothing, and says what he hears.
pub(super) fn refused(
    office: &mut Office,
    now: Now,
    ask: &Ask<'_>,
    name: &str,
    cause: Cause,
) -> Answer {
    let source = *ask.arrival.from.ip();
    office.note(now, Note::FileRefused(source));
    let named = office.catalog.file(name, None);
    if let Some((mac, family)) = named.and_then(|asked| Some((asked.mac?, asked.family))) {
        if office.durable.handset_of(mac).is_some() {
            office.speak_of(now, mac);
            let last = name.rsplit('/').next().unwrap_or_default();
            refused_to(office, now, ask.door, last, cause, Some(mac));
        } else if mac.is_device() && !office.durable.rules().bans(mac) {
            let said = office.catalog.identify(Sign::HttpUserAgent(ask.user_agent));
            let came = Came {
                side: Side::Wan,
                address: Some(source),
                family: said.family.or(Some(family)).filter(|it| *it != Family::Generic),
                model: said.model.as_deref().map(text).unwrap_or_default(),
                cause,
            };
            office.turned_away.add(now.mono, mac, came);
            office.revision += 1;
        }
    }
    // Phones ask for a password when they are told that one is missing.
    Answer::Unauthorized
}

/// Where a phone fetches its files.
pub(super) struct Place {
    /// Of the box's ports the one that it is told of.
    pub(super) interface: InterfaceNo,
    pub(super) scheme: &'static str,
    /// Without the scheme, with a slash at its end.
    pub(super) path: String,
    /// What stands in its place for phones of the LAN.
    plain: String,
}

impl Place {
    /// Whether it is told for use from the WAN.
    pub(super) fn is_remote(&self) -> bool {
        self.scheme != "http://"
    }

    /// The same file at this place.
    pub(super) fn moved(&self, url: String) -> String {
        let file = url.strip_prefix("http://").and_then(|rest| rest.strip_prefix(&self.plain));
        match file {
            Some(file) if self.path != self.plain => format!("{}{}{file}", self.scheme, self.path),
            Some(_) | None => url,
        }
    }
}

/// Where a phone on the WAN asks for its file before it has a token, without the key; `None` while
/// nobody is given any there.
pub(crate) fn wan_url(office: &Office) -> Option<String> {
    let port = office.board.https_port?;
    let server = super::wan_host(office)?;
    let host = if port == 443 { server } else { format!("{server}:{port}") };
    Some(format!("https://{host}/{}/", office.board.directory))
}

/// The place for one device: what a handset that is used from the WAN is told is good there,
/// wherever it asks, so that it can be staged once on the LAN.
pub(super) fn place(office: &Office, interface: InterfaceNo, asker: Option<Mac>) -> Place {
    let known = asker.and_then(|mac| office.durable.handset_of(mac));
    let mark = known.and_then(|(_, handset)| handset.remote);
    let wan = office.board.first(Side::Wan);
    if let (Some(mark), Some(wan), Some(url)) = (mark, wan, wan_url(office)) {
        let token = mark.token.text();
        let path = format!("{}{token}/", url.trim_start_matches("https://"));
        let plain = super::directory_path(office, wan);
        return Place { interface: wan, scheme: "https://", path, plain };
    }
    let path = super::directory_path(office, interface);
    Place { interface, scheme: "http://", plain: path.clone(), path }
}
