//! Who asks for a file from the WAN, where nobody's address proves anything.
//!
//! | shown, over TLS | proves |
//! |---|---|
//! | the token of a handset, in the URL or as a password | that it is this handset |
//! | a certificate with a hardware address | that it is this device |
//! | the key of Plug-and-Play, likewise | whatever it says, until that one is claimed |
//!
//! The key is good until the handset has its files for certain: until it shows the token that is in
//! them, or fetches them on the LAN, and for an hour after the first at most. Some makers' phones
//! fetch several, and a connection may break. From then on it is asked for its token.
//! Tokens have 128 random bits and are always looked at; of wrong keys a source may show ten in a
//! minute, then the key is not looked at for half a minute. Somebody who proves nothing hears the
//! same whatever he asked for, before anything was looked up for him.

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
use alloc::string::{String, ToString};
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
    let shown = shown(ask, secret);
    if let Some(mac) = by_token(office, shown) {
        office.claim(mac);
        return Ok(Proven { mac: Some(mac), key: Key::Wrong });
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
    let spent = named.is_some_and(|mac| office.is_key_spent(now, mac));
    let handset = named.and_then(|mac| office.durable.handset_of(mac));
    match (named, handset.map(|(_, handset)| handset.remote)) {
        (None, _) if office.door(Side::Wan) == Door::Open || is_awaited(office) => {
            Ok(Proven { mac: None, key })
        }
        (None, _) => Err(Cause::CreationClosed(Side::Wan)),
        (Some(_), Some(None)) => Err(Cause::NotRemote),
        (Some(_), Some(Some(remote))) if remote.claimed || spent => Err(Cause::ClaimedAlready),
        (Some(mac), Some(Some(_)) | None) => Ok(Proven { mac: Some(mac), key }),
    }
}

/// What may be a secret: what stands in the name of the file, and a password.
fn shown<'a>(ask: &Ask<'a>, in_name: Option<&'a str>) -> [Option<&'a str>; 2] {
    [in_name, ask.way.credentials.map(|(_, password)| password)]
}

/// The handset whose token is among what somebody shows.
fn by_token(office: &Office, shown: [Option<&str>; 2]) -> Option<Mac> {
    let known = |text: &str| office.durable.handset_by(&RemoteToken::parse(text)?);
    // What has no hardware address has no file, by whatever it is asked for.
    let token = |text: &str| known(text).filter(|(_, handset)| !handset.is_generic());
    let (_, handset) = shown.into_iter().flatten().find_map(token)?;
    Some(handset.mac)
}

/// What somebody hears who is refused whatever he may show: on the WAN he is asked who he is, as
/// for any other file, unless he has proven that. A phone that knows its way asks nobody for a
/// password.
pub(crate) fn denied(office: &Office, ask: &Ask<'_>) -> Answer {
    let secret = super::name::parted(office, ask.name).and_then(|(secret, _)| secret);
    let proven =
        || ask.way.certified.is_some() || by_token(office, shown(ask, secret.as_deref())).is_some();
    match ask.arrival.side {
        Side::Wan if ask.way.tls && !proven() => Answer::Unauthorized,
        Side::Wan | Side::Lan => Answer::Forbidden,
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
    // A token that is worth nothing any more is no guess: nobody guesses 128 bits, and a phone that
    // polls by one would silence the site that it is at.
    let no_token = |typed: &&str| RemoteToken::parse(typed).is_none();
    let mut shown = shown.into_iter().flatten().filter(no_token).peekable();
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
        // Read for everybody: it takes longer than all that follows, and tells nobody whether there
        // is such a handset.
        let said = office.catalog.identify(Sign::HttpUserAgent(ask.user_agent));
        let came = Came {
            side: Side::Wan,
            address: Some(source),
            family: said.family.or(Some(family)).filter(|it| *it != Family::Generic),
            model: said.model.as_deref().map(text).unwrap_or_default(),
            cause,
        };
        if office.durable.handset_of(mac).is_some() {
            office.speak_of(now, mac);
            let last = name.rsplit('/').next().unwrap_or_default();
            refused_to(office, now, ask.door, last, came.cause, Some(mac));
        } else if mac.is_device() && !office.durable.rules().bans(mac) {
            office.turned_away.add(now.mono, mac, came);
            office.revision += 1;
        }
    }
    // Phones ask for a password when they are told that one is missing.
    Answer::Unauthorized
}

/// Where a phone fetches its files, and where the box is for it.
pub(super) struct Place {
    /// Of the box's ports the one whose address it is told.
    pub(super) interface: InterfaceNo,
    /// Whether it is told for use from the WAN.
    pub(super) is_remote: bool,
    pub(super) scheme: &'static str,
    /// Without the scheme, with a slash at its end.
    pub(super) path: String,
    /// What stands in its place for phones of the LAN.
    plain: String,
}

impl Place {
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

/// The place for one device that is heard on this port: what a handset that is used from the WAN
/// is told is good there, wherever it asks, so that it can be staged once on the LAN. Whoever asks
/// from the WAN without being known yet is told the way by which he came, with the key that he has
/// shown in it. Where the box speaks no HTTPS a remote handset registers from the WAN all the same,
/// and fetches its files on the LAN.
pub(super) fn place(
    office: &Office,
    interface: InterfaceNo,
    asker: Option<Mac>,
    key: Option<&str>,
) -> Place {
    let known = asker.and_then(|mac| office.durable.handset_of(mac));
    let token = known.and_then(|(_, handset)| handset.remote).map(|mark| mark.token.text());
    let port = office.board.interface(interface);
    let from_wan = port.is_some_and(|port| port.side == Side::Wan);
    // Before the box knows how it is reached there, nobody is told the way.
    let wan = office.board.first(Side::Wan).filter(|_| token.is_some() || from_wan);
    let wan = wan.filter(|_| super::wan_host(office).is_some());
    let plain = super::directory_path(office, interface);
    let at_home = |interface, is_remote| {
        let path = plain.clone();
        Place { interface, is_remote, scheme: "http://", path, plain: plain.clone() }
    };
    match (wan, wan_url(office)) {
        (None, _) => at_home(interface, false),
        (Some(wan), None) => at_home(wan, true),
        (Some(wan), Some(url)) => {
            let mut path = url.trim_start_matches("https://").to_string();
            if let Some(secret) = token.as_deref().or(key) {
                path.push_str(secret);
                path.push('/');
            }
            Place { interface: wan, is_remote: true, scheme: "https://", path, plain }
        }
    }
}

/// The key, where somebody shows it. It is told him again as part of the address, since the same
/// file has his phone forget what it kept as a password for the place.
pub(super) fn key_in(office: &Office, ask: &Ask<'_>, in_name: Option<&str>) -> Option<String> {
    let key = office.durable.rules().key()?;
    let mut shown = shown(ask, in_name).into_iter().flatten();
    shown.find(|typed| key.is(typed)).map(String::from)
}
