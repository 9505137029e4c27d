//! HTTP for phones and for admins: connections, their bounds, and which of the two tables of
//! routes a request belongs to. What is answered stands in [`files`] and in [`crate::web`].
//!
//! HTTP/1.0 and 1.1 (RFC 9112) by hyper, over TLS by a port of its own (whoever speaks TLS to the
//! other one is heard by [`tls`] and gets no answer); no HTTP/2, no compression; ranges of firmware
//! only. There is no `Date` header,
//! since the box may not know the time (RFC 9110 section 6.6.1). A request with a
//! `Transfer-Encoding` that is no upload is refused and its connection closed: no phone and no
//! browser needs it here, and so nobody can be made to disagree on where a request ends (RFC 9112
//! section 6.3).
//!
//! The admin's routes exist on the LAN only, and only for an address of the LAN; for everybody else
//! their addresses are like any other, so that nobody learns that there is something to log in to.
//! They exist over TLS only: without it a browser is told where they are ([`moved`]), but on the
//! loopback, where nobody can listen. The box's authority can be had without TLS, so that a browser
//! can be told to trust it.
//!
//! A connection is bounded in number, memory (a head of 16 KiB, a body of a form) and time; a
//! failure of one connection ends that one.

mod files;
mod guests;
mod kept;
mod moved;
#[cfg(test)]
pub(crate) mod tests;
mod tls;

pub(crate) use guests::{Guests, Limits};

use crate::call::{Call, Desk, Origin, Reply};
use crate::config::Device;
use crate::sockets;
use crate::tls::Stream;
use crate::web::WebSite;
use exchange::limits::{ACCEPT_AGAIN_MS, HTTP_BACKLOG, HTTP_HEAD_BYTES_MAX};
use exchange::names::{InterfaceNo, Side};
use guests::{Guest, Phase, Visit, Watched, TICK};
use http_body_util::channel::Channel;
use http_body_util::{Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderValue, CONNECTION, SET_COOKIE, TRANSFER_ENCODING};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::MissedTickBehavior;
use wire::Mac;

/// What an answer carries: bytes that are complete before they are sent, or pieces of a file.
pub(crate) type Body = Either<Full<Bytes>, Channel<Bytes, io::Error>>;

/// Every answer.
pub(crate) type Answered = Response<Body>;

/// A bound port.
pub(crate) struct Listener {
    listener: TcpListener,
    at: SocketAddrV4,
}

impl Listener {
    /// Binds an address of a port; needs a runtime to be entered.
    pub(crate) fn bind(at: SocketAddrV4, device: Option<&Device>) -> io::Result<Listener> {
        let listener = sockets::tcp(at, device, HTTP_BACKLOG)?;
        let port = listener.local_addr()?.port();
        Ok(Listener { listener, at: SocketAddrV4::new(*at.ip(), port) })
    }

    /// Where it listens, with the port the system chose if it was asked to.
    #[cfg(test)]
    pub(crate) fn address(&self) -> SocketAddrV4 {
        self.at
    }
}

/// Serves one network port, over TLS or without; never returns.
pub(crate) async fn serve(
    listener: Listener,
    (interface, side): (InterfaceNo, Side),
    secured: bool,
    desk: Desk,
    site: Arc<WebSite>,
) {
    let guests = site.guests().clone();
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let accepted = tokio::select! {
            accepted = listener.listener.accept() => accepted,
            _ = ticks.tick() => {
                guests.sweep(interface);
                continue;
            }
        };
        let (stream, from) = match accepted {
            Ok((stream, SocketAddr::V4(from))) => (stream, from),
            Ok((_, SocketAddr::V6(_))) => continue,
            // A connection that died in the queue, or no descriptor left: let others finish.
            Err(_) => {
                tokio::time::sleep(Duration::from_millis(ACCEPT_AGAIN_MS)).await;
                continue;
            }
        };
        let Some(guest) = guests.admit(interface, *from.ip()) else { continue };
        let visitor = Visitor {
            origin: Origin { interface, side, from },
            own: *listener.at.ip(),
            tls: secured,
            certified: None,
            limits: guests.limits(),
            desk: desk.clone(),
            site: site.clone(),
            visit: guest.visit.clone(),
        };
        tokio::spawn(attend(stream, guest, visitor));
    }
}

/// One connection and what its requests are answered with.
pub(crate) struct Visitor {
    pub(crate) origin: Origin,
    /// The box's own address there.
    pub(crate) own: Ipv4Addr,
    /// Whether it speaks TLS.
    pub(crate) tls: bool,
    /// The hardware address that it has proven to have by a certificate.
    pub(crate) certified: Option<Mac>,
    pub(crate) limits: Limits,
    pub(crate) desk: Desk,
    pub(crate) site: Arc<WebSite>,
    /// The connection, as the table of all knows it.
    pub(crate) visit: Arc<Visit>,
}

async fn attend(stream: TcpStream, guest: Guest, mut visitor: Visitor) {
    // Without it the last piece of a file waits for the phone's acknowledgement; it works all the
    // same.
    let _ = stream.set_nodelay(true);
    let begun = match visitor.tls {
        true => tls::begin(stream, &guest, &mut visitor).await,
        false => tls::heard(stream, &guest, &visitor).await,
    };
    if let Some(stream) = begun {
        converse(stream, guest, &visitor).await;
    }
}

/// Answers what is asked on a connection, until its end.
async fn converse(stream: Stream, guest: Guest, visitor: &Visitor) {
    let visit = guest.visit.clone();
    let answer = service_fn(|request: Request<Incoming>| {
        guest.visit.advance(&[Phase::Idle, Phase::Head, Phase::Answered], Phase::Asked);
        let visit = guest.visit.clone();
        async move {
            let answered = visitor.answer(request).await;
            visit.advance(&[Phase::Asked], Phase::Answered);
            Ok::<_, Infallible>(answered)
        }
    });
    let connection = http1::Builder::new()
        .max_buf_size(HTTP_HEAD_BYTES_MAX)
        .auto_date_header(false)
        // Some simple clients close their half once they have asked.
        .half_close(true)
        .serve_connection(TokioIo::new(Watched { stream, visit }), answer);
    tokio::select! {
        served = connection => if let Err(error) = served {
            log::debug!("an HTTP connection ended: {error}");
        },
        () = guest.visit.overdue() => (),
    }
}

impl Visitor {
    async fn answer(&self, request: Request<Incoming>) -> Answered {
        let encoded = request.headers().contains_key(TRANSFER_ENCODING);
        let closes = encoded || request.headers().contains_key(hyper::header::UPGRADE);
        let mut answered = self.answer_by_table(request, encoded).await;
        if self.tls {
            keep_to_tls(&mut answered);
        }
        if closes {
            answered.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        answered
    }

    async fn answer_by_table(&self, request: Request<Incoming>, encoded: bool) -> Answered {
        let is_upload = matches!(*request.method(), Method::PUT | Method::POST);
        if encoded && !is_upload {
            return files::plain(StatusCode::BAD_REQUEST);
        }
        if self.origin.side == Side::Lan && request.uri().path() == moved::AUTHORITY {
            return moved::authority(self);
        }
        if let Some(found) = self.site.find(request.uri().path()) {
            if self.is_admitted().await {
                if let Some(port) = self.site.https_port().filter(|_| !self.is_private()) {
                    return moved::to_tls(self, &request, port);
                }
                return match encoded {
                    true => files::plain(StatusCode::LENGTH_REQUIRED),
                    false => crate::web::answer(self, request, found).await,
                };
            }
        }
        files::answer(self, request).await
    }

    /// Whether nobody on the way can listen.
    fn is_private(&self) -> bool {
        self.tls || self.origin.from.ip().is_loopback()
    }

    /// Whether the admin's routes exist for this visitor.
    async fn is_admitted(&self) -> bool {
        let Origin { side, from, .. } = self.origin;
        if side != Side::Lan {
            return false;
        }
        let asked = self.desk.ask(Call::Admits { side, source: *from.ip() }).await;
        matches!(asked, Some(Reply::Admits(true)))
    }
}

/// Has a browser send what it keeps over TLS only.
fn keep_to_tls(answered: &mut Answered) {
    for (name, value) in answered.headers_mut().iter_mut() {
        let line = value.to_str().ok().filter(|_| *name == SET_COOKIE);
        let secure = line.and_then(|line| HeaderValue::try_from(format!("{line}; Secure")).ok());
        if let Some(secure) = secure {
            *value = secure;
        }
    }
}
