//! What stands in the place of [`crate::tls`] where the program is built without it: no port speaks
//! TLS, and a certificate has no use.

use crate::call::Desk;
use crate::clock::Clock;
use crate::config::Port;
use exchange::certificates::{CertificateFlaw, Kept};
use exchange::names::Side;
use std::io::{self, IoSlice};
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use wire::Mac;

/// Whether ports can speak TLS.
pub(crate) const SPOKEN: bool = false;

/// A connection.
pub(crate) enum Stream {
    /// Without TLS, as all are.
    Plain(TcpStream),
}

impl Stream {
    fn tcp(self: Pin<&mut Self>) -> Pin<&mut TcpStream> {
        let Stream::Plain(stream) = self.get_mut();
        Pin::new(stream)
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.tcp().poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.tcp().poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.tcp().poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tcp().poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tcp().poll_shutdown(context)
    }
}

/// What all ports with TLS would share.
pub(crate) struct Secured;

impl Secured {
    pub(crate) fn new(_clock: Clock) -> Secured {
        Secured
    }

    /// There is no certificate.
    pub(crate) fn chain(&self) -> Vec<u8> {
        Vec::new()
    }

    /// There is no authority.
    pub(crate) fn authority(&self) -> Option<Arc<str>> {
        None
    }

    /// There is nothing to look at.
    pub(crate) fn look_again(&self) {}

    /// Nothing comes of it, and nothing was heard.
    pub(crate) async fn accept(
        &self,
        _side: Side,
        _source: Ipv4Addr,
        _stream: TcpStream,
    ) -> Result<(Stream, Option<Mac>), Option<Vec<u8>>> {
        Err(None)
    }
}

/// A certificate has no use here.
pub(crate) fn chain_and_key(_text: &[u8]) -> Result<Kept, CertificateFlaw> {
    Err(CertificateFlaw::NoTls)
}

/// Nor is it looked at.
pub(crate) fn belongs(_kept: &Kept) -> Result<(), CertificateFlaw> {
    Ok(())
}

/// Nor has an authority.
pub(crate) fn one_authority(_text: &[u8]) -> Result<Vec<u8>, CertificateFlaw> {
    Err(CertificateFlaw::NoTls)
}

/// There is nothing to keep up.
pub(crate) async fn keep_up(_secured: Arc<Secured>, _desk: Desk, _ports: Vec<Port>) {}
