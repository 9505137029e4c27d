//! TLS (RFC 8446, RFC 5246): which certificate is shown, who is let in how fast, and what is told
//! of a handshake that fails.
//!
//! Versions 1.2 and 1.3 by rustls, with the ciphers of [`provider`]; nothing older. What has to be
//! shown and believed the exchange decides; [`keep_up`] looks at that every minute, has
//! missing certificates made beside the loop, and from then on shows them. A phone may prove by a
//! certificate of its maker who it is. One that cannot be believed is no reason to refuse a
//! connection: phones send theirs whoever asks.
//!
//! A handshake costs more than a request, so it is bounded in time, and in number within a minute
//! by address, and from the WAN in all but for whoever has proven himself. One that fails is told
//! the exchange by the words that were the reason: the phone's first ones, or its alert.

mod believed;
mod issue;
mod pem;
mod provider;
mod stream;
#[cfg(test)]
mod tests;
mod upkeep;

pub(crate) use pem::{belongs, chain_and_key, one_authority, pem_of};
pub(crate) use stream::Stream;
pub(crate) use upkeep::keep_up;

use crate::clock::Clock;
use believed::Believed;
use exchange::certificates::{Kept, Leaf};
use exchange::limits::{
    HANDSHAKES_LAN_PER_SOURCE, HANDSHAKES_MS, HANDSHAKES_PER_SOURCE, HANDSHAKES_PROVEN_MAX,
    HANDSHAKES_WAN, HANDSHAKE_MS, TLS_OUTBOX_BYTES, TLS_SESSIONS_MAX,
};
use exchange::names::Side;
use exchange::sorted::SortedMap;
use exchange::time::Instant;
use provider::provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::ServerSessionMemoryCache;
use rustls::{ServerConfig, ServerConnection};
use std::collections::VecDeque;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use stream::Overheard;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use wire::x509::Certificate;
use wire::Mac;

/// How long somebody waits who comes before there is a certificate, until it is looked at again.
const NOT_YET: Duration = Duration::from_millis(50);

/// Why a certificate could not be made or shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Trouble {
    /// The kernel gives no entropy.
    NoEntropy,
    /// A key or a certificate is not what it should be.
    NotMade,
}

/// What all ports with TLS share.
pub(crate) struct Secured {
    clock: Clock,
    shown: Mutex<Shown>,
    handshakes: Mutex<Handshakes>,
    proven: Mutex<VecDeque<Ipv4Addr>>,
    /// Somebody changed what is to be shown.
    changed: Notify,
}

/// What is shown and believed just now.
#[derive(Default)]
struct Shown {
    config: Option<Arc<ServerConfig>>,
    believed: Option<Arc<Believed>>,
    /// What is shown.
    kept: Option<Kept>,
    /// What it says, where it is of the box's own making.
    leaf: Option<Leaf>,
    /// The box's authority, in PEM.
    authority: Option<Arc<str>>,
}

impl Secured {
    pub(crate) fn new(clock: Clock) -> Secured {
        Secured {
            clock,
            shown: Mutex::default(),
            handshakes: Mutex::default(),
            proven: Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// The certificate that is shown and those behind it, in DER; empty before the first.
    pub(crate) fn chain(&self) -> Vec<u8> {
        self.with(|shown| shown.kept.as_ref().map(|kept| kept.chain.clone()).unwrap_or_default())
    }

    /// What the certificate says that is shown, where it is of the box's own making.
    fn leaf(&self) -> Option<Leaf> {
        self.with(|shown| shown.leaf.clone())
    }

    /// A certificate of the box's own making that is shown.
    fn own(&self) -> Option<(Kept, Option<Leaf>)> {
        self.with(|shown| {
            let leaf = shown.leaf.clone()?;
            Some((shown.kept.clone()?, Some(leaf)))
        })
    }

    /// The box's authority, in PEM.
    pub(crate) fn authority(&self) -> Option<Arc<str>> {
        self.with(|shown| shown.authority.clone())
    }

    /// Has what is to be shown looked at anew at once.
    pub(crate) fn look_again(&self) {
        self.changed.notify_one();
    }

    /// Begins TLS with somebody; `Err` where nothing came of it, with what he said that is worth
    /// telling.
    pub(crate) async fn accept(
        &self,
        side: Side,
        source: Ipv4Addr,
        stream: TcpStream,
    ) -> Result<(Stream, Option<Mac>), Option<Vec<u8>>> {
        if !self.may_begin(side, source) {
            return Err(None);
        }
        let shaken = async {
            let (config, believed) = self.ready().await;
            let acceptor = TlsAcceptor::from(config);
            let bounded = |session: &mut ServerConnection| {
                session.set_buffer_limit(Some(TLS_OUTBOX_BYTES));
            };
            let shaken = acceptor.accept_with(Overheard::new(stream), bounded);
            (shaken.into_fallible().await, believed)
        };
        match timeout(Duration::from_millis(HANDSHAKE_MS), shaken).await {
            Ok((Ok(mut stream), believed)) => {
                let (heard, session) = stream.get_mut();
                heard.forget();
                let proof = session.peer_certificates();
                let mac = believed.zip(proof).and_then(|(it, proof)| it.mac(self.clock, proof));
                Ok((Stream::Secure(Box::new(stream)), mac))
            }
            Ok((Err((error, heard)), _)) => Err(reason(&error, heard.words())),
            Err(_late) => Err(None),
        }
    }

    /// What is shown and believed; in the first moments after a start it is being made.
    async fn ready(&self) -> (Arc<ServerConfig>, Option<Arc<Believed>>) {
        loop {
            let (config, believed) =
                self.with(|shown| (shown.config.clone(), shown.believed.clone()));
            match config {
                Some(config) => return (config, believed),
                None => tokio::time::sleep(NOT_YET).await,
            }
        }
    }

    fn may_begin(&self, side: Side, source: Ipv4Addr) -> bool {
        let now = self.clock.now().mono;
        let proven = side == Side::Wan && self.proven().contains(&source);
        let mut handshakes = self.handshakes.lock().unwrap_or_else(PoisonError::into_inner);
        handshakes.count(now, (side, proven), source)
    }

    /// Somebody at this address has got a file, so he has proven who he is: others at other
    /// addresses do not keep him from beginning again. Of too many the one goes that is longest so.
    pub(crate) fn proved(&self, side: Side, source: Ipv4Addr) {
        let mut proven = self.proven();
        if side == Side::Wan && !proven.contains(&source) {
            proven.push_back(source);
            let excess = proven.len().saturating_sub(HANDSHAKES_PROVEN_MAX);
            proven.drain(..excess);
        }
    }

    fn proven(&self) -> MutexGuard<'_, VecDeque<Ipv4Addr>> {
        self.proven.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, look: impl FnOnce(&mut Shown) -> T) -> T {
        look(&mut self.shown.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Shows this certificate from now on, and believes phones whose certificates these authorities
    /// have signed. Connections that are there stay as they are.
    fn show(
        &self,
        kept: Kept,
        leaf: Option<Leaf>,
        authority: &Kept,
        phones: &[Vec<u8>],
    ) -> Result<(), Trouble> {
        let believed = Believed::new(phones).map(Arc::new);
        let config = config(&kept, believed.clone())?;
        self.with(|shown| {
            *shown = Shown {
                config: Some(Arc::new(config)),
                believed,
                kept: Some(kept),
                leaf,
                authority: Some(pem_of(&authority.chain).into()),
            }
        });
        Ok(())
    }
}

/// What is worth telling of a handshake that failed.
fn reason(error: &io::Error, heard: Vec<u8>) -> Option<Vec<u8>> {
    let inner = error.get_ref().and_then(|it| it.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::AlertReceived(alert)) => {
            // As the record would be if it had come in clear (RFC 5246 section 7.2).
            Some(vec![21, 3, 3, 0, 2, 2, u8::from(*alert)])
        }
        Some(rustls::Error::PeerIncompatible(_)) => Some(heard),
        Some(_) | None => None,
    }
}

fn config(kept: &Kept, believed: Option<Arc<Believed>>) -> Result<ServerConfig, Trouble> {
    let builder = ServerConfig::builder_with_provider(provider());
    let builder = builder.with_safe_default_protocol_versions().map_err(|_| Trouble::NotMade)?;
    let builder = match believed {
        Some(believed) => builder.with_client_cert_verifier(believed),
        None => builder.with_no_client_auth(),
    };
    let key = PrivateKeyDer::try_from(kept.key.0.clone()).map_err(|_| Trouble::NotMade)?;
    let config = builder.with_single_cert(split(&kept.chain), key);
    let mut config = config.map_err(|_| Trouble::NotMade)?;
    config.session_storage = ServerSessionMemoryCache::new(TLS_SESSIONS_MAX);
    config.send_tls13_tickets = 1;
    Ok(config)
}

/// The certificates of a chain.
fn split(chain: &[u8]) -> Vec<CertificateDer<'static>> {
    Certificate::all(chain).map(|it| CertificateDer::from(it.bytes.to_vec())).collect()
}

/// Handshakes that were begun lately.
#[derive(Default)]
struct Handshakes {
    since: Instant,
    /// Those from the WAN by whoever has proven nothing.
    all: u16,
    by: SortedMap<Ipv4Addr, u16>,
}

impl Handshakes {
    /// Counts one, unless too many were begun already. The table is as long as what is counted: on
    /// the LAN, and of those who have proven themselves, there are only so many addresses.
    fn count(&mut self, now: Instant, (side, proven): (Side, bool), source: Ipv4Addr) -> bool {
        if now.since_ms(self.since) >= HANDSHAKES_MS {
            *self = Handshakes { since: now, ..Handshakes::default() };
        }
        let here = self.by.get(&source).copied().unwrap_or_default();
        let at_most = match side {
            Side::Lan => HANDSHAKES_LAN_PER_SOURCE,
            Side::Wan => HANDSHAKES_PER_SOURCE,
        };
        let stranger = side == Side::Wan && !proven;
        if here >= at_most || (stranger && self.all >= HANDSHAKES_WAN) {
            return false;
        }
        self.all += u16::from(stranger);
        self.by.insert(source, here + 1);
        true
    }
}
